import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it } from "vitest";
import { closerOf, listen } from "./listener.ts";

it("logs an error after it listens, such as a connection without a file descriptor", async () => {
  const server = createServer();
  const log: string[] = [];
  await listen(server, 0, (line) => log.push(line));
  server.emit("error", new Error("accept EMFILE"));
  server.emit("error", new Error("accept ENFILE"));
  expect(log).toEqual(["accept EMFILE", "accept ENFILE"]);
  server.close();
});

describe("closerOf", () => {
  it("answers what is being asked, then ends all connections, and listens no more", async () => {
    let answer: (() => void) | undefined;
    const server = createServer((_request, response) => {
      answer = () => response.end("answered");
      server.emit("asked");
    });
    const close = closerOf(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const idle = connect(port, "127.0.0.1");
    await once(idle, "connect");
    const idleEnds = once(idle, "close");
    const asked = once(server, "asked");
    const reply = fetch(`http://127.0.0.1:${port}`).then((response) => response.text());
    await asked;
    const closed = close();
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow("fetch failed");
    answer?.();
    expect(await reply).toBe("answered");
    await closed;
    await idleEnds;
  });

  it("ends a request that takes longer than it waits", async () => {
    const server = createServer(() => server.emit("asked"));
    const close = closerOf(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const asked = once(server, "asked");
    const reply = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await asked;
    const closed = close(50);
    await expect(reply).rejects.toThrow("fetch failed");
    await closed;
  });
});
