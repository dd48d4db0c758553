import { describe, expect, it } from "vitest";
import { hmacSha1Signature } from "../../../packages/local-cloud/src/twitter/hmac-signature.ts";
import * as verifier from "../../../packages/local-cloud/src/twitter/signature-base-string.ts";
import { formatError } from "../errors.ts";
import { failure, sentHeader } from "../../test/fakes/fake-environment.ts";
import type { Reply } from "../http.ts";
import { signRequest, type TimedRequest } from "../server-clock.ts";
import {
  accessTokenRequest,
  authorizeUrl,
  processAccessTokenResponse,
  processRequestTokenResponse,
  processVerifyCredentialsResponse,
  requestTokenRequest,
  type TwitterContext,
  verifyCredentialsRequest,
} from "./twitter-api.ts";

const context: TwitterContext = {
  apiUrl: new URL("https://api.x.com"),
  clientCredentials: { key: "consumer-key", secret: "consumer-secret-value" },
  nowMs: Date.parse("2026-03-01T12:00:00.900Z"),
};
const temporary = { token: "request-token", secret: "request-token-secret" };
const behind = (base: string): TwitterContext => ({ ...context, apiUrl: new URL(base) });

/** The Authorization header's parameters. */
async function protocolParameters(request: TimedRequest): Promise<Record<string, string>> {
  const header = sentHeader(await signRequest(request, context.nowMs), "authorization") ?? "";
  expect(header).toMatch(/^OAuth /);
  return Object.fromEntries(
    [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      decodeURIComponent(value),
    ]),
  );
}

function replyOf(status: number, body: string): Reply {
  return {
    step: "twitter.step",
    status,
    statusText: "",
    httpVersion: "1.1",
    headers: [],
    body: Buffer.from(body),
  };
}

describe("requests", () => {
  it("asks for a request token with the callback in the signed header and without a token", async () => {
    const request = requestTokenRequest(context, "oob");
    expect(request).toMatchObject({ step: "twitter.request_token", method: "POST" });
    expect(request.body).toBeUndefined();
    expect(request.url.href).toBe("https://api.x.com/oauth/request_token");
    expect(await protocolParameters(request)).toEqual({
      oauth_callback: "oob",
      oauth_consumer_key: "consumer-key",
      oauth_nonce: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      oauth_signature: expect.stringMatching(/^[\w+/]{27}=$/) as string,
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: "1772366400",
      oauth_version: "1.0",
    });
  });

  it.each([
    ["request_token", requestTokenRequest(context, "http://127.0.0.1:8080/done?a=b c"), ""],
    ["access_token", accessTokenRequest(context, temporary, "0012345"), temporary.secret],
    ["verify_credentials", verifyCredentialsRequest(context, { token: "t", secret: "s" }), "s"],
    ["one behind a gateway", requestTokenRequest(behind("https://gateway.example:8443/tw/"), "oob"), ""],
  ])("signs every protocol parameter of %s", async (_name, request, tokenSecret) => {
    const { oauth_signature: signature, ...parameters } = await protocolParameters(request);
    const uri = verifier.baseStringUri("https", request.url.host, request.url.pathname);
    const baseString = verifier.signatureBaseString(request.method, uri, Object.entries(parameters));
    expect(signature).toBe(hmacSha1Signature(baseString, context.clientCredentials.secret, tokenSecret));
  });

  it("never uses a nonce twice", async () => {
    const request = requestTokenRequest(context, "oob");
    const nonces = await Promise.all(Array.from({ length: 100 }, () => protocolParameters(request)));
    expect(new Set(nonces.map((parameters) => parameters["oauth_nonce"])).size).toBe(100);
  });

  it("exchanges the PIN and keeps leading zeros", async () => {
    const request = accessTokenRequest(context, temporary, "0012345");
    expect(request.url.href).toBe("https://api.x.com/oauth/access_token");
    expect(request.method).toBe("POST");
    expect(await protocolParameters(request)).toMatchObject({
      oauth_token: "request-token",
      oauth_verifier: "0012345",
    });
  });

  it("asks for the user of a token", async () => {
    const request = verifyCredentialsRequest(context, { token: "access-token", secret: "x" });
    expect(request.url.href).toBe("https://api.x.com/1.1/account/verify_credentials.json");
    expect(request.method).toBe("GET");
    expect(await protocolParameters(request)).toMatchObject({ oauth_token: "access-token" });
  });

  it("never sends a secret", async () => {
    const requests = [
      requestTokenRequest(context, "oob"),
      accessTokenRequest(context, temporary, "1234567"),
      verifyCredentialsRequest(context, { token: "t", secret: "access-token-secret" }),
    ];
    const signed = await Promise.all(requests.map((request) => signRequest(request, context.nowMs)));
    expect(JSON.stringify(signed)).not.toMatch(
      /consumer-secret-value|request-token-secret|access-token-secret/,
    );
  });

  it.each(["https://gateway.example/twitter", "https://gateway.example/twitter/"])(
    "keeps the path of the base URL %s",
    (base) => {
      expect(requestTokenRequest(behind(base), "oob").url.href).toBe(
        "https://gateway.example/twitter/oauth/request_token",
      );
      expect(authorizeUrl(new URL(base), temporary).href).toBe(
        "https://gateway.example/twitter/oauth/authorize?oauth_token=request-token",
      );
    },
  );

  it("sends the user to a page whose address has oauth_token only", () => {
    const url = authorizeUrl(context.apiUrl, { token: "a+b&c=d", secret: "hidden" });
    expect(url.origin + url.pathname).toBe("https://api.x.com/oauth/authorize");
    expect([...url.searchParams]).toEqual([["oauth_token", "a+b&c=d"]]);
  });
});

