import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { AuthCliError, type ErrorCode } from "../errors.ts";
import type { Header, HttpRequest, HttpResponse, Send } from "../protocol/http.ts";

const defaultConnectTimeoutMs = 10_000;
const defaultTimeoutMs = 30_000;

export interface HttpClientOptions {
  /** Ends every exchange under way, with `interrupted`. */
  interruption: AbortSignal;
  now: () => number;
  /** One line an exchange, for `--debug`. */
  trace?: ((line: string) => void) | undefined;
}

/**
 * The one way out to the network. node:http and node:https, each loaded when first needed: on Node 20 the global
 * `fetch` alone would cost a command more than all its own work.
 */
export function createHttpClient({ interruption, now, trace }: HttpClientOptions): Send {
  const agents: { http?: Agent; https?: Agent } = {};
  return async (request) => {
    const started = now();
    const outcome = (text: string): void =>
      trace?.(`${request.step}: ${request.method} ${request.url.href} → ${text}, ${now() - started} ms`);
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const limit = new Limits(request, interruption, timeoutMs);
    try {
      const response = await open(request, agents, limit);
      outcome(`HTTP ${response.statusCode}`);
      return toHttpResponse(response, request, limit);
    } catch (error) {
      limit.clear();
      const failure = limit.explain(error);
      outcome(failure.code);
      throw failure;
    }
  };
}

async function open(
  request: HttpRequest,
  agents: { http?: Agent; https?: Agent },
  limit: Limits,
): Promise<IncomingMessage> {
  const secure = request.url.protocol === "https:";
  const http = secure ? await import("node:https") : await import("node:http");
  agents[secure ? "https" : "http"] ??= new http.Agent({ keepAlive: true });
  const agent = agents[secure ? "https" : "http"];
  const options: RequestOptions = {
    ...(agent === undefined ? {} : { agent }),
    method: request.method,
    // WHATWG URLs keep the brackets of an IPv6 address; node:net wants it bare.
    host: request.url.hostname.replace(/^\[|\]$/g, ""),
    port: request.url.port === "" ? (secure ? 443 : 80) : request.url.port,
    path: request.url.pathname + request.url.search,
    headers: toRawHeaders(request),
  };
  return new Promise((resolve, reject) => {
    const outgoing = http.request(options);
    limit.watch(outgoing, reject);
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      // From here on a failure belongs to the body, and reaches its reader.
      outgoing.off("error", reject);
      outgoing.on("error", () => {});
      limit.headReceived(response);
      resolve(response);
    });
    outgoing.end(request.body);
  });
}

/** Flat name, value, name, value: keeps order and case, and lets Host come first as HTTP clients send it. */
function toRawHeaders(request: HttpRequest): string[] {
  const headers: Header[] = [["Host", request.url.host], ...request.headers];
  const has = (name: string): boolean => request.headers.some(([key]) => key.toLowerCase() === name);
  if (request.body !== undefined && !has("content-length")) {
    headers.push(["Content-Length", String(request.body.length)]);
  } else if (request.body === undefined && ["POST", "PUT", "PATCH"].includes(request.method)) {
    headers.push(["Content-Length", "0"]);
  }
  if (!has("user-agent")) headers.push(["User-Agent", "auth-cli"]);
  return headers.flat();
}

function toHttpResponse(response: IncomingMessage, request: HttpRequest, limit: Limits): HttpResponse {
  const headers: Header[] = [];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    headers.push([response.rawHeaders[index] ?? "", response.rawHeaders[index + 1] ?? ""]);
  }
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? "",
    httpVersion: response.httpVersion,
    headers,
    body: readBody(response, request, limit),
  };
}

async function* readBody(
  response: IncomingMessage,
  request: HttpRequest,
  limit: Limits,
): AsyncGenerator<Uint8Array> {
  try {
    limit.reading(response);
    for await (const chunk of response) yield chunk as Uint8Array;
    if (!response.complete) {
      throw new AuthCliError("connection-lost", {
        step: request.step,
        message: `${request.url.host} closed the connection in the middle of its reply`,
        cause: "the reply is shorter than its Content-Length, or its last chunk is missing",
        fix: "run the command again; if it happens again, look at proxies on the way",
      });
    }
  } catch (error) {
    throw limit.explain(error);
  } finally {
    limit.clear();
    response.destroy();
  }
}

