import { once } from "node:events";
import { createServer, request as requestHttp } from "node:http";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hmacSignature, type SignatureMethod } from "./hmac-signature.ts";
import { decodeForm, encodeForm, type Parameter, percentEncode } from "./percent-encode.ts";
import { randomAlphanumeric } from "./random-alphanumeric.ts";
import { baseStringUri, signatureBaseString } from "./signature-base-string.ts";
import { registerApp } from "./registered-app.ts";
import { type LocalTwitter, startTwitter } from "./twitter.ts";
import { findUser } from "./users.ts";

const app = { key: randomAlphanumeric(25), secret: randomAlphanumeric(50) };
const lifetimeSeconds = 600;
let clock = new Date();
const log: string[] = [];
let twitter: LocalTwitter;

beforeAll(async () => {
  twitter = await startTwitter({
    port: 0,
    clientCredentials: app,
    now: () => clock,
    log: (line) => log.push(line),
    requestTokenLifetimeSeconds: lifetimeSeconds,
  });
});
afterAll(() => twitter.close());
beforeEach(() => {
  clock = new Date();
});

interface Credentials {
  token: string;
  secret: string;
}

interface SignedRequest {
  method?: string;
  path: string;
  token?: Credentials;
  client?: { key: string; secret: string };
  /** In the header and signed; undefined removes a parameter. */
  protocol?: Record<string, string | undefined>;
  form?: readonly Parameter[];
  /** Changes the header after signing. */
  tamper?: (header: string) => string;
  base?: string;
}

function authorizationFor(request: SignedRequest): string {
  const {
    method = "POST",
    path,
    token,
    client = app,
    protocol = {},
    form = [],
    base = twitter.url,
  } = request;
  const url = new URL(path, base);
  const header = Object.entries({
    oauth_consumer_key: client.key,
    oauth_nonce: randomAlphanumeric(16),
    oauth_signature_method: "HMAC-SHA1",
    oauth_timestamp: String(Math.floor(clock.getTime() / 1000)),
    oauth_token: token?.token,
    oauth_version: "1.0",
    ...protocol,
  }).flatMap(([name, value]): Parameter[] => (value === undefined ? [] : [[name, value]]));
  const uri = baseStringUri(url.protocol === "https:" ? "https" : "http", url.host, url.pathname);
  const query = decodeForm(url.search.slice(1)) ?? [];
  const baseString = signatureBaseString(method, uri, [...header, ...query, ...form]);
  const hash: SignatureMethod =
    protocol["oauth_signature_method"] === "HMAC-SHA256" ? "HMAC-SHA256" : "HMAC-SHA1";
  const signature = hmacSignature(hash, baseString, client.secret, token?.secret ?? "");
  const parameters = [...header, ["oauth_signature", signature] as const];
  return `OAuth ${parameters.map(([name, value]) => `${name}="${percentEncode(value)}"`).join(", ")}`;
}

