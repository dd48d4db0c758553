import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listener {
  /** Origin, without a trailing slash. */
  url: string;
  /** Stops listening, as {@link closerOf} says. */
  close: () => Promise<void>;
}

/**
 * Listens on loopback.
 *
 * @throws the listen error (`EADDRINUSE` with its `port`) when the port is taken
 */
export async function listenOnLoopback(
  listener: RequestListener,
  port: number,
  tls: { cert: string; key: string } | undefined,
): Promise<Listener> {
  const server = await createServerFor(listener, tls);
  const close = closerOf(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${bound}`,
    close,
  };
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

async function createServerFor(
  listener: RequestListener,
  tls: { cert: string; key: string } | undefined,
): Promise<Server> {
  if (tls === undefined) return createServer(listener);
  const https = await import("node:https");
  return https.createServer(tls, listener);
}
