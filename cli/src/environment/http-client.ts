import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { AuthCliError } from "../errors.ts";
import {
  type Connection,
  formatIntermediates,
  type Header,
  type HttpRequest,
  type HttpResponse,
  type Send,
  wireHeaders,
} from "../http.ts";
import { type ConnectionOptions, Connections } from "./connections.ts";
import { ExchangeLimits } from "./exchange-limits.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface HttpClientOptions extends ConnectionOptions {
  /** Ends every exchange under way, with `interrupted`. */
  interruption: AbortSignal;
  now: () => number;
  /** One line an exchange, for `--debug`. */
  debug?: ((line: string) => void) | undefined;
  /** What was signed of each request, for `--trace`. */
  trace?: ((text: string) => void) | undefined;
}

export interface HttpClient {
  send: Send;
  /** Opens a connection beforehand, or several, for requests that will come. */
  preconnect: (url: URL, count?: number) => void;
}

/**
 * The one way out to the network. node:http and node:https, each loaded when first needed: on Node 20 the global
 * `fetch` alone would cost a command more than all its own work.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { interruption, now, debug, trace } = options;
  const connections = new Connections(options);
  return {
    async send(request) {
      const started = now();
      const outcome = (text: string): void =>
        debug?.(`${request.step}: ${request.method} ${request.url.href} → ${text}, ${now() - started} ms`);
      if (request.intermediates !== undefined)
        trace?.(formatIntermediates(request.intermediates, request.step));
      const limits = new ExchangeLimits(request, interruption);
      const stopwatch = new Stopwatch();
      try {
        const response = await open(request, connections, limits, stopwatch);
        outcome(`HTTP ${response.statusCode}`);
        return toHttpResponse(response, request, limits, stopwatch);
      } catch (error) {
        limits.clear();
        const failure = limits.explain(error);
        outcome(failure.code);
        throw failure;
      }
    },
    preconnect(url, count = 1) {
      connections.preconnect(url, count).catch(() => {});
    },
  };
}

async function open(
  request: HttpRequest,
  connections: Connections,
  limits: ExchangeLimits,
  stopwatch: Stopwatch,
): Promise<IncomingMessage> {
  const {
    request: start,
    options,
    proxyHeaders,
  } = await connections.routeTo(request.url, limits, request.pastProxy);
  return new Promise((resolve, reject) => {
    const outgoing = start({
      ...options,
      method: request.method,
      // Flat name, value, name, value: keeps order and case.
      headers: [...wireHeaders(request), ...proxyHeaders].flat(),
    });
    limits.watch(outgoing, reject);
    stopwatch.watch(outgoing);
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      // From here on a failure belongs to the body, and reaches its reader.
      outgoing.off("error", reject);
      outgoing.on("error", () => {});
      limits.headReceived(response);
      stopwatch.headReceived();
      resolve(response);
    });
    outgoing.end(request.body);
  });
}

function toHttpResponse(
  response: IncomingMessage,
  request: HttpRequest,
  limits: ExchangeLimits,
  stopwatch: Stopwatch,
): HttpResponse {
  const headers: Header[] = [];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    headers.push([response.rawHeaders[index] ?? "", response.rawHeaders[index + 1] ?? ""]);
  }
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? "",
    httpVersion: response.httpVersion,
    headers,
    connection: () => describeConnection(response),
    timings: () => stopwatch.timings,
    body: readBody(response, request, limits, stopwatch),
  };
}

function describeConnection({ socket }: IncomingMessage): Connection {
  const { remoteAddress = "", remotePort = 0 } = socket;
  if (!("getProtocol" in socket)) return { remoteAddress, remotePort };
  const secure = socket as TLSSocket;
  const { subject, issuer } = secure.getPeerCertificate();
  return {
    remoteAddress,
    remotePort,
    tls: {
      protocol: secure.getProtocol() ?? "",
      cipher: secure.getCipher().name,
      subject: String(subject?.CN ?? ""),
      issuer: String(issuer?.CN ?? ""),
    },
  };
}

/** The parts of a body as they come. Node's iterator of streams does the same, and costs a start half a millisecond more. */
async function* chunksOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  // What has happened before anybody listens is told by nobody.
  let ended = response.destroyed;
  let failure = response.errored;
  let wake: (() => void) | undefined;
  response.on("readable", () => wake?.());
  response.on("error", (error) => {
    failure ??= error;
    wake?.();
  });
  for (const event of ["end", "close"]) {
    response.on(event, () => {
      ended = true;
      wake?.();
    });
  }
  for (;;) {
    const chunk = response.read() as Buffer | null;
    if (chunk !== null) yield chunk;
    else if (failure !== null) throw failure;
    else if (ended) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}

async function* readBody(
  response: IncomingMessage,
  request: HttpRequest,
  limits: ExchangeLimits,
  stopwatch: Stopwatch,
): AsyncGenerator<Uint8Array> {
  try {
    limits.reading(response);
    for await (const chunk of chunksOf(response)) {
      limits.received();
      yield chunk;
      limits.wanted();
    }
    stopwatch.bodyReceived();
    if (!response.complete) {
      throw new AuthCliError("connection-lost", {
        step: request.step,
        message: `${request.url.host} closed the connection in the middle of its reply`,
        cause: "the reply is shorter than its Content-Length, or its last chunk is missing",
        fix: "run the command again; if it happens again, look at proxies on the way",
      });
    }
  } catch (error) {
    throw limits.explain(error);
  } finally {
    limits.clear();
    response.destroy();
  }
}
