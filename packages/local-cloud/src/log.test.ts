import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { startLocalCloud } from "./index.ts";
import { createLog } from "./log.ts";

it.each([
  ["plain, é 🙂", "plain, é 🙂"],
  ["one\n::error::two\r", "one\\n::error::two\\u000d"],
  ["\u001b[2J\u009b\u202e\u{e0041}", "\\u001b[2J\\u009b\\u202e\\udb40\\udc41"],
])("an event %j is the line %j", (event, line) => {
  const lines: string[] = [];
  createLog((written) => lines.push(written))(event);
  expect(lines).toEqual([line]);
});

it("escapes the path of a request", async () => {
  const lines: string[] = [];
  const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => lines.push(line) });
  try {
    const { hostname, port } = new URL(cloud.twitterUrl);
    const socket = connect(Number(port), hostname);
    socket.end(
      Buffer.from("GET /\u009b31m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "latin1"),
    );
    socket.resume();
    await once(socket, "close");
  } finally {
    await cloud.close();
  }
  expect(lines.join("\n")).not.toContain("\u009b");
});
