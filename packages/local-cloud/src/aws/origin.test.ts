import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it, vi } from "vitest";
import { awsRequestListener } from "./origin.ts";

it("does not report a client that goes away in its request", async () => {
  const log: string[] = [];
  const listener = awsRequestListener(
    () => Promise.reject(new Error("half a request is handled")),
    () => new Date(),
    (line) => log.push(line),
  );
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const asked = once(server, "request");
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    await asked;
    socket.resetAndDestroy();
    await vi.waitFor(() =>
      expect(log).toEqual(["aws POST: the client closed the connection in its request"]),
    );
  } finally {
    server.close();
  }
});