const readRequestToken = (body: string, status = 200) =>
  processRequestTokenResponse(replyOf(status, body), context);

describe("the reply to request_token", () => {
  it("has the request token", () => {
    expect(
      readRequestToken("oauth_token=a%2Bb&oauth_token_secret=c&oauth_callback_confirmed=true\n"),
    ).toEqual({
      token: "a+b",
      secret: "c",
    });
  });

  it.each([
    ["oauth_token_secret=value-of-it&oauth_callback_confirmed=true", /oauth_token$/],
    ["oauth_token=&oauth_token_secret=value-of-it&oauth_callback_confirmed=true", /oauth_token$/],
    ["oauth_token=a&oauth_callback_confirmed=true", /oauth_token_secret$/],
    ["oauth_token=a&oauth_token_secret=value-of-it", /oauth_callback_confirmed$/],
    [
      "oauth_token=a&oauth_token_secret=value-of-it&oauth_callback_confirmed=false",
      /did not confirm the callback/,
    ],
    ["oauth_token=a&oauth_tok", /oauth_token_secret$/],
    ["", /oauth_token$/],
    ["<!DOCTYPE html><html><body>Sign in to the hotel's WiFi</body></html>", /oauth_token$/],
    ['{"token":"a"}', /oauth_token$/],
    ["\u0000\u0001\u0002", /oauth_token$/],
  ])("%j is an unexpected reply", async (body, message) => {
    const error = await failure(() => readRequestToken(body));
    expect(error.code).toBe("unexpected-reply");
    expect(error.exitCode).toBe(1);
    expect(error.message).toMatch(message);
    expect(formatError(error).join("\n")).not.toContain("value-of-it");
  });

  it("is shown as an excerpt, or as field names if it is a form", async () => {
    expect((await failure(() => readRequestToken("<html>WiFi login</html>"))).cause).toContain("WiFi login");
    const { cause } = await failure(() => readRequestToken("oauth_token_secret=value-of-it&x=1"));
    expect(cause).toContain("oauth_token_secret, x");
  });

  it("is a refusal when the status is not 200, whatever the body", async () => {
    const body = "oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=true";
    expect((await failure(() => readRequestToken(body, 302))).code).toBe("unexpected-reply");
    expect((await failure(() => readRequestToken(body, 401))).code).toBe("twitter-refused");
  });
});

describe("the reply to access_token", () => {
  const whole = "oauth_token=1-a&oauth_token_secret=value-of-it&user_id=42&screen_name=alice";

  it("has the access token and the user", () => {
    expect(processAccessTokenResponse(replyOf(200, whole), context)).toEqual({
      tokenCredentials: { token: "1-a", secret: "value-of-it" },
      userId: "42",
      screenName: "alice",
    });
  });

  it.each(["oauth_token", "oauth_token_secret", "user_id", "screen_name"])(
    "is an unexpected reply without %s",
    async (name) => {
      const form = new URLSearchParams(whole);
      form.delete(name);
      const error = await failure(() => processAccessTokenResponse(replyOf(200, form.toString()), context));
      expect(error.code).toBe("unexpected-reply");
      expect(error.message).toContain(name);
      expect(formatError(error).join("\n")).not.toContain("value-of-it");
    },
  );
});

describe("the reply to verify_credentials", () => {
  it("has the user", () => {
    const body = '{"id":42,"id_str":"42","screen_name":"alice"}';
    expect(processVerifyCredentialsResponse(replyOf(200, body), context)).toEqual({
      userId: "42",
      screenName: "alice",
    });
  });

  it.each(["", "null", "[]", '"alice"', '{"id":42,"screen_name":"alice"}', '{"id_str":"42"', "<html>"])(
    "%j is an unexpected reply",
    async (body) => {
      const error = await failure(() => processVerifyCredentialsResponse(replyOf(200, body), context));
      expect(error.code).toBe("unexpected-reply");
    },
  );

  it("reports a revoked token", async () => {
    const body = '{"errors":[{"code":89,"message":"Invalid or expired token."}]}';
    const error = await failure(() => processVerifyCredentialsResponse(replyOf(401, body), context));
    expect(error.code).toBe("token-refused");
  });
});
