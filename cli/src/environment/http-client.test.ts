import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { type Certificate, makeCertificate } from "@api-auth-twitter/test-support/certificate";
import { startConnectProxy } from "@api-auth-twitter/test-support/connect-proxy";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterEach, describe, expect, it } from "vitest";
import { AuthCliError } from "../errors.ts";
import type { HttpRequest } from "../http.ts";
import { exchange, headerValue } from "../http.ts";
import { Redactor } from "../redaction.ts";
import { failure } from "../../test/fakes/fake-environment.ts";
import { createHttpClient, type HttpClientOptions } from "./http-client.ts";
import { reachabilityFix } from "./network-errors.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The open connections to all servers. */
const open = new Set<Socket>();

/** Listens on a free loopback port until the test ends. */
async function listen(server: Server): Promise<URL> {
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

/** A server that answers through the bare socket after the head of a request. */
function speak(answer: (socket: Socket, head: string) => void): Promise<URL> {
  return listen(
    createServer((socket) => {
      let head = "";
      socket.on("data", (data) => {
        head += data.toString("latin1");
        if (head.includes("\r\n\r\n")) answer(socket, head);
      });
    }),
  );
}

const request = (url: URL, changes: Partial<HttpRequest> = {}): HttpRequest => ({
  step: "test.step",
  method: "GET",
  url,
  headers: [],
  timeoutMs: 5000,
  ...changes,
});

const newClient = (options: Partial<HttpClientOptions> = {}) =>
  createHttpClient({
    interruption: new AbortController().signal,
    now: () => 0,
    variables: {},
    redactor: new Redactor(),
    ...options,
  });

const client = (options: Partial<HttpClientOptions> = {}) => newClient(options).send;

const fetchText = async (url: URL, changes: Partial<HttpRequest> = {}): Promise<string> =>
  Buffer.from((await exchange(client(), request(url, changes))).body).toString();

const ok = "HTTP/1.1 200 OK\r\n";

describe("a sent request", () => {
  it("keeps its path and the order and case of its headers, with Host first", async () => {
    let head = "";
    const url = await speak((socket, seen) => {
      head = seen;
      socket.end(`${ok}Content-Length: 0\r\n\r\n`);
    });
    const target = new URL("/a//b%2Fc%20d/*'()!~;=@%zz?b=2&a=%2B&a&=x&a=1", url);
    await fetchText(target, {
      headers: [
        ["X-Zebra", "1"],
        ["accept", "*/*"],
        ["X-Amz-Date", "20260301T120000Z"],
        ["x-zebra", "2"],
      ],
    });
    expect(head.split("\r\n").slice(0, 7)).toEqual([
      `GET ${target.pathname}${target.search} HTTP/1.1`,
      `Host: ${url.host}`,
      "X-Zebra: 1",
      "accept: */*",
      "X-Amz-Date: 20260301T120000Z",
      "x-zebra: 2",
      "User-Agent: auth-cli",
    ]);
    expect(target.pathname).toBe("/a//b%2Fc%20d/*'()!~;=@%zz");
  });

  it.each<[string, Partial<HttpRequest>, string | undefined]>([
    ["GET without a body", { method: "GET" }, undefined],
    ["POST without a body", { method: "POST" }, "0"],
    ["DELETE without a body", { method: "DELETE" }, undefined],
    ["POST with a body", { method: "POST", body: Buffer.from("é") }, "2"],
    ["PUT with an empty body", { method: "PUT", body: Buffer.alloc(0) }, "0"],
  ])("%s has the Content-Length of its body", async (_name, changes, length) => {
    let head = "";
    const url = await speak((socket, seen) => {
      head = seen;
      socket.end(`${ok}Content-Length: 0\r\n\r\n`);
    });
    await fetchText(url, changes);
    expect(/content-length: (\d+)/i.exec(head)?.[1]).toBe(length);
    expect(head).not.toMatch(/transfer-encoding/i);
  });

  it("carries every byte of a body in both directions", async () => {
    const url = await listen(createHttpServer((incoming, outgoing) => incoming.pipe(outgoing)));
    const body = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256);
    const reply = await exchange(client(), request(url, { method: "POST", body }));
    expect(Buffer.from(reply.body).equals(body)).toBe(true);
  });

  it("reuses the connection of the previous request", async () => {
    let connections = 0;
    const server = createHttpServer((_incoming, outgoing) => outgoing.end("x"));
    server.on("connection", () => (connections += 1));
    const url = await listen(server);
    const send = client();
    for (let count = 0; count < 3; count += 1) await exchange(send, request(url));
    expect(connections).toBe(1);
  });
});

