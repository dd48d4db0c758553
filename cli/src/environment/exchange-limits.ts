import type { ClientRequest, IncomingMessage } from "node:http";
import { AuthCliError } from "../errors.ts";
import type { HttpRequest } from "../http.ts";
import { isConnected } from "./is-connected.ts";
import { networkError } from "./network-errors.ts";

const defaultConnectTimeoutMs = 10_000;
/** API Gateway gives a function 30 s; who waits no longer than that misses what it says then. */
const defaultHeadTimeoutMs = 60_000;
const defaultIdleTimeoutMs = 30_000;

/** The time limits and the interruption of one exchange, and why it ended when it ends badly. */
export class ExchangeLimits {
  readonly #request: HttpRequest;
  readonly #interruption: AbortSignal;
  #cancellation: AbortController | undefined;
  readonly #timers: { whole?: NodeJS.Timeout; connect?: NodeJS.Timeout; quiet?: NodeJS.Timeout } = {};
  #reason: AuthCliError | undefined;
  #isConnected = false;
  #isOver = false;
  /** Whether we wait for the server, and not for whoever reads the body from us. */
  #waiting = true;
  #end: (reason: AuthCliError) => void = () => {};
  readonly #interrupt = (): void => this.#stop(new AuthCliError("interrupted", { message: "interrupted" }));
  readonly #abandon = (): void => this.#stop(this.#request.signal?.reason as AuthCliError);

  constructor(request: HttpRequest, interruption: AbortSignal) {
    this.#request = request;
    this.#interruption = interruption;
    // Nothing can end the exchange until the event loop turns, and by then its server has something to do.
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    if (this.#isOver) return;
    const { timeoutMs, connectTimeoutMs = defaultConnectTimeoutMs, signal } = this.#request;
    if (timeoutMs !== undefined) {
      this.#timers.whole = this.#after(timeoutMs, "did not give the whole reply");
    }
    if (!this.#isConnected) {
      this.#timers.connect = this.#after(connectTimeoutMs, "did not give a connection");
    }
    this.#interruption.addEventListener("abort", this.#interrupt);
    signal?.addEventListener("abort", this.#abandon);
    if (this.#interruption.aborted) this.#interrupt();
    else if (signal?.aborted) this.#abandon();
  }

  /** Aborted when the exchange ends before its time, for what the request itself does not know of. */
  get cancellation(): AbortSignal {
    this.#cancellation ??= new AbortController();
    if (this.#reason !== undefined) this.#cancellation.abort();
    return this.#cancellation.signal;
  }

  /** Until the response's head is here. */
  watch(outgoing: ClientRequest, reject: (error: Error) => void): void {
    this.#end = (reason) => {
      reject(reason);
      outgoing.destroy(reason);
    };
    if (this.#interruption.aborted) this.#interrupt();
    else if (this.#request.signal?.aborted) this.#abandon();
    outgoing.once("socket", (socket) => {
      const connected = (): void => {
        this.#isConnected = true;
        clearTimeout(this.#timers.connect);
      };
      if (isConnected(socket)) connected();
      else socket.once("getProtocol" in socket ? "secureConnect" : "connect", connected);
    });
    const idleMs = this.#request.idleTimeoutMs ?? defaultIdleTimeoutMs;
    if (this.#request.body !== undefined) {
      outgoing.setTimeout(idleMs, () => {
        if (!outgoing.writableFinished)
          this.#stop(this.#timeout("took nothing of the request's body", idleMs));
      });
    }
    outgoing.once("finish", () => {
      if (this.#request.body !== undefined) outgoing.setTimeout(0);
      this.#timers.quiet = this.#after(this.#request.headTimeoutMs ?? defaultHeadTimeoutMs, "did not answer");
    });
  }

  /** Once the head is here. A body that nobody comes to read keeps no process alive. */
  headReceived(response: IncomingMessage): void {
    this.#end = (reason) => response.destroy(reason);
    clearTimeout(this.#timers.connect);
    clearTimeout(this.#timers.quiet);
    this.#timers.whole?.unref();
    response.socket.unref();
  }

  /** While the body is read. */
  reading(response: IncomingMessage): void {
    this.#timers.whole?.ref();
    response.socket.ref();
    const idleMs = this.#request.idleTimeoutMs ?? defaultIdleTimeoutMs;
    this.#timers.quiet = setTimeout(() => {
      if (this.#waiting) this.#stop(this.#timeout("sent nothing more of its reply", idleMs));
      else this.#timers.quiet?.refresh();
    }, idleMs);
  }

  /** A part of the body is here, and given to its reader. */
  received(): void {
    this.#waiting = false;
  }

  /** The reader wants more. */
  wanted(): void {
    this.#waiting = true;
    this.#timers.quiet?.refresh();
  }

  clear(): void {
    this.#isOver = true;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#interruption.removeEventListener("abort", this.#interrupt);
    this.#request.signal?.removeEventListener("abort", this.#abandon);
  }

  explain(error: unknown): AuthCliError {
    if (this.#reason !== undefined) return this.#reason;
    return error instanceof AuthCliError ? error : networkError(this.#request, error);
  }

  #stop(reason: AuthCliError): void {
    this.#reason ??= reason;
    this.clear();
    this.#cancellation?.abort();
    this.#end(this.#reason);
  }

  #after(limitMs: number, what: string): NodeJS.Timeout {
    // Node's timers overflow at 2³¹ ms and would fire at once.
    return setTimeout(() => this.#stop(this.#timeout(what, limitMs)), Math.min(limitMs, 2 ** 31 - 1));
  }

  #timeout(what: string, limitMs: number): AuthCliError {
    const { url, step } = this.#request;
    return new AuthCliError("timeout", {
      step,
      message: `${url.host} ${what} within ${limitMs / 1000} s`,
      cause: "the server is slow, or a firewall drops the packets",
      fix: `check that ${url.origin} is the right address and can be reached from here`,
    });
  }
}
