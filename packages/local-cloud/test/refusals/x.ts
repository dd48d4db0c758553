import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import type { callbackRefusals } from "../../src/twitter/callback-refusals.ts";
import { checkCallbackUrls } from "../../src/twitter/callback-url.ts";
import { hmacSha1Signature } from "../../src/twitter/hmac-signature.ts";
import type { oauthRefusals } from "../../src/twitter/oauth-refusals.ts";
import { encodeForm, type Parameter } from "../../src/twitter/percent-encode.ts";
import { randomAlphanumeric } from "../../src/twitter/random-alphanumeric.ts";
import { signatureBaseString } from "../../src/twitter/signature-base-string.ts";
import { type LocalTwitter, startTwitter } from "../../src/twitter/twitter.ts";
import type { RefusalCase, RefusalCases } from "./refusal-case.ts";

const app = { key: "key", secret: "secret" };

type Protocol = Record<string, string | undefined>;

/** A running X: signed requests, and what it logs of the last one. */
interface X {
  twitter: LocalTwitter;
  /** @param protocol parameters to add or to change before signing; undefined removes one */
  send: (path: string, protocol: Protocol, tokenSecret?: string) => Promise<string>;
}

/** @returns the log's last line, which has the reason for a refusal */
async function inX(callbackUrls: readonly string[], use: (x: X) => Promise<unknown>): Promise<string> {
  const log: string[] = [];
  const twitter = await startTwitter({
    port: 0,
    clientCredentials: app,
    app: { callbackUrls },
    now: () => new Date(),
    log: (line) => log.push(line),
  });
  const send: X["send"] = async (path, protocol, tokenSecret = "") => {
    const parameters = Object.entries({
      oauth_consumer_key: app.key,
      oauth_nonce: randomAlphanumeric(16),
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: String(Math.floor(Date.now() / 1000)),
      ...protocol,
    }).flatMap(([name, value]): Parameter[] => (value === undefined ? [] : [[name, value]]));
    const baseString = signatureBaseString("GET", `${twitter.url}${path}`, parameters);
    const signature = hmacSha1Signature(baseString, app.secret, tokenSecret);
    // A case may bring a signature of its own.
    const query = encodeForm([["oauth_signature", signature], ...parameters]);
    return (await fetch(`${twitter.url}${path}?${query}`)).text();
  };
  try {
    await use({ twitter, send });
    return log.at(-1) ?? "";
  } finally {
    await twitter.close();
  }
}

const initiate = "/oauth/request_token";
const out = { oauth_callback: "oob" };

const refused = (says: string, protocol: Protocol, callbackUrls = ["https://example.com/"]): RefusalCase => ({
  says,
  run: () => inX(callbackUrls, ({ send }) => send(initiate, { ...out, ...protocol })),
});

const refusedUrls = (says: string, urls: readonly string[]): RefusalCase => ({
  says,
  run: () => checkCallbackUrls(urls),
});

/** An authorized request token, its secret and its verifier. */
async function authorized({ twitter, send }: X): Promise<{ token: string; secret: string; pin: string }> {
  const reply = new URLSearchParams(await send(initiate, out));
  const token = reply.get("oauth_token") ?? "";
  const page = `${twitter.url}/oauth/authorize?oauth_token=${token}`;
  const { pin = "" } = await answerAuthorizePage(page, { screenName: "somebody" });
  return { token, secret: reply.get("oauth_token_secret") ?? "", pin };
}

const exchange = (says: string, times: number, changePin: (pin: string) => string): RefusalCase => ({
  says,
  run: () =>
    inX(["https://example.com/"], async (x) => {
      const { token, secret, pin } = await authorized(x);
      for (let time = 1; time <= times; time += 1) {
        const protocol = { oauth_token: token, oauth_verifier: changePin(pin) };
        await x.send("/oauth/access_token", protocol, secret);
      }
    }),
});

export const oauthCases: RefusalCases<typeof oauthRefusals> = {
  missingParameter: refused("oauth_nonce is missing", { oauth_nonce: undefined }),
  signatureMethod: refused("oauth_signature_method is", { oauth_signature_method: "PLAINTEXT" }),
  version: refused("oauth_version is", { oauth_version: "2.0" }),
  timestampFormat: refused("oauth_timestamp is not a number", { oauth_timestamp: "now" }),
  timestamp: refused("s off", { oauth_timestamp: "1600000000" }),
  consumerKey: refused("no app has this consumer key", { oauth_consumer_key: "other" }),
  signature: refused("the signature is wrong for GET", { oauth_signature: "wrong" }),
  nonce: {
    says: "the nonce was used before",
    run: () =>
      inX(["https://example.com/"], async ({ send }) => {
        const once = { ...out, oauth_nonce: "n", oauth_timestamp: String(Math.floor(Date.now() / 1000)) };
        await send(initiate, once);
        await send(initiate, once);
      }),
  },
  accessToken: {
    says: "the access token is unknown",
    run: () =>
      inX([], ({ send }) => send("/1.1/account/verify_credentials.json", { oauth_token: "unknown" })),
  },
  requestToken: exchange("the request token is unknown, used", 2, (pin) => pin),
  verifier: exchange("the PIN is wrong", 1, (pin) => (pin === "1234567" ? "7654321" : "1234567")),
  callback: refused("the app did not register the callback URL", { oauth_callback: "https://example.com" }),
  noCallback: refused("the app has no callback URL", { oauth_callback: "https://example.com/" }, []),
};

export const callbackCases: RefusalCases<typeof callbackRefusals> = {
  count: refusedUrls(
    "X registers at most 10 callback URLs",
    Array.from({ length: 11 }, (_, index) => `https://example.com/${index}`),
  ),
  absolute: refusedUrls("it is not an absolute URL", ["/callback"]),
  protocol: refusedUrls("X does not allow its protocol", ["javascript:alert(1)"]),
  localhost: refusedUrls("X accepts 127.0.0.1, not localhost", ["http://localhost/"]),
  query: refusedUrls("it contains a query or fragment", ["https://example.com/?a=b"]),
};