/** The time limits and the interruption of one exchange, and why it ended when it ends badly. */
class Limits {
  readonly #request: HttpRequest;
  readonly #interruption: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #connectTimer: NodeJS.Timeout | undefined;
  #reason: AuthCliError | undefined;
  #end: (reason: AuthCliError) => void = () => {};
  readonly #interrupt = (): void => this.#stop(new AuthCliError("interrupted", { message: "interrupted" }));

  constructor(request: HttpRequest, interruption: AbortSignal, timeoutMs: number) {
    this.#request = request;
    this.#interruption = interruption;
    this.#timer = setTimeout(() => this.#stop(this.#timeout("the whole reply", timeoutMs)), timeoutMs);
    interruption.addEventListener("abort", this.#interrupt);
  }

  /** Until the response's head is here. */
  watch(outgoing: ClientRequest, reject: (error: Error) => void): void {
    this.#end = (reason) => {
      reject(reason);
      outgoing.destroy(reason);
    };
    if (this.#interruption.aborted) this.#interrupt();
    const connectTimeoutMs = this.#request.connectTimeoutMs ?? defaultConnectTimeoutMs;
    outgoing.once("socket", (socket) => {
      if (!socket.connecting) return;
      this.#connectTimer = setTimeout(
        () => this.#stop(this.#timeout("a connection", connectTimeoutMs)),
        connectTimeoutMs,
      );
      const connected = this.#request.url.protocol === "https:" ? "secureConnect" : "connect";
      socket.once(connected, () => clearTimeout(this.#connectTimer));
    });
  }

  /** Once the head is here. A body that nobody comes to read keeps no process alive. */
  headReceived(response: IncomingMessage): void {
    this.#end = (reason) => response.destroy(reason);
    this.#timer.unref();
    response.socket.unref();
  }

  /** While the body is read. */
  reading(response: IncomingMessage): void {
    this.#timer.ref();
    response.socket.ref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#connectTimer);
    this.#interruption.removeEventListener("abort", this.#interrupt);
  }

  explain(error: unknown): AuthCliError {
    if (this.#reason !== undefined) return this.#reason;
    return error instanceof AuthCliError ? error : networkError(this.#request, error);
  }

  #stop(reason: AuthCliError): void {
    this.#reason ??= reason;
    this.clear();
    this.#end(this.#reason);
  }

  #timeout(what: string, limitMs: number): AuthCliError {
    const { url, step } = this.#request;
    return new AuthCliError("timeout", {
      step,
      message: `${url.host} did not give ${what} within ${limitMs / 1000} s`,
      cause: "the server is slow, or a firewall drops the packets",
      fix: `check that ${url.origin} is the right address and can be reached from here`,
    });
  }
}

/** By Node's error code. */
const causes: readonly [RegExp, ErrorCode, string][] = [
  [/^ECONNREFUSED$/, "unreachable", "nothing listens at that address and port"],
  [/^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/, "unreachable", "the host name has no address (DNS)"],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/,
    "unreachable",
    "there is no route to that address",
  ],
  [/^ETIMEDOUT$/, "timeout", "the connection timed out"],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED)$/,
    "connection-lost",
    "the server, or something on the way, closed the connection",
  ],
  [/^HPE_/, "unexpected-reply", "what answered does not speak HTTP"],
  [
    /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_|ERR_SSL_|EPROTO)/,
    "tls-refused",
    "its TLS certificate is not trusted",
  ],
];

function networkError(request: HttpRequest, thrown: unknown): AuthCliError {
  const code = (thrown as { code?: unknown }).code;
  const known = typeof code === "string" ? causes.find(([pattern]) => pattern.test(code)) : undefined;
  const { url, step } = request;
  if (known === undefined) {
    return new AuthCliError("unreachable", {
      step,
      message: `the exchange with ${url.host} failed`,
      cause: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
  const [, errorCode, cause] = known;
  const fix =
    errorCode === "tls-refused"
      ? "if the certificate is your own, name its authority in NODE_EXTRA_CA_CERTS; verification is never switched off"
      : `check that ${url.origin} is the right address and that it can be reached from here`;
  return new AuthCliError(errorCode, {
    step,
    message: `cannot reach ${url.host}`,
    cause: `${cause} (${String(code)})`,
    fix,
  });
}
