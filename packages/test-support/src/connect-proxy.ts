import { createServer, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { listen } from "./listen.ts";

/** An HTTP proxy on loopback that wants a user and a password. */
export interface ConnectProxy {
  /** With user and password. */
  url: string;
  /** With neither. */
  anonymousUrl: string;
  password: string;
  /** `CONNECT host:port` and `GET http://…`, in their order, the refused ones included. */
  requests: string[];
  /** What came through a tunnel to the servers, as bytes: TLS, and so unreadable. */
  tunnelled: () => string;
  close(): Promise<void>;
}

/** @param refuse the status with which every request is refused */
export async function startConnectProxy(refuse?: number): Promise<ConnectProxy> {
  const password = "p@ss:word/%-of-the-proxy";
  const expected = `Basic ${Buffer.from(`proxy-user:${password}`).toString("base64")}`;
  const requests: string[] = [];
  const sockets = new Set<Duplex>();
  let tunnelled = "";
  const status = ({ headers }: IncomingMessage): number =>
    refuse ?? (headers["proxy-authorization"] === expected ? 200 : 407);

  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    if (status(incoming) !== 200) {
      outgoing.writeHead(status(incoming)).end();
      return;
    }
    const { "proxy-authorization": _for, ...headers } = incoming.headers;
    const onward = request(incoming.url ?? "", { method: incoming.method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    requests.push(`CONNECT ${incoming.url}`);
    sockets.add(socket);
    socket.on("error", () => {});
    if (status(incoming) !== 200) {
      socket.end(`HTTP/1.1 ${status(incoming)} No\r\nContent-Length: 24\r\n\r\n{"message":"Forbidden"}\n`);
      return;
    }
    const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(incoming.url ?? "") ?? [];
    const onward = connect(Number(port), host, () =>
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n"),
    );
    sockets.add(onward);
    onward.on("error", () => socket.destroy());
    socket.on("data", (data: Buffer) => (tunnelled += data.toString("latin1")));
    socket.pipe(onward).pipe(socket);
  });
  const port = await listen(server);
  const address = `127.0.0.1:${port}`;
  return {
    url: `http://proxy-user:${encodeURIComponent(password)}@${address}`,
    anonymousUrl: `http://${address}`,
    password,
    requests,
    tunnelled: () => tunnelled,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
