import type { ClientRequest, IncomingMessage } from "node:http";
import { AuthCliError } from "../errors.ts";
import type { HttpRequest } from "../http.ts";
import { interrupted } from "./interrupted.ts";
import { isConnected, isSecure } from "./is-connected.ts";
import { networkError, reachabilityFix } from "./network-errors.ts";
import { onAbort } from "./on-abort.ts";

const defaultConnectTimeoutMs = 10_000;
/** Longer than the 30 s that API Gateway gives a function, to see its timeout error. */
const defaultHeadTimeoutMs = 60_000;
const defaultIdleTimeoutMs = 30_000;
/** Node's timers overflow after this and would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The time limits and the interruption of one exchange, and the error when one of them ends it. */
export class ExchangeLimits {
  readonly #request: HttpRequest;
  /** Stop listening to the interruption and to the request's signal. */
  readonly #unlisten: (() => void)[];
  /** Undefined until somebody listens: one for each request costs more than the rest of this class. */
  #controller: AbortController | undefined;
  /** The limit or the interruption that ended the exchange. */
  #reason: AuthCliError | undefined;
  readonly #timers: { whole?: NodeJS.Timeout; connect?: NodeJS.Timeout; quiet?: NodeJS.Timeout } = {};
  /** False while the reader of the body works on a chunk: a slow reader is not a slow server. */
  #isServersTurn = true;
  #destroy: (reason: AuthCliError) => void = () => {};

  constructor(request: HttpRequest, interruption: AbortSignal) {
    this.#request = request;
    const { timeoutMs, connectTimeoutMs = defaultConnectTimeoutMs, signal } = request;
    if (timeoutMs !== undefined) this.#timers.whole = this.#limit(timeoutMs, "did not send the whole reply");
    this.#timers.connect = this.#limit(connectTimeoutMs, "did not accept a connection");
    const interrupt = (): void => this.#stop(interrupted());
    const abort = (): void => this.#stop(signal?.reason as AuthCliError);
    this.#unlisten = [
      onAbort(interruption, interrupt),
      ...(signal === undefined ? [] : [onAbort(signal, abort)]),
    ];
    if (interruption.aborted) interrupt();
    else if (signal?.aborted) abort();
  }

  /** Aborted when a limit ends the exchange. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Applies the limits to a request until the head of its response arrives. */
  watch(outgoing: ClientRequest, reject: (error: Error) => void): void {
    this.#destroy = (reason) => {
      reject(reason);
      outgoing.destroy(reason);
    };
    if (this.#reason !== undefined) {
      this.#destroy(this.#reason);
      return;
    }
    outgoing.once("socket", (socket) => {
      const connected = (): void => clearTimeout(this.#timers.connect);
      if (isConnected(socket)) connected();
      else socket.once(isSecure(socket) ? "secureConnect" : "connect", connected);
    });
    const idleMs = this.#request.idleTimeoutMs ?? defaultIdleTimeoutMs;
    if (this.#request.body !== undefined) {
      outgoing.setTimeout(idleMs, () => {
        if (!outgoing.writableFinished) this.#stop(this.#timeout("read no more of the request", idleMs));
      });
    }
    outgoing.once("finish", () => {
      if (this.#request.body !== undefined) outgoing.setTimeout(0);
      this.#timers.quiet = this.#limit(this.#request.headTimeoutMs ?? defaultHeadTimeoutMs, "did not answer");
    });
  }

  /** Until the body is read, the exchange does not keep the process alive. */
  headReceived(response: IncomingMessage): void {
    this.#destroy = (reason) => response.destroy(reason);
    clearTimeout(this.#timers.connect);
    clearTimeout(this.#timers.quiet);
    this.#timers.whole?.unref();
    response.socket.unref();
  }

  bodyStarted(response: IncomingMessage): void {
    this.#timers.whole?.ref();
    response.socket.ref();
    const idleMs = this.#request.idleTimeoutMs ?? defaultIdleTimeoutMs;
    this.#timers.quiet = setTimeout(() => {
      if (this.#isServersTurn) this.#stop(this.#timeout("sent no more data", idleMs));
      else this.#timers.quiet?.refresh();
    }, idleMs);
  }

  chunkReceived(): void {
    this.#isServersTurn = false;
  }

  chunkConsumed(): void {
    this.#isServersTurn = true;
    this.#timers.quiet?.refresh();
  }

  /** The exchange is over. */
  clear(): void {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    for (const unlisten of this.#unlisten) unlisten();
  }

  /** The limit that ended the exchange, else the error of the network. */
  explain(error: unknown): AuthCliError {
    if (this.#reason !== undefined) return this.#reason;
    return error instanceof AuthCliError ? error : networkError(this.#request, error);
  }

  #stop(reason: AuthCliError): void {
    if (this.#reason !== undefined) return;
    this.clear();
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#destroy(reason);
  }

  #limit(limitMs: number, fault: string): NodeJS.Timeout {
    const stop = (): void => this.#stop(this.#timeout(fault, limitMs));
    return setTimeout(stop, Math.min(limitMs, longestTimerMs));
  }

  #timeout(fault: string, limitMs: number): AuthCliError {
    const { url, step } = this.#request;
    return new AuthCliError("timeout", {
      step,
      message: `${url.host} ${fault} within ${limitMs / 1000} s`,
      cause: "the server is slow, or a firewall drops the packets",
      fix: reachabilityFix(url),
    });
  }
}