async function send(request: SignedRequest): Promise<{ status: number; body: string; headers: Headers }> {
  const { method = "POST", path, form, tamper = (header) => header, base = twitter.url } = request;
  const response = await fetch(new URL(path, base), {
    method,
    headers: {
      authorization: tamper(authorizationFor(request)),
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(form === undefined ? {} : { body: encodeForm(form) }),
  });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

function credentialsIn(body: string): Credentials {
  const reply = new URLSearchParams(body);
  return { token: reply.get("oauth_token") ?? "", secret: reply.get("oauth_token_secret") ?? "" };
}

async function requestToken(callback = "oob", base = twitter.url): Promise<Credentials> {
  const reply = await send({ path: "/oauth/request_token", protocol: { oauth_callback: callback }, base });
  expect(reply).toMatchObject({ status: 200 });
  return credentialsIn(reply.body);
}

function authorizeUrl({ token }: Credentials): string {
  return `${twitter.url}/oauth/authorize?oauth_token=${token}`;
}

async function pinFor(token: Credentials, screenName = "somebody"): Promise<string> {
  const { pin } = await answerAuthorizePage(authorizeUrl(token), { screenName });
  return pin ?? "";
}

function accessToken(token: Credentials, verifier: string): ReturnType<typeof send> {
  return send({ path: "/oauth/access_token", token, protocol: { oauth_verifier: verifier } });
}

async function exchangeUnsigned(
  parameters: Record<string, string>,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`${twitter.url}/oauth/access_token`, {
    method: "POST",
    body: new URLSearchParams(parameters),
  });
  return { status: response.status, body: await response.text() };
}

async function logIn(screenName = "somebody"): Promise<Credentials> {
  const token = await requestToken();
  const reply = await accessToken(token, await pinFor(token, screenName));
  expect(reply).toMatchObject({ status: 200 });
  return credentialsIn(reply.body);
}

function verifyCredentials(token: Credentials, more: Partial<SignedRequest> = {}): ReturnType<typeof send> {
  return send({ method: "GET", path: "/1.1/account/verify_credentials.json", token, ...more });
}

const error = (code: number, message: string): string => JSON.stringify({ errors: [{ code, message }] });
const badAuthenticationData = { status: 400, body: error(215, "Bad Authentication data.") };
const couldNotAuthenticate = { status: 401, body: error(32, "Could not authenticate you.") };
const invalidOrExpiredToken = { status: 401, body: error(89, "Invalid or expired token.") };
const timestampOutOfBounds = { status: 401, body: error(135, "Timestamp out of bounds.") };
const invalidVerifier = {
  status: 401,
  body: "Error processing your OAuth request: Invalid oauth_verifier parameter",
};
const reverseAuthInvalid = { status: 401, body: "Reverse auth credentials are invalid" };
const requestTokenUnavailable = { status: 401, body: "This feature is temporarily unavailable" };
const initiate = {
  path: "/oauth/request_token",
  protocol: { oauth_callback: "oob" },
} satisfies SignedRequest;

describe("the PIN flow", () => {
  it("issues an access token with its user", async () => {
    const temporary = await requestToken();
    const page = await answerAuthorizePage(authorizeUrl(temporary), { screenName: "@Some_Body" });
    expect(page.status).toBe(200);
    expect(page.pin).toMatch(/^\d{7}$/);
    const reply = await accessToken(temporary, page.pin ?? "");
    const { userId } = findUser("some_body") ?? {};
    expect(reply.body).toMatch(
      new RegExp(
        `^oauth_token=${userId}-\\w+&oauth_token_secret=\\w+&user_id=${userId}&screen_name=Some_Body$`,
      ),
    );
    const user = await verifyCredentials(credentialsIn(reply.body));
    expect(user).toMatchObject({
      status: 200,
      body: `{"id":${userId},"id_str":"${userId}","name":"Some_Body","screen_name":"Some_Body"}`,
    });
    expect(user.headers.get("content-type")).toMatch(/^application\/json/);
    expect(user.headers.get("x-access-level")).toBe("read-write");
  });

  it("issues the same token to the same user, and another to another user", async () => {
    const first = await logIn("one");
    expect(await logIn("ONE")).toEqual(first);
    expect((await logIn("two")).token).not.toBe(first.token);
  });

  it("shows and accepts PINs with leading zeros", async () => {
    for (let tries = 0; tries < 200; tries += 1) {
      const token = await requestToken();
      const pin = await pinFor(token);
      if (!pin.startsWith("0")) continue;
      expect((await accessToken(token, String(Number(pin)))).status).toBe(401);
      expect((await accessToken(token, pin)).status).toBe(200);
      return;
    }
    expect.unreachable("200 PINs and none with a leading zero");
  });

  it("confirms the callback", async () => {
    const reply = await send(initiate);
    expect(reply.body).toMatch(
      /^oauth_token=\w{27}&oauth_token_secret=\w{32}&oauth_callback_confirmed=true$/,
    );
  });

  it("reads parameters from the form body and the query", async () => {
    const inBody = await send({
      path: "/oauth/request_token?x_auth_access_type=read",
      form: [
        ["oauth_callback", "oob"],
        ["empty", ""],
        ["again", "b c"],
        ["again", "+*'()!~%"],
        ["ünicode", "✈"],
      ],
    });
    expect(inBody).toMatchObject({ status: 200 });
    const token = credentialsIn(inBody.body);
    const pin = await pinFor(token);
    const reply = await send({ path: `/oauth/access_token?oauth_verifier=${pin}`, token });
    expect(reply).toMatchObject({ status: 200 });
    expect((await verifyCredentials(credentialsIn(reply.body))).headers.get("x-access-level")).toBe("read");
  });

  it("accepts a request with all OAuth parameters in the query", async () => {
    const header = authorizationFor(initiate).slice("OAuth ".length);
    const query = header.replaceAll('"', "").replaceAll(", ", "&");
    const response = await fetch(`${twitter.url}/oauth/request_token?${query}`, { method: "POST" });
    expect(response.status).toBe(200);
  });

  it("accepts any case of the scheme, a realm, and an empty oauth_token", async () => {
    const reply = await send({
      ...initiate,
      protocol: { oauth_callback: "oob", oauth_token: "" },
      tamper: (header) => header.replace("OAuth ", 'oauth realm="a, b=%",\t'),
    });
    expect(reply).toMatchObject({ status: 200 });
  });
});

describe("the leniency of X", () => {
  it.each([undefined, "", "1.0", "1.0a", "1.0A"])("accepts oauth_version %j", async (oauth_version) => {
    const reply = await send({ ...initiate, protocol: { oauth_callback: "oob", oauth_version } });
    expect(reply).toMatchObject({ status: 200 });
  });

  it("accepts HMAC-SHA256 through the whole flow", async () => {
    const oauth_signature_method = "HMAC-SHA256";
    const initiated = await send({
      ...initiate,
      protocol: { oauth_callback: "oob", oauth_signature_method },
    });
    const token = credentialsIn(initiated.body);
    const oauth_verifier = await pinFor(token);
    const exchange: SignedRequest = {
      path: "/oauth/access_token",
      token,
      protocol: { oauth_verifier, oauth_signature_method },
    };
    const wrong = await send({ ...exchange, token: { ...token, secret: "other" } });
    expect(wrong).toMatchObject(couldNotAuthenticate);
    const access = await send(exchange);
    expect(access).toMatchObject({ status: 200 });
    const user = await verifyCredentials(credentialsIn(access.body), {
      protocol: { oauth_signature_method },
    });
    expect(user).toMatchObject({ status: 200 });
  });

  it("takes a parameter of header, query and body once, and the last value counts", async () => {
    // Signed once: `authorizationFor` signs what it is given, and the request repeats it elsewhere.
    const authorization = authorizationFor({ ...initiate, protocol: { oauth_callback: "oob" } });
    const twice = (query: string, body: string): Promise<Response> =>
      fetch(`${twitter.url}/oauth/request_token${query}`, {
        method: "POST",
        headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
        body,
      });
    const other = "oauth_callback=http%3A%2F%2F127.0.0.1";
    for (const [query, body] of [
      [`?${other}`, ""],
      ["", other],
      ["?oauth_callback=oob", other],
    ] as const) {
      const reply = await twice(query, body);
      expect({ status: reply.status, body: await reply.text() }).toEqual(couldNotAuthenticate);
    }
    expect((await twice(`?${other}`, "oauth_callback=oob")).status).toBe(200);
  });

  it("takes a parameter that the header repeats once", async () => {
    const reply = await send({ ...initiate, tamper: (header) => `${header}, oauth_callback="oob"` });
    expect(reply).toMatchObject({ status: 200 });
  });

  it("issues request tokens and access tokens by GET", async () => {
    const initiated = await send({ ...initiate, method: "GET" });
    expect(initiated).toMatchObject({ status: 200 });
    const token = credentialsIn(initiated.body);
    const path = `/oauth/access_token?oauth_verifier=${await pinFor(token)}`;
    expect(await send({ method: "GET", path, token })).toMatchObject({ status: 200 });
  });

  it("takes an access_token that is signed without the request token's secret", async () => {
    const token = await requestToken();
    const oauth_verifier = await pinFor(token);
    const reply = await send({
      path: `/oauth/access_token?oauth_token=${token.token}`,
      protocol: { oauth_verifier },
    });
    expect(reply).toMatchObject({ status: 200 });
    const access = credentialsIn(reply.body);
    expect(await verifyCredentials({ token: access.token, secret: "" })).toMatchObject(couldNotAuthenticate);
  });

  it("takes an empty x_auth_access_type for none", async () => {
    const reply = await send({ ...initiate, path: `${initiate.path}?x_auth_access_type=` });
    expect(reply).toMatchObject({ status: 200 });
  });

  describe("an access_token without a signature", () => {
    it("needs the request token and its verifier", async () => {
      const { token: oauth_token } = await requestToken();
      const oauth_verifier = await pinFor({ token: oauth_token, secret: "" });
      const wrong = oauth_verifier === "1234567" ? "7654321" : "1234567";
      expect(await exchangeUnsigned({ oauth_token, oauth_verifier: wrong })).toEqual(invalidVerifier);
      expect(await exchangeUnsigned({ oauth_token })).toEqual(invalidVerifier);
      expect(await exchangeUnsigned({ oauth_verifier })).toEqual(reverseAuthInvalid);
      expect(await exchangeUnsigned({ oauth_token, oauth_verifier, oauth_consumer_key: "other" })).toEqual(
        couldNotAuthenticate,
      );
      expect(await exchangeUnsigned({ oauth_token, oauth_verifier, oauth_signature: "wrong" })).toEqual(
        badAuthenticationData,
      );
      const reply = await exchangeUnsigned({ oauth_token, oauth_verifier, oauth_consumer_key: app.key });
      expect(reply).toMatchObject({ status: 200 });
      expect((await verifyCredentials(credentialsIn(reply.body))).status).toBe(200);
      expect(await exchangeUnsigned({ oauth_token, oauth_verifier })).toEqual(requestTokenUnavailable);
    });

    it("is refused for a suspended app", async () => {
      const { token: oauth_token } = await requestToken();
      const oauth_verifier = await pinFor({ token: oauth_token, secret: "" });
      twitter.app.suspended = true;
      expect(await exchangeUnsigned({ oauth_token, oauth_verifier })).toMatchObject({ status: 401 });
      twitter.app.suspended = false;
      expect(await exchangeUnsigned({ oauth_token, oauth_verifier })).toMatchObject({ status: 200 });
    });
  });
});

describe("the callback flow", () => {
  const callback = "http://127.0.0.1:8976/callback";

  it("returns the user with a verifier", async () => {
    const token = await requestToken(callback);
    const { status, location, pin } = await answerAuthorizePage(authorizeUrl(token), {
      screenName: "somebody",
    });
    expect({ status, pin }).toEqual({ status: 303, pin: undefined });
    const url = new URL(location ?? "");
    expect(`${url.origin}${url.pathname}`).toBe("http://127.0.0.1:8976/callback");
    expect(url.searchParams.get("oauth_token")).toBe(token.token);
    expect((await accessToken(token, url.searchParams.get("oauth_verifier") ?? "")).status).toBe(200);
  });

  it("returns a user who cancels with the denied token and forgets the token", async () => {
    const token = await requestToken(callback);
    const { location } = await answerAuthorizePage(authorizeUrl(token), "cancel");
    expect(location).toBe(`http://127.0.0.1:8976/callback?denied=${token.token}`);
    expect(await accessToken(token, "0000000")).toMatchObject(requestTokenUnavailable);
  });

  it.each([
    "https://example.com/",
    "http://127.0.0.1:8977/callback",
    "http://127.0.0.1:8976/callback/",
    "http://127.0.0.1:8976/Callback",
    "http://127.0.0.1:8976/callback?state=a",
    "https://127.0.0.1:8976/callback",
    "http://localhost:8976/callback",
    "OOB",
  ])("rejects %s, which the app did not register", async (oauth_callback) => {
    const reply = await send({ ...initiate, protocol: { oauth_callback } });
    expect(reply.status).toBe(403);
    expect(reply.body).toMatch(
      /^<\?xml version='1\.0' encoding='UTF-8'\?><errors><error code="415">Callback URL not approved for this client application\. .*<\/error><\/errors>$/,
    );
  });

  it("accepts only oob for an app without callback URLs", async () => {
    const desktop = await startTwitter({
      port: 0,
      clientCredentials: app,
      now: () => clock,
      app: { callbackUrls: [] },
    });
    try {
      const reply = await send({ ...initiate, protocol: { oauth_callback: callback }, base: desktop.url });
      expect(reply.status).toBe(401);
      expect(reply.body).toContain(
        `<error code="417">Desktop applications only support the oauth_callback value 'oob'</error>`,
      );
      await requestToken("oob", desktop.url);
    } finally {
      await desktop.close();
    }
  });
});

describe("the settings of the app", () => {
  afterEach(() => void Object.assign(twitter.app, registerApp(app)));

  it("reject a suspended app, in the endpoint's format for coded errors", async () => {
    const token = await logIn();
    twitter.app.suspended = true;
    const message = "Invalid / suspended application";
    const xml = "<?xml version='1.0' encoding='UTF-8'?>";
    for (const [format, body] of [
      ["xml", `${xml}<errors><error code="416">${message}</error></errors>`],
      ["hash", `${xml}<hash><error>${message}</error><request>/oauth/request_token</request></hash>`],
      ["json", error(416, message)],
    ] as const) {
      twitter.app.oauthErrorFormat = format;
      expect(await send(initiate)).toMatchObject({ status: 401, body });
    }
    twitter.app.oauthErrorFormat = "xml";
    expect(await verifyCredentials(token)).toMatchObject({ status: 401, body: error(416, message) });
    expect(log.at(-1)).toContain("401: the app is suspended");
    // A wrong key gets the ordinary refusal.
    expect(await send({ ...initiate, client: { ...app, key: "other" } })).toMatchObject(couldNotAuthenticate);
  });

  it("apply new callback URLs to the next request", async () => {
    twitter.app.callbackUrls = ["https://example.com/back"];
    await requestToken("https://example.com/back");
    const reply = await send({ ...initiate, protocol: { oauth_callback: "http://127.0.0.1/" } });
    expect([reply.status, reply.body]).toEqual([403, expect.stringContaining('<error code="415">')]);
  });

  it("reject the old secret after it is regenerated", async () => {
    twitter.app.clientCredentials = { ...app, secret: randomAlphanumeric(50) };
    expect(await send(initiate)).toMatchObject(couldNotAuthenticate);
    expect((await send({ ...initiate, client: twitter.app.clientCredentials })).status).toBe(200);
  });

  it("allow login but not verify_credentials on a low access tier", async () => {
    twitter.app.accessTier = "login-only";
    const reply = await verifyCredentials(await logIn());
    expect(reply.status).toBe(403);
    expect(JSON.parse(reply.body)).toMatchObject({
      errors: [
        { code: 453, message: expect.stringMatching(/^You currently have access to a subset of X API V2/) },
      ],
    });
  });

  it("reject the requests of an account without credits, with problem details", async () => {
    const token = await logIn();
    twitter.app.credits = "depleted";
    for (const reply of [await send(initiate), await verifyCredentials(token)]) {
      expect(reply.status).toBe(402);
      expect(JSON.parse(reply.body)).toEqual({
        title: "CreditsDepleted",
        detail: expect.stringContaining("does not have any credits"),
        type: "https://api.twitter.com/2/problems/credits",
      });
    }
    expect(await send({ ...initiate, client: { ...app, key: "other" } })).toMatchObject(couldNotAuthenticate);
  });

  it("report the rate limit, and reject requests beyond it until the window ends", async () => {
    const token = await logIn();
    // A new window, in which earlier requests do not count.
    clock = new Date((Math.ceil(clock.getTime() / 900_000) + 1) * 900_000);
    const reset = String(clock.getTime() / 1000 + 900);
    twitter.app.rateLimit = 2;
    const limits = async (reply: ReturnType<typeof send>) => {
      const { status, headers } = await reply;
      return [status, ...["limit", "remaining", "reset"].map((name) => headers.get(`x-rate-limit-${name}`))];
    };
    expect(await limits(verifyCredentials(token))).toEqual([200, "2", "1", reset]);
    // A forged request does not count.
    expect((await send({ ...initiate, client: { ...app, secret: "forged" } })).status).toBe(401);
    expect(await limits(send(initiate))).toEqual([200, "2", "0", reset]);
    expect(await limits(verifyCredentials(token))).toEqual([429, "2", "0", reset]);
    expect((await verifyCredentials(token)).body).toBe(error(88, "Rate limit exceeded"));
    clock = new Date(clock.getTime() + 900_000);
    expect((await verifyCredentials(token)).status).toBe(200);
  });
});

describe("a signed request is rejected for", () => {
  const cases: Record<string, [SignedRequest, { status: number; body: string }]> = {
    "an unknown consumer key": [{ ...initiate, client: { ...app, key: "other" } }, couldNotAuthenticate],
    "a signature with another consumer secret": [
      { ...initiate, client: { ...app, secret: "other" } },
      couldNotAuthenticate,
    ],
    "a changed signature": [
      { ...initiate, tamper: (header) => header.replace(/oauth_signature="./, 'oauth_signature="%00') },
      couldNotAuthenticate,
    ],
    "a signature cut short": [
      { ...initiate, tamper: (header) => header.replace(/%3D"$/, '"') },
      couldNotAuthenticate,
    ],
    "a parameter that was not signed": [
      { ...initiate, tamper: (header) => `${header}, added="1"` },
      couldNotAuthenticate,
    ],
    "another value of a signed parameter": [
      { ...initiate, tamper: (header) => header.replace('"oob"', '"http%3A%2F%2F127.0.0.1"') },
      couldNotAuthenticate,
    ],
    "a timestamp from before the window": [
      { ...initiate, protocol: { oauth_callback: "oob", oauth_timestamp: secondsFromNow(-302) } },
      timestampOutOfBounds,
    ],
    "a timestamp from after the window": [
      { ...initiate, protocol: { oauth_callback: "oob", oauth_timestamp: secondsFromNow(3600) } },
      timestampOutOfBounds,
    ],
    "a timestamp that is not a number": [
      { ...initiate, protocol: { oauth_callback: "oob", oauth_timestamp: "now" } },
      badAuthenticationData,
    ],
    "another version": [
      { ...initiate, protocol: { oauth_callback: "oob", oauth_version: "2.0" } },
      badAuthenticationData,
    ],
    "another signature method": [
      { ...initiate, protocol: { oauth_callback: "oob", oauth_signature_method: "PLAINTEXT" } },
      badAuthenticationData,
    ],
    "a nonce given twice, the last one not signed": [
      { ...initiate, tamper: (header) => `${header}, oauth_nonce="again"` },
      couldNotAuthenticate,
    ],
    "a protocol parameter of header and query that is signed twice": [
      { ...initiate, path: `${initiate.path}?oauth_callback=oob` },
      couldNotAuthenticate,
    ],
    "a malformed header": [
      { ...initiate, tamper: (header) => `${header}, oauth_x=unquoted` },
      badAuthenticationData,
    ],
    "a malformed escape in the header": [
      { ...initiate, tamper: (header) => `${header}, x="%zz"` },
      badAuthenticationData,
    ],
    "another scheme": [{ ...initiate, tamper: () => "Bearer abc" }, badAuthenticationData],
  };
  it.each(Object.entries(cases))("%s", async (_, [request, expected]) => {
    expect(await send(request)).toMatchObject(expected);
  });

  it.each([
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
  ])("a missing or empty %s", async (name) => {
    const missing = await send({
      ...initiate,
      tamper: (header) => header.replace(new RegExp(`${name}="[^"]*"(, )?`), ""),
    });
    expect(missing).toMatchObject(badAuthenticationData);
    const empty = await send({
      ...initiate,
      tamper: (header) => header.replace(new RegExp(`${name}="[^"]*"`), `${name}=""`),
    });
    expect(empty).toMatchObject(badAuthenticationData);
  });

  it("a missing Authorization header", async () => {
    const response = await fetch(`${twitter.url}/1.1/account/verify_credentials.json`);
    expect({ status: response.status, body: await response.text() }).toEqual(badAuthenticationData);
  });

  it("a replayed nonce, until its timestamp leaves the window", async () => {
    const authorization = authorizationFor(initiate);
    const replay = async (): Promise<{ status: number; body: string }> => {
      const response = await fetch(`${twitter.url}${initiate.path}`, {
        method: "POST",
        headers: { authorization },
      });
      return { status: response.status, body: await response.text() };
    };
    expect((await replay()).status).toBe(200);
    expect(await replay()).toEqual(couldNotAuthenticate);
    clock = new Date(clock.getTime() + 299_000);
    expect(await replay()).toEqual(couldNotAuthenticate);
    clock = new Date(clock.getTime() + 3000);
    expect(await replay()).toEqual(timestampOutOfBounds);
  });

  it("a forged signature, which does not use up its nonce", async () => {
    const protocol = { oauth_callback: "oob", oauth_nonce: randomAlphanumeric(16) };
    const forged = { ...initiate, protocol, client: { ...app, secret: "other" } };
    expect(await send(forged)).toMatchObject(couldNotAuthenticate);
    expect((await send({ ...initiate, protocol })).status).toBe(200);
  });

  it("a method, host, path or body that differs from the signed one", async () => {
    const token = await logIn();
    const authorization = (): string =>
      authorizationFor({ method: "GET", path: "/1.1/account/verify_credentials.json", token });
    const { host, port } = new URL(twitter.url);
    const wire = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const request = requestHttp({ port, host: "127.0.0.1", path, headers }, (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
        });
        request.on("error", reject).end();
      });
    const path = "/1.1/account/verify_credentials.json";
    expect(await wire(path, { host, authorization: authorization() })).toBe(200);
    expect(await wire(path, { host: `localhost:${port}`, authorization: authorization() })).toBe(401);
    expect(await wire(`${path}?a=b`, { host, authorization: authorization() })).toBe(401);
    expect(
      await wire("/1.1/account/%76erify_credentials.json", { host, authorization: authorization() }),
    ).toBe(401);
    // An absolute target overrides the Host header.
    expect(await wire(`${twitter.url}${path}`, { host: "proxy", authorization: authorization() })).toBe(200);
    const form = await send({ ...initiate, form: [["a", "b"]] });
    expect(form.status).toBe(200);
    const changed = await fetch(`${twitter.url}${initiate.path}`, {
      method: "POST",
      headers: {
        authorization: authorizationFor({ ...initiate, form: [["a", "b"]] }),
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      },
      body: "a=c",
    });
    expect(changed.status).toBe(401);
  });

  it("a body that exceeds the limit", async () => {
    const reply = await send({ ...initiate, form: [["a", "x".repeat(70_000)]] });
    expect(reply.status).toBe(413);
  });
});

describe("a request token is rejected for", () => {
  it("oauth_token at request_token, an unknown access type, and a missing callback", async () => {
    const token = { token: "a", secret: "b" };
    expect(await send({ ...initiate, token })).toMatchObject(invalidOrExpiredToken);
    expect((await send({ ...initiate, path: `${initiate.path}?x_auth_access_type=all` })).status).toBe(400);
    expect(await send({ path: initiate.path })).toMatchObject(badAuthenticationData);
  });

  it("access_token without oauth_token", async () => {
    expect(await send({ path: "/oauth/access_token" })).toMatchObject(reverseAuthInvalid);
  });

  it("an unknown token", async () => {
    expect(await accessToken({ token: "unknown", secret: "x" }, "1234567")).toMatchObject(
      requestTokenUnavailable,
    );
  });

  it("a token that no user has authorized", async () => {
    expect(await accessToken(await requestToken(), "1234567")).toMatchObject(invalidVerifier);
  });

  it("a wrong token secret", async () => {
    const token = await requestToken();
    const pin = await pinFor(token);
    expect(await accessToken({ ...token, secret: "other" }, pin)).toMatchObject(couldNotAuthenticate);
    expect((await accessToken(token, pin)).status).toBe(200);
  });

  it("a wrong PIN, a missing PIN, and the right PIN after too many wrong ones", async () => {
    const token = await requestToken();
    const pin = await pinFor(token);
    const wrong = pin === "1234567" ? "7654321" : "1234567";
    expect(await accessToken(token, wrong)).toMatchObject(invalidVerifier);
    expect(await send({ path: "/oauth/access_token", token })).toMatchObject(invalidVerifier);
    for (let tries = 3; tries <= 5; tries += 1) {
      expect(await accessToken(token, wrong)).toMatchObject(invalidVerifier);
    }
    expect(await accessToken(token, pin)).toMatchObject(requestTokenUnavailable);
  });

  it("the right PIN of another request token", async () => {
    const [mine, other] = [await requestToken(), await requestToken()];
    await pinFor(mine);
    expect(await accessToken(mine, await pinFor(other))).toMatchObject(invalidVerifier);
  });

  it("a used PIN", async () => {
    const token = await requestToken();
    const pin = await pinFor(token);
    expect((await accessToken(token, pin)).status).toBe(200);
    expect(await accessToken(token, pin)).toMatchObject(requestTokenUnavailable);
  });

  it("a denied token", async () => {
    const token = await requestToken();
    const page = await answerAuthorizePage(authorizeUrl(token), "cancel");
    expect(page).toMatchObject({ status: 200, pin: undefined });
    expect(await accessToken(token, "1234567")).toMatchObject(requestTokenUnavailable);
    await expect(answerAuthorizePage(authorizeUrl(token), { screenName: "a" })).rejects.toThrow(
      "Whoa there!",
    );
  });

  it("an expired token, on the page and at access_token", async () => {
    const [opened, unopened] = [await requestToken(), await requestToken()];
    const pin = await pinFor(opened);
    clock = new Date(clock.getTime() + (lifetimeSeconds - 1) * 1000);
    expect((await fetch(authorizeUrl(unopened))).status).toBe(200);
    clock = new Date(clock.getTime() + 1000);
    expect((await fetch(authorizeUrl(unopened))).status).toBe(403);
    expect(await accessToken(opened, pin)).toMatchObject(requestTokenUnavailable);
  });
});

describe("access tokens", () => {
  it("do not expire", async () => {
    const token = await logIn();
    clock = new Date(clock.getTime() + 400 * 24 * 3600 * 1000);
    expect((await verifyCredentials(token)).status).toBe(200);
  });

  it("are rejected when unknown, or with a wrong secret", async () => {
    const token = await logIn();
    expect(await verifyCredentials({ token: `${token.token}x`, secret: token.secret })).toMatchObject(
      invalidOrExpiredToken,
    );
    expect(await verifyCredentials({ ...token, secret: "other" })).toMatchObject(couldNotAuthenticate);
    expect(await verifyCredentials(await requestToken())).toMatchObject(invalidOrExpiredToken);
    expect(await send({ method: "GET", path: "/1.1/account/verify_credentials.json" })).toMatchObject(
      badAuthenticationData,
    );
  });

  it.each(["/1.1/oauth/invalidate_token.json", "/oauth/invalidate_token"])(
    "are gone after POST %s, and the next login gives another",
    async (path) => {
      const token = await logIn("leaving");
      expect(await send({ path, token })).toMatchObject({
        status: 200,
        body: JSON.stringify({ access_token: token.token }),
      });
      expect(await verifyCredentials(token)).toMatchObject(invalidOrExpiredToken);
      expect((await logIn("leaving")).token).not.toBe(token.token);
    },
  );
});

describe("the authorize page", () => {
  it("requires the token of its own form", async () => {
    const [mine, other] = [await requestToken(), await requestToken()];
    const page = await (await fetch(authorizeUrl(other))).text();
    const authenticity = /name="authenticity_token" value="(\w+)"/.exec(page)?.[1] ?? "";
    expect(authenticity).not.toBe("");
    for (const authenticity_token of ["", "0", authenticity]) {
      const response = await fetch(`${twitter.url}/oauth/authorize`, {
        method: "POST",
        body: new URLSearchParams({ oauth_token: mine.token, authenticity_token, screen_name: "somebody" }),
      });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain("The request token for this page is invalid");
    }
    expect(await pinFor(mine)).toMatch(/^\d{7}$/);
  });

  it("accepts one answer", async () => {
    const token = await requestToken();
    await pinFor(token);
    await expect(answerAuthorizePage(authorizeUrl(token), "cancel")).rejects.toThrow("Whoa there!");
  });

  it("rejects an invalid screen name, and escapes it", async () => {
    const token = await requestToken();
    const { status, html } = await answerAuthorizePage(authorizeUrl(token), { screenName: `"><script>'&` });
    expect(status).toBe(400);
    expect(html).toContain("That is not a valid screen name.");
    expect(html).toContain(`value="&quot;&gt;&lt;script&gt;&#39;&amp;"`);
    expect(await pinFor(token)).toMatch(/^\d{7}$/);
  });

  it.each([
    ["127.0.0.1", 200],
    ["localhost", 200],
    ["LOCALHOST", 200],
    ["[::1]", 200],
    ["rebound.example", 421],
    ["127.0.0.1.rebound.example", 421],
    ["localhost.rebound.example", 421],
  ])("is served to the host %s with %i, on any port", async (name, status) => {
    const token = await requestToken();
    const { port, pathname, search } = new URL(authorizeUrl(token));
    const statuses = ["GET", "POST"].map(
      (method) =>
        new Promise((resolve, reject) => {
          const options = {
            host: "127.0.0.1",
            port,
            method,
            path: pathname + search,
            headers: { host: `${name}:1` },
          };
          requestHttp(options, (response) => {
            response.resume();
            resolve(response.statusCode);
          })
            .once("error", reject)
            .end();
        }),
    );
    // A form without its authenticity token is refused.
    expect(await Promise.all(statuses)).toEqual([status, status === 200 ? 403 : 421]);
  });

  it("escapes values of the query", async () => {
    const token = await requestToken();
    const html = await (await fetch(`${authorizeUrl(token)}&screen_name=%22%3E%3Cb%3E`)).text();
    expect(html).toContain(`value="&quot;&gt;&lt;b&gt;"`);
  });

  it("forbids frames, scripts, caching and referrers", async () => {
    const token = await requestToken("http://127.0.0.1:8976/callback");
    const { headers } = await fetch(authorizeUrl(token));
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; style-src 'sha256-");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' http://127.0.0.1:8976");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });
});

describe("the server", () => {
  it("answers 404 code 34 for an unknown path", async () => {
    for (const [method, path] of [
      ["GET", "/1.1/statuses/home_timeline.json"],
      ["PUT", "/oauth/request_token"],
      ["POST", "/1.1/account/verify_credentials.json"],
      ["GET", "/"],
    ] as const) {
      const response = await fetch(`${twitter.url}${path}`, { method });
      expect(response.status).toBe(404);
      expect(await response.text()).toBe(error(34, "Sorry, that page does not exist."));
    }
  });

  it("dates replies and refusals by the injected clock", async () => {
    clock = new Date("2031-02-03T04:05:06Z");
    for (const path of ["/1.1/account/verify_credentials.json", "/nothing", "/oauth/authorize"]) {
      const { headers } = await fetch(`${twitter.url}${path}`);
      expect(headers.get("date")).toBe("Mon, 03 Feb 2031 04:05:06 GMT");
    }
  });

  it("logs one line for each request, with the reason for a refusal and without secrets", async () => {
    log.length = 0;
    const token = await requestToken();
    const pin = await pinFor(token);
    await accessToken(token, "wrong");
    const access = credentialsIn((await accessToken(token, pin)).body);
    await send({ ...initiate, client: { ...app, secret: "other" } });
    expect(log).toEqual([
      "twitter POST /oauth/request_token 200",
      "twitter GET /oauth/authorize 200",
      "twitter POST /oauth/authorize 200",
      "twitter POST /oauth/access_token 401: the PIN is wrong",
      "twitter POST /oauth/access_token 200",
      `twitter POST /oauth/request_token 401: the signature is wrong for POST ${twitter.url}/oauth/request_token`,
    ]);
    for (const secret of [app.secret, token.token, token.secret, pin, access.token, access.secret]) {
      expect(log.join("\n")).not.toContain(secret);
    }
  });

  it("reports a port that is taken, and listens only on loopback", async () => {
    const taken = createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    try {
      const address = taken.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      await expect(startTwitter({ port, clientCredentials: app, now: () => clock })).rejects.toMatchObject({
        code: "EADDRINUSE",
        port,
        address: "127.0.0.1",
      });
    } finally {
      taken.close();
    }
  });

  it("closes open connections", async () => {
    const other = await startTwitter({ port: 0, clientCredentials: app, now: () => clock });
    await fetch(other.url);
    await other.close();
    await expect(fetch(other.url)).rejects.toThrow("fetch failed");
  });
});

function secondsFromNow(seconds: number): string {
  return String(Math.floor(Date.now() / 1000) + seconds);
}
