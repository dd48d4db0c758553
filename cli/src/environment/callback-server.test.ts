import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "@api-auth-twitter/test-support/listen";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { type CallbackAnswer, type CallbackServer, startCallbackServer } from "./callback-server.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === "::1"),
);
const policy = "default-src 'none'";
const nobody = (): Promise<undefined> => Promise.resolve(undefined);

let interruption: AbortController;
let server: CallbackServer;

beforeEach(async () => {
  interruption = new AbortController();
  server = await startCallbackServer(0, interruption.signal, nobody);
});
afterEach(() => server.close());

interface Got {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
}

function get(
  path: string,
  {
    host = "127.0.0.1",
    method = "GET",
    headers = {},
  }: { host?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    request({ host, port: server.url.port, path, method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.once("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .once("error", reject)
      .end();
  });
}

/** `?done=…` ends the wait. */
function answer(query: URLSearchParams): Promise<CallbackAnswer<string>> {
  const outcome = query.get("done");
  const page = { html: "<p>ä</p>", contentSecurityPolicy: policy };
  return Promise.resolve(outcome === null ? { ...page, status: 400 } : { ...page, status: 200, outcome });
}

describe("the callback server", () => {
  it("answers until an answer has an outcome, and sends its page", async () => {
    const waiting = server.waitFor(answer, 10_000);
    expect((await get("/callback?other=1")).status).toBe(400);
    const got = await get("/callback?done=a%26b");
    expect(got).toMatchObject({ status: 200, body: "<p>ä</p>" });
    expect(got.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(await waiting).toBe("a&b");
  });

  it.skipIf(!hasIpv6)("also listens on ::1 at the same port", async () => {
    const waiting = server.waitFor(answer, 10_000);
    expect((await get("/callback?done=six", { host: "::1" })).status).toBe(200);
    expect(await waiting).toBe("six");
  });

  it("listens on loopback only", async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ internal, family }) => !internal && family === "IPv4");
    if (outside === undefined) return;
    await expect(get("/callback", { host: outside.address })).rejects.toThrow(/ECONNREFUSED/);
  });

  it.each<[string, string, Parameters<typeof get>[1], number]>([
    ["another path", "/", {}, 404],
    ["a longer path", "/callback/x?done=1", {}, 404],
    ["a POST", "/callback?done=1", { method: "POST" }, 405],
    ["a HEAD", "/callback?done=1", { method: "HEAD" }, 405],
    ["another host name", "/callback?done=1", { headers: { Host: "evil.example" } }, 421],
    ["another port", "/callback?done=1", { headers: { Host: "127.0.0.1:1" } }, 421],
  ])("rejects %s and keeps waiting", async (_name, path, options, status) => {
    let asked = 0;
    const counting: typeof answer = (query) => {
      asked += 1;
      return answer(query);
    };
    const waiting = server.waitFor(counting, 10_000);
    expect((await get(path, options)).status).toBe(status);
    expect(asked).toBe(0);
    await get("/callback?done=1", { headers: { Host: `localhost:${server.url.port}` } });
    expect(await waiting).toBe("1");
  });

  it("answers 503 before the wait", async () => {
    expect((await get("/callback?done=1")).status).toBe(503);
  });

  it("returns undefined after the timeout, even with an open connection", async () => {
    const socket = connect(Number(server.url.port), "127.0.0.1");
    await once(socket, "connect");
    socket.write("GET /callback?done=1 HT");
    expect(await server.waitFor(answer, 50)).toBeUndefined();
    const closed = once(socket, "close");
    socket.on("error", () => {});
    await server.close();
    await closed;
    await expect(get("/callback")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("throws interrupted before and during the wait", async () => {
    const waiting = failure(() => server.waitFor(answer, 10_000));
    interruption.abort();
    expect((await waiting).code).toBe("interrupted");
    expect((await failure(() => server.waitFor(answer, 10_000))).code).toBe("interrupted");
  });

  it("returns the outcome when the browser has disconnected", async () => {
    const slow: typeof answer = async (query) => {
      await sleep(150);
      return answer(query);
    };
    const waiting = server.waitFor(slow, 10_000);
    const socket = connect(Number(server.url.port), "127.0.0.1");
    socket.write(`GET /callback?done=gone HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`);
    await sleep(50);
    socket.destroy();
    expect(await waiting).toBe("gone");
  });

  it("throws the error of an answer", async () => {
    const waiting = server.waitFor(() => Promise.reject(new Error("broken")), 10_000);
    await Promise.all([
      expect(waiting).rejects.toThrow("broken"),
      expect(get("/callback")).rejects.toThrow("socket hang up"),
    ]);
  });
});

describe("a callback server at a port in use", () => {
  let holder: Server;
  const holdAt = async (address: string): Promise<number> => {
    holder = createServer();
    return listen(holder, address);
  };
  afterEach(() => holder.close());

  it.each(["127.0.0.1", ...(hasIpv6 ? ["::1"] : [])])(
    "on %s names the other program and frees all ports",
    async (address) => {
      const port = await holdAt(address);
      const error = await failure(() =>
        startCallbackServer(port, interruption.signal, () => Promise.resolve("node (process 1)")),
      );
      expect(error).toMatchObject({ code: "port-taken", cause: "node (process 1) is using it" });
      expect(error.message).toContain(String(port));
      holder.close();
      await once(holder, "close");
      const again = await startCallbackServer(port, interruption.signal, nobody);
      await again.close();
    },
  );
});
