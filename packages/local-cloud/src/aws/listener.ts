import {
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** PEM certificate and key. */
export interface TlsOptions {
  cert: string;
  key: string;
}

export interface Listener {
  /** Origin, without a trailing slash. */
  url: string;
  /** Stops listening, as {@link closerOf} says. */
  close: () => Promise<void>;
}

/**
 * Listens on loopback.
 *
 * @param log gets what keeps it from accepting a connection later
 * @throws the listen error (`EADDRINUSE` with its `port`) when the port is taken
 */
export async function listenOnLoopback(
  listener: RequestListener,
  port: number,
  tls: TlsOptions | undefined,
  log: (line: string) => void,
): Promise<Listener> {
  const server = createServerFor(listener, tls);
  const close = closerOf(server);
  const bound = await listen(server, port, log);
  return { url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${bound}`, close };
}

export function createServerFor(
  listener: RequestListener,
  tls: TlsOptions | undefined,
  options: ServerOptions = {},
): Server {
  return tls === undefined
    ? createServer(options, listener)
    : createHttpsServer({ ...options, ...tls }, listener);
}

/**
 * Listens on loopback. An error after that, such as too few file descriptors for another connection, does not end the
 * process.
 *
 * @returns the port
 * @throws the listen error
 */
export async function listen(
  server: Pick<Server, "on" | "once" | "listen" | "address">,
  port: number,
  log: (line: string) => void,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  server.on("error", (error: Error) => log(error.message));
  return (server.address() as AddressInfo).port;
}

/**
 * @param server before its first request
 * @returns a function that stops listening, answers what is being asked, for at most `waitMs`, and ends all connections
 */
export function closerOf(
  server: Pick<Server, "on" | "close" | "closeAllConnections">,
): (waitMs?: number) => Promise<void> {
  let asked = 0;
  let answered: (() => void) | undefined;
  server.on("request", (_request, response: ServerResponse) => {
    asked += 1;
    response.once("close", () => {
      asked -= 1;
      if (asked === 0) answered?.();
    });
  });
  return (waitMs = 2000) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(limit);
        server.closeAllConnections();
      };
      const limit = setTimeout(end, waitMs);
      answered = end;
      server.close(() => resolve());
      if (asked === 0) end();
    });
}
