import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** An HTTP proxy. */
export interface Tunnel {
  url: string;
  close(): Promise<void>;
}

/** Starts a proxy whose tunnels all lead to one port of this computer, whatever host the client asks for. */
export async function startTunnel(port: number): Promise<Tunnel> {
  const sockets = new Set<Duplex>();
  const server = createServer((_incoming, outgoing) => outgoing.writeHead(501).end());
  server.on("connect", (_incoming, socket) => {
    const onward = connect(port, "127.0.0.1", () =>
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n"),
    );
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on("error", () => {
        socket.destroy();
        onward.destroy();
      });
    }
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
