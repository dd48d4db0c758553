import { createHmac, randomBytes } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { formActionSource, isApprovedCallback, withQuery } from "./callback-url.ts";
import {
  badAuthenticationData,
  callbackNotApproved,
  CodedTwitterError,
  invalidOrExpiredToken,
  invalidVerifier,
  jsonError,
  onlyOutOfBand,
  outsideAccessTier,
  rateLimitExceeded,
  requestTokenUnavailable,
  reverseAuthInvalid,
  suspendedApp,
  TwitterError,
} from "./errors.ts";
import { equalInConstantTime } from "./hmac-sha1.ts";
import { Nonces } from "./nonces.ts";
import { type OAuthRequest, parseOAuthRequest } from "./oauth-request.ts";
import { authorizePage, cancelledPage, contentSecurityPolicy, invalidTokenPage, pinPage } from "./pages.ts";
import { decodeForm, encodeForm, type Parameter } from "./percent-encode.ts";
import { RateLimit } from "./rate-limit.ts";
import { type AppSettings, registerApp, type RegisteredApp } from "./registered-app.ts";
import { type TemporaryCredentials, TemporaryCredentialsStore } from "./temporary-credentials.ts";
import { type AccessLevel, type TokenCredentials, TokenCredentialsStore } from "./token-credentials.ts";
import { findUser } from "./users.ts";
import { timestampWindowSeconds, verifyOAuthRequest } from "./verify-oauth-request.ts";

export interface TwitterOptions {
  /** 0 picks a free one. */
  port: number;
  /** PEM certificate and key, for https. */
  tls?: { cert: string; key: string };
  /** Consumer key and secret of the one registered app. */
  clientCredentials: { key: string; secret: string };
  /** How else it is set up. */
  app?: AppSettings;
  now: () => Date;
  /** One line a request, without any secret. */
  log?: (line: string) => void;
  /**
   * X does not say how long a request token lives. Fifteen minutes by default: long enough to find a browser and type
   * a PIN, short enough that a page left open overnight is refused.
   */
  requestTokenLifetimeSeconds?: number;
}

