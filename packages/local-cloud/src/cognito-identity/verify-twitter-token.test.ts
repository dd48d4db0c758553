import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { Socket } from "node:net";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { inLongRun } from "@api-auth-twitter/test-support/test-runs";
import { afterEach, describe, expect, it } from "vitest";
import { hmacSha1Signature } from "../twitter/hmac-signature.ts";
import { parseOAuthRequest } from "../twitter/oauth-request.ts";
import { percentEncode } from "../twitter/percent-encode.ts";
import { randomAlphanumeric } from "../twitter/random-alphanumeric.ts";
import { signatureBaseString } from "../twitter/signature-base-string.ts";
import { startTwitter } from "../twitter/twitter.ts";
import { findUser } from "../twitter/users.ts";
import { verifyTwitterToken } from "./verify-twitter-token.ts";

const clientCredentials = { key: randomAlphanumeric(25), secret: randomAlphanumeric(50) };
const now = (): Date => new Date();
const sevenMinutesAgo = (): Date => new Date(Date.now() - 420_000);
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function serve(listener: RequestListener): Promise<{ url: string; sockets: Set<Socket> }> {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, sockets };
}

/** A login that uses as little of the local Twitter's code as possible. */
async function logIn(url: string, screenName: string): Promise<{ token: string; secret: string }> {
  const post = async (path: string, more: Record<string, string>, secret = ""): Promise<URLSearchParams> => {
    const parameters = Object.entries({
      oauth_consumer_key: clientCredentials.key,
      oauth_nonce: randomAlphanumeric(16),
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: String(Math.floor(Date.now() / 1000)),
      ...more,
    });
    const baseString = signatureBaseString("POST", `${url}${path}`, parameters);
    const signature = hmacSha1Signature(baseString, clientCredentials.secret, secret);
    const query = [...parameters, ["oauth_signature", signature]]
      .map(([name = "", value = ""]) => `${name}=${percentEncode(value)}`)
      .join("&");
    return new URLSearchParams(await (await fetch(`${url}${path}?${query}`, { method: "POST" })).text());
  };
  const temporary = await post("/oauth/request_token", { oauth_callback: "oob" });
  const oauth_token = temporary.get("oauth_token") ?? "";
  const { pin } = await answerAuthorizePage(`${url}/oauth/authorize?oauth_token=${oauth_token}`, {
    screenName,
  });
  const reply = await post(
    "/oauth/access_token",
    { oauth_token, oauth_verifier: pin ?? "" },
    temporary.get("oauth_token_secret") ?? "",
  );
  return { token: reply.get("oauth_token") ?? "", secret: reply.get("oauth_token_secret") ?? "" };
}

