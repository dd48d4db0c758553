import { createServer, type Socket } from "node:net";
import { listen } from "./listen.ts";

/** What a server does to a connection once a request's head has come. */
export type Fault = (socket: Socket) => void;

/** A server on loopback that answers every request with the same fault. */
export interface FaultServer {
  url: string;
  /** The request lines that came. */
  requestLines: string[];
  close(): Promise<void>;
}

export async function startFaultServer(fault: Fault): Promise<FaultServer> {
  const sockets = new Set<Socket>();
  const requestLines: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let head = "";
    socket.on("data", (data) => {
      head += data.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      requestLines.push(head.slice(0, head.indexOf("\r\n")));
      head = "";
      fault(socket);
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requestLines,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ok = "HTTP/1.1 200 OK\r\n";

/** An answer as it stands. */
const says =
  (...parts: (string | Uint8Array)[]): Fault =>
  (socket) => {
    for (const part of parts) socket.write(part);
    socket.end();
  };

/** Writes again and again, as fast as it is read, until the connection ends. */
function flood(socket: Socket, bytes: Uint8Array, times: number): void {
  for (let left = times; left > 0 && !socket.destroyed; left -= 1) {
    if (socket.write(bytes)) continue;
    socket.once("drain", () => flood(socket, bytes, left - 1));
    return;
  }
  socket.end();
}

/** By name, so that a table of expectations can be compared with them. */
export const faults = {
  "resets the connection": (socket) => socket.resetAndDestroy(),
  "closes the connection without a word": (socket) => socket.end(),
  "closes the connection in the head": says(`${ok}Content-Le`),
  "sends half a body": says(`${ok}Content-Length: 1000\r\n\r\nhalf`),
  "leaves out the last chunk": says(`${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`),
  "sends two Content-Lengths": says(`${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`),
  "sends more than its Content-Length": says(`${ok}Content-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\n\r\nmore`),
  "sends 100 MB": (socket) => {
    socket.write(`${ok}Content-Length: ${100 * 1024 * 1024}\r\n\r\n`);
    flood(socket, Buffer.alloc(1024 * 1024, "garbage "), 100);
  },
  "sends 100 MB of head": (socket) => {
    socket.write(ok);
    flood(socket, Buffer.from(`X: ${"x".repeat(1024 * 1024)}\r\n`), 100);
  },
  "sends a page": says(`${ok}Content-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>Sign in</html>`),
  "sends invalid UTF-8": says(`${ok}Content-Length: 4\r\n\r\n`, Uint8Array.of(0xff, 0xfe, 0xc3, 0x28)),
  "sends nothing as a body": says(`${ok}Content-Length: 0\r\n\r\n`),
  "redirects to itself": says("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
  "answers 503 with a page": says("HTTP/1.1 503 Down\r\nContent-Length: 17\r\n\r\n<h1>Timestamp</h1"),
  "speaks another protocol": says("SSH-2.0-OpenSSH_9.2\r\n"),
  "sends noise": says(Uint8Array.of(0, 1, 2, 255, 13, 10, 13, 10)),
  "never answers": () => {},
  "stops in the body": (socket) => socket.write(`${ok}Content-Length: 1000\r\n\r\nhalf`),
  "drips a byte at a time": (socket) => {
    socket.write(`${ok}Content-Length: 100000\r\n\r\n`);
    const drip = setInterval(() => socket.write("x"), 100);
    socket.on("close", () => clearInterval(drip));
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