export interface LocalTwitter {
  /** Origin, without a trailing slash: the `TWITTER_API_URL` of its clients. */
  url: string;
  /** To be changed while it runs. */
  app: RegisteredApp;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** The headers are kept apart until the end: a refusal has them as well, and it is a response of its own. */
type TwitterEnv = { Bindings: HttpBindings; Variables: { rateLimitHeaders?: Record<string, string> } };
type TwitterContext = Context<TwitterEnv>;

const maximumBodyBytes = 64 * 1024;

/**
 * Starts a local Twitter: OAuth 1.0a (RFC 5849) with its three legs, the authorize page, and the two API methods that a
 * login needs. It verifies what the real one verifies.
 *
 * @throws the listen error (`EADDRINUSE` with its `port`) when the port is taken
 */
export async function startTwitter(options: TwitterOptions): Promise<LocalTwitter> {
  const { port, tls } = options;
  const scheme = tls === undefined ? "http" : "https";
  const registered = registerApp(options.clientCredentials, options.app);
  const { fetch } = createTwitterApp(options, registered, scheme);
  const server = createAdaptorServer(
    tls === undefined
      ? { fetch, createServer: createHttpServer }
      : { fetch, createServer: createHttpsServer, serverOptions: tls },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return {
    url: `${scheme}://127.0.0.1:${address.port}`,
    app: registered,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

function createTwitterApp(
  options: TwitterOptions,
  registered: RegisteredApp,
  scheme: "http" | "https",
): Hono<TwitterEnv> {
  const { now, log = () => {} } = options;
  const temporaryCredentials = new TemporaryCredentialsStore(now, options.requestTokenLifetimeSeconds ?? 900);
  const tokenCredentials = new TokenCredentialsStore();
  const nonces = new Nonces(timestampWindowSeconds);
  const rateLimit = new RateLimit();
  const authenticityKey = randomBytes(32);

  const findClientSecret = (key: string): string | undefined => {
    const { clientCredentials, suspended } = registered;
    if (!equalInConstantTime(key, clientCredentials.key)) return undefined;
    if (suspended) throw suspendedApp();
    return clientCredentials.secret;
  };

  /** A request that is signed well enough uses up one of the app's. @throws TwitterError 429 code 88 */
  function countRequest(context: TwitterContext): void {
    const { allowed, headers } = rateLimit.count(registered.rateLimit, now());
    context.set("rateLimitHeaders", headers);
    if (!allowed) throw rateLimitExceeded();
  }

  /** For the endpoints that take an access token. */
  async function verifyToken(context: TwitterContext): Promise<TokenCredentials> {
    const token = verifyOAuthRequest(await readOAuthRequest(context, scheme), {
      now,
      nonces,
      findClientSecret,
      findToken(name) {
        const found = tokenCredentials.find(name);
        if (found === undefined) throw invalidOrExpiredToken("the access token is not known");
        return found;
      },
    });
    if (token === undefined) throw badAuthenticationData("oauth_token is missing");
    countRequest(context);
    return token;
  }

  const authenticityToken = (oauthToken: string): string =>
    createHmac("sha256", authenticityKey).update(oauthToken).digest("hex");

  /** A request token that waits for a user's answer. */
  function findPending(oauthToken: string): TemporaryCredentials | undefined {
    const credentials = temporaryCredentials.find(oauthToken);
    return credentials?.authorization === undefined ? credentials : undefined;
  }

  function sendAuthorizePage(
    context: TwitterContext,
    credentials: TemporaryCredentials,
    given: { screenName: string; forceLogin: boolean; problem?: string },
  ): Response | Promise<Response> {
    const { callback, token, accessLevel } = credentials;
    const outOfBand = callback === "oob";
    context.header(
      "content-security-policy",
      contentSecurityPolicy(outOfBand ? [] : [formActionSource(callback)]),
    );
    return context.html(
      authorizePage({
        oauthToken: token,
        authenticityToken: authenticityToken(token),
        callbackHost: outOfBand ? undefined : new URL(callback).host || callback,
        readOnly: accessLevel === "read",
        screenName: given.screenName,
        forceLogin: given.forceLogin,
        problem: given.problem,
      }),
      given.problem === undefined ? 200 : 400,
    );
  }

  const app = new Hono<TwitterEnv>();

  app.use(async (context, next) => {
    await next();
    // The clock that was handed in, so that a client can measure the skew as it does with the real one.
    context.header("date", now().toUTCString());
    context.header("cache-control", "no-store");
    context.header("x-content-type-options", "nosniff");
    for (const [name, value] of Object.entries(context.get("rateLimitHeaders") ?? {})) {
      context.header(name, value);
    }
    const reason = context.error === undefined ? "" : `: ${context.error.message}`;
    log(`twitter ${context.req.method} ${context.req.path} ${context.res.status}${reason}`);
  });
  app.use(
    bodyLimit({
      maxSize: maximumBodyBytes,
      onError: () => {
        throw jsonError(413, 214, "Bad request.", `the body is larger than ${maximumBodyBytes} bytes`);
      },
    }),
  );
  app.use("/oauth/*", async (context, next) => {
    // Also on replies with secrets in them: a browser has no business with those.
    context.header("content-security-policy", contentSecurityPolicy());
    context.header("referrer-policy", "no-referrer");
    await next();
  });

  app.post("/oauth/request_token", async (context) => {
    const request = await readOAuthRequest(context, scheme);
    verifyOAuthRequest(request, {
      now,
      nonces,
      findClientSecret,
      findToken() {
        throw invalidOrExpiredToken("a request token is asked for without oauth_token");
      },
    });
    countRequest(context);
    const { callbackUrls } = registered;
    const callback = request.protocolParameters.get("oauth_callback") ?? "";
    if (callback === "") throw badAuthenticationData("oauth_callback is missing");
    if (callback !== "oob") {
      if (callbackUrls.length === 0) throw onlyOutOfBand();
      if (!isApprovedCallback(callback, callbackUrls)) throw callbackNotApproved();
    }
    const accessLevel = parseAccessLevel(request.requestParameters.get("x_auth_access_type"));
    const { token, secret } = temporaryCredentials.issue({ callback, accessLevel });
    return sendForm(context, [
      ["oauth_token", token],
      ["oauth_token_secret", secret],
      ["oauth_callback_confirmed", "true"],
    ]);
  });

  // `authenticate` is "Sign in with Twitter"; it differs in letting a user who has said yes before through unasked.
  app.on("GET", ["/oauth/authorize", "/oauth/authenticate"], (context) => {
    const credentials = findPending(context.req.query("oauth_token") ?? "");
    if (credentials === undefined) return context.html(invalidTokenPage(), 403);
    return sendAuthorizePage(context, credentials, {
      screenName: context.req.query("screen_name") ?? "",
      forceLogin: context.req.query("force_login") === "true",
    });
  });

  app.on("POST", ["/oauth/authorize", "/oauth/authenticate"], async (context) => {
    const form = new Map(decodeForm(await context.req.text()));
    const credentials = findPending(form.get("oauth_token") ?? "");
    if (
      credentials === undefined ||
      !equalInConstantTime(form.get("authenticity_token") ?? "", authenticityToken(credentials.token))
    ) {
      return context.html(invalidTokenPage(), 403);
    }
    const { callback, token } = credentials;
    if (form.has("cancel")) {
      temporaryCredentials.forget(credentials);
      if (callback === "oob") return context.html(cancelledPage());
      return context.redirect(withQuery(callback, [["denied", token]]), 303);
    }
    const typed = form.get("other_screen_name")?.trim() ?? "";
    const screenName = typed === "" ? (form.get("screen_name") ?? "") : typed;
    const user = findUser(screenName);
    if (user === undefined) {
      return sendAuthorizePage(context, credentials, {
        screenName,
        forceLogin: true,
        problem:
          screenName === "" ? "Choose a user, or type a screen name." : "There can be no user of that name.",
      });
    }
    const verifier = temporaryCredentials.authorize(credentials, user);
    if (callback === "oob") return context.html(pinPage(user.screenName, verifier));
    const answer = [
      ["oauth_token", token],
      ["oauth_verifier", verifier],
    ] as const;
    return context.redirect(withQuery(callback, answer), 303);
  });

  app.post("/oauth/access_token", async (context) => {
    const request = await readOAuthRequest(context, scheme);
    const credentials = verifyOAuthRequest(request, {
      now,
      nonces,
      findClientSecret,
      findToken(name) {
        const found = temporaryCredentials.find(name);
        if (found === undefined) throw requestTokenUnavailable();
        return found;
      },
    });
    if (credentials === undefined) throw reverseAuthInvalid();
    countRequest(context);
    const user = temporaryCredentials.redeem(
      credentials,
      request.protocolParameters.get("oauth_verifier") ?? "",
    );
    if (user === undefined) {
      throw invalidVerifier(
        credentials.authorization === undefined ? "nobody has authorized the token yet" : "the PIN is wrong",
      );
    }
    const { token, secret } = tokenCredentials.issue(user, credentials.accessLevel);
    return sendForm(context, [
      ["oauth_token", token],
      ["oauth_token_secret", secret],
      ["user_id", user.userId],
      ["screen_name", user.screenName],
    ]);
  });

  app.get("/1.1/account/verify_credentials.json", async (context) => {
    const { user, accessLevel } = await verifyToken(context);
    if (registered.accessTier === "login-only") throw outsideAccessTier();
    context.header("x-access-level", accessLevel === "read" ? "read" : "read-write");
    // By hand, as X sends `id` as a number that JavaScript cannot hold: clients are to read `id_str`.
    const rest = JSON.stringify({ id_str: user.userId, name: user.screenName, screen_name: user.screenName });
    return sendJson(context, `{"id":${user.userId},${rest.slice(1)}`);
  });

  app.on("POST", ["/1.1/oauth/invalidate_token.json", "/oauth/invalidate_token"], async (context) => {
    const credentials = await verifyToken(context);
    tokenCredentials.invalidate(credentials);
    return sendJson(context, JSON.stringify({ access_token: credentials.token }));
  });

  app.notFound(() => {
    throw jsonError(404, 34, "Sorry, that page does not exist.", "no such endpoint");
  });

  app.onError((error, context) => {
    const { path } = context.req;
    const worded =
      error instanceof CodedTwitterError && path.startsWith("/oauth/")
        ? error.as(registered.oauthErrorFormat, path)
        : error;
    const refusal =
      worded instanceof TwitterError ? worded : jsonError(500, 131, "Internal error", error.message);
    return new Response(refusal.body, {
      status: refusal.status,
      headers: { "content-type": refusal.contentType },
    });
  });

  return app;
}

async function readOAuthRequest(context: TwitterContext, scheme: "http" | "https"): Promise<OAuthRequest> {
  // Node's own request: the framework's has its URL normalized, and what is signed is the path as it was sent.
  const { incoming } = context.env;
  return parseOAuthRequest({
    method: incoming.method ?? "",
    scheme,
    host: incoming.headers.host ?? "",
    target: incoming.url ?? "",
    authorization: incoming.headers.authorization,
    contentType: incoming.headers["content-type"],
    body: await context.req.text(),
  });
}

function parseAccessLevel(text: string | undefined): AccessLevel {
  if (text === undefined || text === "write") return "write";
  if (text === "read") return "read";
  throw jsonError(400, 214, "Bad request.", "x_auth_access_type is neither read nor write");
}

/** X labels its form-encoded replies as HTML; a client that believes the label cannot read them. */
function sendForm(context: TwitterContext, parameters: readonly Parameter[]): Response {
  return context.body(encodeForm(parameters), 200, { "content-type": "text/html; charset=utf-8" });
}

function sendJson(context: TwitterContext, body: string): Response {
  return context.body(body, 200, { "content-type": "application/json; charset=utf-8" });
}
