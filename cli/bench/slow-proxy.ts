import { createServer, request } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { listen } from "@api-auth-twitter/test-support/listen";

export interface SlowProxy {
  url: string;
  close(): void;
}

/** An HTTP proxy that holds back what passes through it, in each direction, as a distant server would. */
export async function startSlowProxy(delayMs: number): Promise<SlowProxy> {
  const sockets = new Set<Duplex>();
  const pass = (from: Duplex, to: Duplex): void => {
    from.on("data", (data: Buffer) => setTimeout(() => to.writable && to.write(data), delayMs));
    from.on("close", () => setTimeout(() => to.end(), delayMs));
    from.on("error", () => to.destroy());
    sockets.add(from);
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    const { method, url = "", headers } = incoming;
    setTimeout(() => {
      const onward = request(url, { method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          setTimeout(() => {
            outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
            outgoing.end(Buffer.concat(chunks));
          }, delayMs),
        );
      });
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
    }, delayMs);
  });
  server.on("connect", ({ url = "" }, client) => {
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(url) ?? [];
    const answer = (): void => {
      const upstream = connect(Number(port), host, () => {
        pass(client, upstream);
        pass(upstream, client);
        // The way of the CONNECT, and the way back.
        setTimeout(() => client.write("HTTP/1.1 200 Connection established\r\n\r\n"), delayMs);
      });
      upstream.on("error", () => client.destroy());
    };
    setTimeout(answer, delayMs);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