describe("verifyTwitterToken", () => {
  it("gets the token's user from the local Twitter over one connection", async () => {
    const twitter = await startTwitter({ port: 0, clientCredentials, now });
    closers.push(() => twitter.close());
    const tokenCredentials = await logIn(twitter.url, "somebody");
    const options = { apiUrl: `${twitter.url}/`, clientCredentials, tokenCredentials, now };
    const user = { ok: true, ...findUser("somebody") };
    expect(await Promise.all([verifyTwitterToken(options), verifyTwitterToken(options)])).toEqual([
      user,
      user,
    ]);
    expect(await verifyTwitterToken({ ...options, tokenCredentials: { token: "x", secret: "y" } })).toEqual({
      ok: false,
      status: 401,
      code: 89,
      message: "Invalid or expired token.",
    });
    const wrongSecret = { ...clientCredentials, secret: "other" };
    expect(await verifyTwitterToken({ ...options, clientCredentials: wrongSecret })).toMatchObject({
      code: 32,
    });
    expect(await verifyTwitterToken({ ...options, now: sevenMinutesAgo })).toMatchObject({ code: 135 });
  });

  const tokenCredentials = { token: "1-a", secret: "b" };

  it("signs a GET and sends no secrets", async () => {
    const requests: ReturnType<typeof parseOAuthRequest>[] = [];
    const { url } = await serve((request, response) => {
      requests.push(
        parseOAuthRequest({
          method: request.method ?? "",
          scheme: "http",
          host: request.headers.host ?? "",
          target: request.url ?? "",
          authorization: request.headers.authorization,
          contentType: undefined,
          body: "",
        }),
      );
      response.end(JSON.stringify({ id_str: "12", screen_name: "x" }));
    });
    const verdict = await verifyTwitterToken({ apiUrl: url, clientCredentials, tokenCredentials, now });
    expect(verdict).toEqual({ ok: true, userId: "12", screenName: "x" });
    expect(requests[0]?.baseStringUri).toBe(`${url}/1.1/account/verify_credentials.json`);
    expect([...(requests[0]?.protocolParameters.keys() ?? [])].toSorted()).toEqual([
      "oauth_consumer_key",
      "oauth_nonce",
      "oauth_signature",
      "oauth_signature_method",
      "oauth_timestamp",
      "oauth_token",
      "oauth_version",
    ]);
  });

  it("returns a refusal that is not JSON unchanged", async () => {
    const { url } = await serve((_, response) => response.writeHead(503).end("<html>over capacity</html>"));
    expect(await verifyTwitterToken({ apiUrl: url, clientCredentials, tokenCredentials, now })).toEqual({
      ok: false,
      status: 503,
      message: "<html>over capacity</html>",
    });
  });

  it.each([
    "",
    "<html>",
    "null",
    "[]",
    '{"id_str":12,"screen_name":"x"}',
    '{"id_str":"12"}',
    '{"id_str":"a;b","screen_name":"x"}',
  ])("throws at a 200 with %j", async (body) => {
    const { url } = await serve((_, response) => response.end(body));
    await expect(
      verifyTwitterToken({ apiUrl: url, clientCredentials, tokenCredentials, now }),
    ).rejects.toThrow("answered 200 without id_str and screen_name");
  });

  it("throws when nothing listens, and for a truncated or endless reply", async () => {
    const refused = verifyTwitterToken({
      apiUrl: "http://127.0.0.1:1",
      clientCredentials,
      tokenCredentials,
      now,
    });
    await expect(refused).rejects.toThrow("cannot reach Twitter at");
    const cut = await serve((request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      setTimeout(() => request.socket.destroy(), 20);
    });
    await expect(
      verifyTwitterToken({ apiUrl: cut.url, clientCredentials, tokenCredentials, now }),
    ).rejects.toThrow("cannot reach Twitter at");
    const endless = await serve((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(256 * 1024)), 1);
      response.on("close", () => clearInterval(timer));
    });
    await expect(
      verifyTwitterToken({ apiUrl: endless.url, clientCredentials, tokenCredentials, now }),
    ).rejects.toThrow("cannot reach Twitter at");
  });

  it("throws when the reply does not start or end in time", async () => {
    const silent = await serve(() => {});
    const dripping = await serve((_, response) => {
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    });
    for (const apiUrl of [silent.url, dripping.url]) {
      await expect(
        verifyTwitterToken({ apiUrl, clientCredentials, tokenCredentials, now, timeoutMs: 100 }),
      ).rejects.toThrow("cannot reach Twitter at");
    }
  });

  inLongRun(() => {
    it("waits for a busy X, which needs more than five seconds", async () => {
      const reply = JSON.stringify({ id_str: "12", screen_name: "x" });
      const { url } = await serve((_, response) => void setTimeout(() => response.end(reply), 6000));
      const verdict = await verifyTwitterToken({ apiUrl: url, clientCredentials, tokenCredentials, now });
      expect(verdict).toMatchObject({ ok: true });
    });
  });

  it("retries when the server closed the idle connection", async () => {
    const { url, sockets } = await serve((_, response) =>
      response.end(JSON.stringify({ id_str: "12", screen_name: "x" })),
    );
    const options = { apiUrl: url, clientCredentials, tokenCredentials, now };
    for (let round = 0; round < 5; round += 1) {
      expect(await verifyTwitterToken(options)).toMatchObject({ ok: true });
      // Reset in the same turn in which the next request is sent.
      for (const socket of sockets) socket.resetAndDestroy();
      sockets.clear();
    }
  });
});