describe("idle connections", () => {
  it("are closed beyond 64, the oldest first", async () => {
    const send = client();
    const urls = await Promise.all(
      Array.from({ length: 70 }, () => listen(createHttpServer((_incoming, outgoing) => outgoing.end()))),
    );
    for (const url of urls) await exchange(send, request(url));
    await expect.poll(() => open.size).toBe(64);
    const timings = async (url: URL | undefined): Promise<boolean | undefined> =>
      url && (await exchange(send, request(url))).timings?.().reused;
    expect([await timings(urls.at(-1)), await timings(urls[0])]).toEqual([true, false]);
  });
});

describe("a response", () => {
  it("keeps the order, case and repetitions of its headers", async () => {
    const url = await speak((socket) =>
      socket.end(
        "HTTP/1.1 299 Odd Words\r\nX-B: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 2\r\n\r\nhi",
      ),
    );
    const reply = await exchange(client(), request(url));
    expect(reply).toMatchObject({
      status: 299,
      statusText: "Odd Words",
      httpVersion: "1.1",
      step: "test.step",
    });
    expect(reply.headers).toEqual([
      ["X-B", "1"],
      ["Set-Cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["Content-Length", "2"],
    ]);
    expect(headerValue(reply.headers, "SET-COOKIE")).toBe("a=1, b=2");
  });

  it.each([301, 302, 303, 307, 308])("with status %i is returned and not followed", async (status) => {
    let visits = 0;
    const url = await listen(
      createHttpServer((_incoming, outgoing) => {
        visits += 1;
        outgoing.writeHead(status, { location: "/elsewhere" }).end();
      }),
    );
    expect((await exchange(client(), request(url))).status).toBe(status);
    expect(visits).toBe(1);
  });

  it("is streamed", async () => {
    const finish = new AbortController();
    const url = await listen(
      createHttpServer((_incoming, outgoing) => {
        outgoing.write("first");
        finish.signal.addEventListener("abort", () => outgoing.end("second"));
      }),
    );
    const chunks: string[] = [];
    for await (const chunk of (await client()(request(url))).body) {
      chunks.push(Buffer.from(chunk).toString());
      finish.abort();
    }
    expect(chunks).toEqual(["first", "second"]);
  });

  it("does not keep the process alive while its body is unread", async () => {
    const url = await listen(createHttpServer((_incoming, outgoing) => outgoing.write("and so on")));
    const program = `
      import { createHttpClient } from ${JSON.stringify(new URL("http-client.ts", import.meta.url).href)};
      const { send } = createHttpClient({ interruption: new AbortController().signal, now: Date.now, variables: {}, redactor: { add() {} } });
      const { status } = await send({ step: "x", method: "GET", url: new URL("${url.href}"), headers: [] });
      console.log(status);
    `;
    const { code, stdout } = await runProcess(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", program],
      { env: { PATH: process.env["PATH"] }, timeoutMs: 15_000 },
    );
    expect([code, stdout]).toEqual([0, "200\n"]);
  }, 20_000);

  it("is rejected by exchange when it is longer than a megabyte", async () => {
    const url = await listen(
      createHttpServer((_incoming, outgoing) => outgoing.end(Buffer.alloc(1_100_000))),
    );
    const error = await failure(() => exchange(client(), request(url)));
    expect(error.code).toBe("unexpected-reply");
  });
});

describe("a network error", () => {
  it("is unreachable when nothing listens", async () => {
    const server = createServer();
    const url = await listen(server);
    await closing.pop()?.();
    const error = await failure(() => fetchText(url));
    expect(error).toMatchObject({ code: "unreachable", exitCode: 3, step: "test.step" });
    expect(error.message).toContain(url.host);
    expect(error.cause).toContain("ECONNREFUSED");
  });

  it("is unreachable when the host has no address", async () => {
    const error = await failure(() => fetchText(new URL("http://no-such-host.invalid/")));
    expect(error).toMatchObject({ code: "unreachable", exitCode: 3 });
    expect(error.cause).toMatch(/^DNS found no address for no-such-host\.invalid \(E\w+\)$/);
    expect(error.fix).toContain("http://no-such-host.invalid is the right address");
  });

  it.each<[string, RegExp]>([
    ["https://api.x.com/", /^check your internet connection, DNS and proxy$/],
    ["https://cognito-identity.us-east-1.amazonaws.com/", /^check your internet connection/],
    ["https://sts.cn-north-1.amazonaws.com.cn/", /^check your internet connection/],
    [
      "https://abc.execute-api.us-east-1.amazonaws.com/",
      /^check that https:\/\/abc\..* is the right address/,
    ],
    ["https://api.example/", /^check that https:\/\/api\.example is the right address and can be reached/],
    [
      "http://127.0.0.1:4566/",
      /the right address; a local cloud loses its deployments when it stops: start it again and deploy again$/,
    ],
  ])("asks about the address only if it is not a service's own: %s", (address, fix) => {
    expect(reachabilityFix(new URL(address))).toMatch(fix);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ["a reset before the response", (socket) => socket.resetAndDestroy(), "connection-lost"],
    ["a close before the response", (socket) => socket.end(), "connection-lost"],
    ["a close in the head", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le"), "connection-lost"],
    ["half a body", (socket) => socket.end(`${ok}Content-Length: 10\r\n\r\nhalf`), "connection-lost"],
    [
      "a missing last chunk",
      (socket) => socket.end(`${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`),
      "connection-lost",
    ],
    [
      "a reset in the body",
      (socket) =>
        socket.write(`${ok}Content-Length: 10\r\n\r\nhalf`, () =>
          setTimeout(() => socket.resetAndDestroy(), 20),
        ),
      "connection-lost",
    ],
    ["a response that is not HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"), "unexpected-reply"],
    ["random bytes", (socket) => socket.end(Buffer.from([0, 1, 2, 255, 13, 10, 13, 10])), "unexpected-reply"],
    [
      "an invalid Content-Length",
      (socket) => socket.end(`${ok}Content-Length: many\r\n\r\n`),
      "unexpected-reply",
    ],
    [
      "two Content-Lengths",
      (socket) => socket.end(`${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`),
      "unexpected-reply",
    ],
    [
      "an invalid chunk size",
      (socket) => socket.end(`${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n`),
      "connection-lost",
    ],
    [
      "an endless head",
      (socket) => socket.write(`${ok}X: ${"x".repeat(100_000)}\r\n\r\n`),
      "unexpected-reply",
    ],
  ])("names host, step and cause for %s", async (_name, answer, code) => {
    const url = await speak(answer);
    const error = await failure(() => fetchText(url));
    expect(error.code).toBe(code);
    expect(error.step).toBe("test.step");
    expect(error.message).toContain(url.host);
    expect(error.cause).toBeDefined();
  });

  it("follows the part of a body that arrived", async () => {
    const url = await speak((socket) => socket.end(`${ok}Content-Length: 10\r\n\r\nhalf`));
    const { body, status } = await client()(request(url));
    expect(status).toBe(200);
    const chunks: string[] = [];
    const error = await failure(async () => {
      for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
    });
    expect(error.code).toBe("connection-lost");
    expect(chunks).toEqual(["half"]);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["closed", (socket) => socket.end()],
    ["reset", (socket) => socket.resetAndDestroy()],
    ["garbled", (socket) => socket.end("zz\r\nxx\r\n")],
  ])("says that the reply broke off when its connection is %s", async (_how, finish) => {
    const url = await speak((socket) =>
      socket.write(`${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, () =>
        setTimeout(() => finish(socket), 20),
      ),
    );
    const error = await failure(() => fetchText(url));
    expect(error.message).not.toContain("cannot reach");
    expect(error.message).toMatch(/in the middle of its reply|is not HTTP/);
    expect(error.cause).toContain("4 bytes of the body arrived");
  });

  it("names the proxy, and its variable, when a plain HTTP proxy is unreachable", async () => {
    const server = createServer();
    const proxy = await listen(server);
    await closing.pop()?.();
    const error = await failure(() =>
      client({ variables: { HTTP_PROXY: proxy.href } })(request(new URL("http://api.example/"))),
    );
    expect(error).toMatchObject({ code: "unreachable", step: "test.step" });
    expect(error.message).toBe(`cannot reach api.example: the proxy ${proxy.host} cannot be reached`);
    expect(error.fix).toContain("check HTTP_PROXY");
  });

  it.each<[string, (socket: Socket) => void]>([
    ["closed", (socket) => socket.end()],
    ["reset", (socket) => socket.resetAndDestroy()],
  ])("follows when the connection is %s before the body is read", async (_how, finish) => {
    const closed = new EventEmitter();
    const url = await speak((socket) => {
      socket.on("close", () => closed.emit("closed"));
      socket.write(`${ok}Content-Length: 10\r\n\r\nhalf`, () => setTimeout(() => finish(socket), 20));
    });
    const isClosed = once(closed, "closed");
    const { body } = await client()(request(url));
    await isClosed;
    await delay(20);
    const chunks: Uint8Array[] = [];
    const error = await failure(async () => {
      for await (const chunk of body) chunks.push(chunk);
    });
    expect(error.code).toBe("connection-lost");
  });

  it("does not affect a body that arrived before it was read", async () => {
    const url = await speak((socket) => socket.end(`${ok}Content-Length: 4\r\n\r\nbody`));
    const { body } = await client()(request(url));
    await delay(50);
    const chunks: string[] = [];
    for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
    expect(chunks).toEqual(["body"]);
  });

  it("does not follow bytes after the Content-Length", async () => {
    const url = await speak((socket) =>
      socket.end(`${ok}Content-Length: 4\r\n\r\nbodyHTTP/1.1 200 smuggled\r\n\r\n`),
    );
    expect(await fetchText(url)).toBe("body");
  });
});

describe("timeoutMs", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["sends nothing", () => {}],
    ["stops in the head", (socket) => socket.write("HTTP/1.1 200 OK\r\nX-")],
    ["stops in the body", (socket) => socket.write(`${ok}Content-Length: 10\r\n\r\nhalf`)],
    [
      "sends the body byte by byte",
      (socket) => {
        socket.write(`${ok}Content-Length: 100000\r\n\r\n`);
        const drip = setInterval(() => socket.write("x"), 10);
        socket.on("close", () => clearInterval(drip));
      },
    ],
  ])("ends the exchange when the server %s", async (_name, answer) => {
    const url = await speak(answer);
    const error = await failure(() => fetchText(url, { timeoutMs: 200 }));
    expect(error).toMatchObject({ code: "timeout", exitCode: 3 });
    expect(error.message).toContain("within 0.2 s");
  });

  it("ends after connectTimeoutMs while the server does not answer the TLS handshake", async () => {
    const url = await listen(createServer(() => {}));
    const secure = new URL(url.href.replace("http:", "https:"));
    const error = await failure(() => fetchText(secure, { connectTimeoutMs: 100 }));
    expect(error.code).toBe("timeout");
    expect(error.message).toContain("did not accept a connection within 0.1 s");
  });
});

const unlimited = (url: URL, changes: Partial<HttpRequest>): HttpRequest => {
  const { timeoutMs: _none, ...rest } = request(url, changes);
  return rest;
};

describe("without timeoutMs", () => {
  it("an exchange may last longer than idleTimeoutMs while data flows or the reader is slow", async () => {
    const url = await speak((socket) => {
      socket.write(`${ok}Content-Length: 8\r\n\r\n`);
      let left = 8;
      const drip = setInterval(() => {
        left -= 1;
        socket.write("x");
        if (left === 0) clearInterval(drip);
      }, 60);
    });
    const { body } = await client()(unlimited(url, { idleTimeoutMs: 1000 }));
    let [text, wait] = ["", 1300];
    for await (const chunk of body) {
      text += Buffer.from(chunk).toString();
      await delay(wait);
      wait = 0;
    }
    expect(text).toBe("xxxxxxxx");
  });

  it.each<[string, (socket: Socket) => void, Partial<HttpRequest>, string]>([
    ["a missing response", () => {}, { headTimeoutMs: 200 }, "did not answer within 0.2 s"],
    [
      "a stalled body",
      (socket) => socket.write(`${ok}Content-Length: 10\r\n\r\nhalf`),
      { idleTimeoutMs: 200 },
      "sent no more data within 0.2 s",
    ],
  ])("%s is a timeout", async (_name, answer, limits, words) => {
    const url = await speak(answer);
    const error = await failure(async () => {
      for await (const chunk of (await client()(unlimited(url, limits))).body) void chunk;
    });
    expect(error.code).toBe("timeout");
    expect(error.message).toContain(words);
  });

  it("a server that stops reading the request is a timeout", async () => {
    const url = await listen(createServer((socket) => socket.pause()));
    const body = Buffer.alloc(32 * 1024 * 1024);
    const error = await failure(() => client()(unlimited(url, { method: "POST", body, idleTimeoutMs: 200 })));
    expect(error.message).toContain("read no more of the request within 0.2 s");
  });
});

describe("an interruption", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["while waiting for the head", () => {}],
    ["in the middle of the body", (socket) => socket.write(`${ok}Content-Length: 10\r\n\r\nhalf`)],
  ])("ends the exchange %s", async (_name, answer) => {
    const interruption = new AbortController();
    const url = await speak((socket) => {
      answer(socket);
      setTimeout(() => interruption.abort(), 50);
    });
    const error = await failure(() => exchange(client({ interruption: interruption.signal }), request(url)));
    expect(error).toMatchObject({ code: "interrupted", exitCode: 130 });
  });

  it("sends nothing when it came before the request", async () => {
    let visits = 0;
    const url = await speak(() => (visits += 1));
    const send = client({ interruption: AbortSignal.abort() });
    expect((await failure(() => send(request(url)))).code).toBe("interrupted");
    expect(visits).toBe(0);
  });
});

describe("the signal of a request", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["while waiting for the head", () => {}],
    ["in the middle of the body", (socket) => socket.write(`${ok}Content-Length: 10\r\n\r\nhalf`)],
  ])("ends the exchange %s with its reason", async (_name, answer) => {
    const abandonment = new AbortController();
    const reason = new AuthCliError("check-failed", { message: "cancelled" });
    const url = await speak((socket) => {
      answer(socket);
      setTimeout(() => abandonment.abort(reason), 50);
    });
    const error = await failure(() => exchange(client(), request(url, { signal: abandonment.signal })));
    expect(error).toBe(reason);
  });

  it("sends nothing when it is aborted before the request", async () => {
    let visits = 0;
    const url = await speak(() => (visits += 1));
    const reason = new AuthCliError("check-failed", { message: "cancelled" });
    const error = await failure(() => client()(request(url, { signal: AbortSignal.abort(reason) })));
    expect(error).toBe(reason);
    expect(visits).toBe(0);
  });
});

const openssl = findPeer("openssl");

let made: Promise<Certificate> | undefined;

async function selfSigned(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-tls-"));
  const certificate = await makeCertificate(folder, ["IP:127.0.0.1"]);
  await rm(folder, { recursive: true });
  return certificate;
}

/** A server with a self-signed certificate. */
async function listenSecurely(): Promise<{
  url: URL;
  cert: string;
  seen: { connections: number; requests: number };
  /** How many connections have TLS. */
  secured: () => number;
}> {
  const identity = await (made ??= selfSigned());
  const seen = { connections: 0, requests: 0 };
  const server = createTlsServer(identity, (_incoming, outgoing) => {
    seen.requests += 1;
    outgoing.end("x");
  });
  server.on("tlsClientError", () => {});
  server.on("connection", () => (seen.connections += 1));
  let secured = 0;
  server.on("secureConnection", () => (secured += 1));
  const url = new URL((await listen(server)).href.replace("http:", "https:"));
  return { url, cert: identity.cert, seen, secured: () => secured };
}

describe.skipIf(!openssl)("preconnect", () => {
  it("opens the connection that the next request uses", async () => {
    const { url, cert, seen } = await listenSecurely();
    const { send, preconnect } = newClient({ authorities: async () => [cert] });
    preconnect(url);
    preconnect(url);
    while (seen.connections === 0) await delay(10);
    expect(seen.requests).toBe(0);
    await exchange(send, request(url));
    // Node returns the connection to the pool after the response has ended.
    await delay(50);
    await exchange(send, request(url));
    expect(seen).toEqual({ connections: 1, requests: 2 });
  });

  it("opens connections for several simultaneous requests", async () => {
    const { url, cert, seen } = await listenSecurely();
    const { send, preconnect } = newClient({ authorities: async () => [cert] });
    preconnect(url);
    preconnect(url, 3);
    while (seen.connections < 3) await delay(10);
    await Promise.all([1, 2, 3].map(() => exchange(send, request(url))));
    expect(seen).toEqual({ connections: 3, requests: 3 });
    await Promise.all([1, 2, 3, 4].map(() => exchange(send, request(url))));
    expect(seen).toEqual({ connections: 4, requests: 7 });
  });

  it("opens no more than 64 connections ahead, to all hosts together", async () => {
    const [one, other] = [await listenSecurely(), await listenSecurely()];
    const { send, preconnect } = newClient({ authorities: async () => [one.cert, other.cert] });
    preconnect(one.url, 60);
    preconnect(other.url, 60);
    while (one.seen.connections + other.seen.connections < 64) await delay(10);
    // A used one leaves room for another.
    await exchange(send, request(one.url));
    preconnect(other.url, 60);
    while (other.seen.connections < 5) await delay(10);
    expect([one.seen.connections, other.seen.connections]).toEqual([60, 5]);
  });

  it("goes through the proxy, and the next requests use its tunnels", async () => {
    const { url, cert, seen, secured } = await listenSecurely();
    const proxy = await startConnectProxy();
    try {
      const variables = { HTTPS_PROXY: proxy.url, NO_PROXY: "<-loopback>" };
      const { send, preconnect } = newClient({ authorities: async () => [cert], variables });
      preconnect(url, 2);
      while (secured() < 2) await delay(10);
      await Promise.all([1, 2].map(() => exchange(send, request(url))));
      expect(seen).toEqual({ connections: 2, requests: 2 });
      expect(proxy.requests).toEqual([`CONNECT ${url.host}`, `CONNECT ${url.host}`]);
    } finally {
      await proxy.close();
    }
  });

  it("leaves its errors to the request", async () => {
    const { url, seen } = await listenSecurely();
    const { send, preconnect } = newClient();
    preconnect(url);
    while (seen.connections === 0) await delay(10);
    expect((await failure(() => exchange(send, request(url)))).code).toBe("tls-refused");
  });

  it("opens connections that are not used after the server has closed them", async () => {
    const { url, cert, secured } = await listenSecurely();
    const { send, preconnect } = newClient({ authorities: async () => [cert] });
    preconnect(url);
    while (secured() === 0) await delay(10);
    // A socket of the server closes after the client has closed the connection, too.
    for (const socket of open) socket.end();
    while (open.size > 0) await delay(10);
    expect((await exchange(send, request(url))).status).toBe(200);
  });
});

it("rejects a file of authorities that cannot be read before a request to http, too", async () => {
  let seen = 0;
  const url = await speak((socket) => {
    seen += 1;
    socket.end(`${ok}Content-Length: 0\r\n\r\n`);
  });
  const error = new AuthCliError("invalid-configuration", { message: "cannot read it" });
  const authorities = (): Promise<string[]> => Promise.reject(error);
  await expect(exchange(client({ authorities }), request(url))).rejects.toThrow("cannot read it");
  expect(seen).toBe(0);
});

describe("TLS", () => {
  it.skipIf(!openssl)("rejects a self-signed certificate", async () => {
    const { url, seen } = await listenSecurely();
    const error = await failure(() => fetchText(url));
    expect(error).toMatchObject({ code: "tls-refused", exitCode: 3 });
    expect(error.fix).toContain("--cacert");
    expect(seen.requests).toBe(0);
  });

  it("rejects a server that speaks plain HTTP", async () => {
    const url = await listen(createHttpServer((_incoming, outgoing) => outgoing.end("x")));
    const error = await failure(() => fetchText(new URL(url.href.replace("http:", "https:"))));
    expect(error.exitCode).toBe(3);
    expect(error.cause).toBeDefined();
  });
});

/** Answers after 40 ms and ends the body 40 ms later. */
function answerSlowly(outgoing: ServerResponse): void {
  setTimeout(() => {
    outgoing.write("x");
    setTimeout(() => outgoing.end(), 40);
  }, 40);
}

describe("timings", () => {
  it("measure the parts of an exchange and show a reused connection", async () => {
    const url = await listen(createHttpServer((_incoming, outgoing) => answerSlowly(outgoing)));
    const send = client();
    const first = (await exchange(send, request(url))).timings?.();
    // An address needs no DNS.
    expect(first).toEqual({
      reused: false,
      tcpMs: expect.any(Number),
      waitMs: expect.any(Number),
      bodyMs: expect.any(Number),
    });
    expect(first?.waitMs).toBeGreaterThan(35);
    expect(first?.bodyMs).toBeGreaterThan(35);
    const second = (await exchange(send, request(url))).timings?.();
    expect(second).toEqual({ reused: true, waitMs: expect.any(Number), bodyMs: expect.any(Number) });
    expect(second?.waitMs).toBeGreaterThan(35);
  });

  it("include DNS for a host name", async () => {
    const url = await listen(createHttpServer((_incoming, outgoing) => outgoing.end("x")));
    url.hostname = "localhost";
    const { dnsMs, tcpMs } = (await exchange(client(), request(url))).timings?.() ?? {};
    expect([dnsMs, tcpMs]).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it("include the body after it is read", async () => {
    const url = await listen(createHttpServer((_incoming, outgoing) => outgoing.end("x")));
    const { timings, body } = await client()(request(url));
    expect(timings?.().bodyMs).toBeUndefined();
    for await (const chunk of body) expect(chunk).toHaveLength(1);
    expect(timings?.().bodyMs).toBeGreaterThanOrEqual(0);
  });

  it.skipIf(!openssl)("include TLS, also through a proxy, whose CONNECT counts as TCP", async () => {
    const { url, cert } = await listenSecurely();
    const authorities = async (): Promise<string[]> => [cert];
    const secure = {
      reused: false,
      tcpMs: expect.any(Number),
      tlsMs: expect.any(Number),
      waitMs: expect.any(Number),
      bodyMs: expect.any(Number),
    };
    const direct = (await exchange(client({ authorities }), request(url))).timings?.();
    expect(direct).toEqual(secure);
    expect(direct?.tlsMs).toBeGreaterThan(0);
    const proxy = await startConnectProxy();
    closing.push(() => proxy.close());
    const variables = { HTTPS_PROXY: proxy.url, NO_PROXY: "<-loopback>" };
    const proxied = client({ authorities, variables });
    const through = (await exchange(proxied, request(url))).timings?.();
    expect(through).toEqual(secure);
    expect(through?.tcpMs).toBeGreaterThan(0);
    expect(through?.tlsMs).toBeGreaterThan(0);
    expect((await exchange(proxied, request(url))).timings?.()).toMatchObject({ reused: true });
  });
});

describe("--debug", () => {
  it("prints one line for each exchange, without headers", async () => {
    const lines: string[] = [];
    const url = await speak((socket) => socket.end(`${ok}Content-Length: 0\r\n\r\n`));
    const send = client({ debug: (line) => lines.push(line) });
    await exchange(send, request(url, { headers: [["Authorization", "hush-hush"]] }));
    await failure(() => exchange(send, request(new URL("http://no-such-host.invalid/"))));
    expect(lines).toEqual([
      `test.step: GET ${url.href} → HTTP 200, 0 ms`,
      "test.step: GET http://no-such-host.invalid/ → unreachable, 0 ms",
    ]);
  });
});
