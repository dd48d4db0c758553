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
import { bodyError, ProxyError } from "./network-errors.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface HttpClientOptions extends ConnectionOptions {
  /** Ends every exchange, with `interrupted`. */
  interruption: AbortSignal;
  now: () => number;
  /** Receives a line for each exchange, for `--debug`. */
  debug?: ((line: string) => void) | undefined;
  /** Receives the intermediate texts of each signature, for `--trace`. */
  trace?: ((lines: readonly string[]) => void) | undefined;
}

export interface HttpClient {
  send: Send;
  /** Opens connections for later requests. @param count 1 when left out */
  preconnect: (url: URL, count?: number) => void;
}

/** Speaks HTTP by node:http and node:https, which send headers in the given order and case. */
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
    proxy,
  } = await connections.routeTo(request.url, limits, request.bypassProxy);
  return new Promise((resolve, reject) => {
    const outgoing = start({
      ...options,
      method: request.method,
      // A flat list of names and values keeps order and case.
      headers: [...wireHeaders(request), ...proxyHeaders].flat(),
    });
    limits.watch(outgoing, reject);
    stopwatch.start(outgoing);
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(proxy === undefined ? error : new ProxyError(proxy, { code: error.code }));
    outgoing.once("error", fail);
    outgoing.once("response", (response) => {
      // From now on, the reader of the body gets the error.
      outgoing.off("error", fail);
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
    body: streamBody(response, request, limits, stopwatch),
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

async function* streamBody(
  response: IncomingMessage,
  request: HttpRequest,
  limits: ExchangeLimits,
  stopwatch: Stopwatch,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    limits.bodyStarted(response);
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      limits.chunkReceived();
      received += chunk.length;
      yield chunk;
      limits.chunkConsumed();
    }
    stopwatch.bodyReceived();
    if (!response.complete) throw bodyError(request, received);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw limits.explain(error instanceof AuthCliError ? error : bodyError(request, received, code));
  } finally {
    limits.clear();
    response.destroy();
  }
}
