import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { startOAuthlibProvider } from "@api-auth-twitter/test-support/oauthlib-provider";
import { findPython } from "@api-auth-twitter/test-support/python";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import * as fc from "fast-check";
import { OAuth } from "oauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Nonces } from "./nonces.ts";
import { parseOAuthRequest } from "./oauth-request.ts";
import { encodeForm } from "./percent-encode.ts";
import { randomAlphanumeric } from "./random-alphanumeric.ts";
import { type LocalTwitter, startTwitter } from "./twitter.ts";
import { findUser } from "./users.ts";
import { timestampWindowSeconds, verifyOAuthRequest } from "./verify-oauth-request.ts";
import { verifyTwitterToken } from "../cognito-identity/verify-twitter-token.ts";

const python = findPython({ oauthlib: "python3-oauthlib", requests_oauthlib: "python3-requests-oauthlib" });
const app = { key: randomAlphanumeric(25), secret: randomAlphanumeric(50) };

/** Independent implementations of OAuth 1.0a on either side reveal mistakes that our two implementations share. */
let twitter: LocalTwitter;
beforeAll(async () => {
  twitter = await startTwitter({ port: 0, clientCredentials: app, now: () => new Date() });
});
afterAll(() => twitter.close());

async function runPython(script: string, env: Record<string, string>, stdin = ""): Promise<unknown> {
  const path = new URL(script, import.meta.url).pathname;
  const result = await runProcess(python ?? "", ["-s", path], {
    env: { PATH: process.env["PATH"], NO_PROXY: "*", PYTHONDONTWRITEBYTECODE: "1", ...env },
    stdin,
  });
  if (result.code !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

/** oauthlib does not sign a GET with a body. */
function bodyAndPlace(sample: { method: string; place: string; form: [string, string][] }) {
  if (sample.method !== "GET") return { body: encodeForm(sample.form), place: sample.place };
  return { body: null, place: sample.place === "body" ? "header" : sample.place };
}

describe.skipIf(python === undefined)("requests-oauthlib (Python)", () => {
  it("completes the PIN flow, and is refused with a wrong PIN or secret", async () => {
    const result = await runPython("./requests-oauthlib-client.py", {
      TWITTER_API_URL: twitter.url,
      TWITTER_CONSUMER_KEY: app.key,
      TWITTER_CONSUMER_SECRET: app.secret,
      SCREEN_NAME: "from_python",
    });
    const userId = findUser("from_python")?.userId;
    expect(result).toEqual({
      pin: expect.stringMatching(/^\d{7}$/),
      access: { user_id: userId, screen_name: "from_python" },
      me: [200, userId],
      wrong: [401, 32],
      gone: 200,
      after: [401, 89],
    });
  });

  const text = fc.string({ unit: "binary", maxLength: 12 });
  const parameters = fc.array(
    fc.tuple(
      text.filter((name) => !name.startsWith("oauth_")),
      text,
    ),
    { maxLength: 5 },
  );
  // Without %: oauthlib 3.2 decodes the values of oauth_ parameters twice.
  const secret = fc
    .string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 })
    .filter((characters) => !characters.includes("%"));
  const samples = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
    origin: fc.constantFrom(
      "http://127.0.0.1:4567",
      "https://Example.COM",
      "https://example.com:443",
      "http://example.com:443",
    ),
    path: fc
      .array(
        fc.constantFrom(
          "a",
          "%20",
          "%2F",
          "/",
          "*",
          "'",
          "(",
          ")",
          "!",
          "~",
          "%25",
          "+",
          ":",
          "@",
          "%e2%9c%88",
        ),
      )
      .map((parts) => `/1.1/${parts.join("")}`),
    query: parameters,
    form: parameters,
    place: fc.constantFrom("header", "query", "body"),
    clientKey: secret,
    clientSecret: secret,
    token: secret,
    tokenSecret: secret,
    nonce: secret,
    realm: fc.constantFrom(null, "Photos", "a, b"),
  });

  it("signs 500 random requests that the local Twitter accepts", async () => {
    const seed = Date.now();
    const now = (): Date => new Date(seed);
    const requests = fc.sample(samples, { numRuns: testRuns(50), seed }).map((sample) => ({
      ...sample,
      ...bodyAndPlace(sample),
      url: `${sample.origin}${sample.path}${sample.query.length === 0 ? "" : `?${encodeForm(sample.query)}`}`,
      timestamp: String(Math.floor(seed / 1000)),
    }));
    const signed = (await runPython("./oauthlib-sign.py", {}, JSON.stringify(requests))) as {
      url: string;
      headers: Record<string, string>;
      body: string;
    }[];
    expect(signed).toHaveLength(requests.length);
    for (const [index, { url, headers, body }] of signed.entries()) {
      const request = requests[index];
      const [, scheme, host, target] = /^(https?):\/\/([^/]+)(.*)$/.exec(url) ?? [];
      const verify = (clientSecret: string | undefined): unknown =>
        verifyOAuthRequest(
          parseOAuthRequest({
            method: request?.method ?? "",
            scheme: scheme === "https" ? "https" : "http",
            host: host ?? "",
            target: target ?? "",
            authorization: headers["Authorization"],
            contentType: headers["Content-Type"],
            body,
          }),
          {
            now,
            nonces: new Nonces(timestampWindowSeconds),
            findClientSecret: (key) => (key === request?.clientKey ? clientSecret : undefined),
            findToken: (name) => ({ name, secret: request?.tokenSecret ?? "" }),
          },
        );
      expect
        .soft(() => verify(request?.clientSecret), `seed ${seed}, ${JSON.stringify(request)}`)
        .not.toThrow();
      expect(() => verify(`${request?.clientSecret}x`)).toThrow("the signature is wrong");
    }
  });
});

