import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listener {
  /** Origin, without a trailing slash. */
  url: string;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function createServerFor(
  listener: RequestListener,
  tls: { cert: string; key: string } | undefined,
): Promise<Server> {
  if (tls === undefined) return createServer(listener);
  const https = await import("node:https");
  return https.createServer(tls, listener);
}