function client(url: string, callback: string): OAuth {
  return new OAuth(
    `${url}/oauth/request_token`,
    `${url}/oauth/access_token`,
    app.key,
    app.secret,
    "1.0",
    callback,
    "HMAC-SHA1",
  );
}

interface Reply {
  token: string;
  secret: string;
  rest: Record<string, unknown>;
}

function settle(resolve: (reply: Reply) => void, reject: (reason: Error) => void) {
  return (error: unknown, token: string, secret: string, rest: Record<string, unknown>): void => {
    if (error) reject(new Error(JSON.stringify(error)));
    else resolve({ token, secret, rest });
  };
}

function requestToken(oauth: OAuth): Promise<Reply> {
  return new Promise((resolve, reject) => {
    oauth.getOAuthRequestToken(settle(resolve, reject));
  });
}

function accessToken(oauth: OAuth, temporary: Reply, pin: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    oauth.getOAuthAccessToken(temporary.token, temporary.secret, pin, settle(resolve, reject));
  });
}

describe("oauth (JavaScript)", () => {
  it("completes the PIN flow", async () => {
    const oauth = client(twitter.url, "oob");
    const temporary = await requestToken(oauth);
    expect(temporary.rest["oauth_callback_confirmed"]).toBe("true");
    const { pin = "" } = await answerAuthorizePage(
      `${twitter.url}/oauth/authorize?oauth_token=${temporary.token}`,
      { screenName: "from_js" },
    );
    const access = await accessToken(oauth, temporary, pin);
    const userId = findUser("from_js")?.userId;
    expect(access.rest).toMatchObject({ user_id: userId, screen_name: "from_js" });
    const me = await new Promise<string>((resolve, reject) => {
      const url = `${twitter.url}/1.1/account/verify_credentials.json?empty=&note=%E2%9C%88%20(%2B)!`;
      oauth.get(url, access.token, access.secret, (error, body) => {
        if (error) reject(new Error(JSON.stringify(error)));
        else resolve(String(body));
      });
    });
    expect(JSON.parse(me)).toMatchObject({ id_str: userId });
  });

  it("is refused a callback that the app did not register", async () => {
    const refusal = requestToken(client(twitter.url, "https://example.com/callback"));
    await expect(refusal).rejects.toThrow(/403.*415/);
  });
});

describe.skipIf(python === undefined)("oauthlib's provider (Python)", () => {
  it("gives verifyTwitterToken the token's user, and rejects another secret", async () => {
    const provider = await startOAuthlibProvider(python ?? "", app);
    try {
      const oauth = client(provider.url, "oob");
      const temporary = await requestToken(oauth);
      const page = await fetch(`${provider.url}/oauth/authorize?oauth_token=${temporary.token}`);
      const pin = /<code>(\d{7})<\/code>/.exec(await page.text())?.[1] ?? "";
      const { token, secret } = await accessToken(oauth, temporary, pin);
      const ask = { apiUrl: provider.url, clientCredentials: app, now: () => new Date() };
      expect(await verifyTwitterToken({ ...ask, tokenCredentials: { token, secret } })).toEqual({
        ok: true,
        userId: "1500000000000000001",
        screenName: "python_user",
      });
      const refused = await verifyTwitterToken({ ...ask, tokenCredentials: { token, secret: "other" } });
      expect(refused).toMatchObject({ ok: false, status: 401, code: 32 });
    } finally {
      await provider.close();
    }
  });
});
