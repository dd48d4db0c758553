import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type Listener, listenOnLoopback, type TlsOptions } from "../aws/listener.ts";
import { stackOf } from "../error-text.ts";
import { addAuthorizeEndpoint } from "./authorize-endpoint.ts";
import { CodedTwitterError, jsonError, TwitterError } from "./errors.ts";
import { Nonces } from "./nonces.ts";
import { contentSecurityPolicy } from "./pages.ts";
import { RateLimit } from "./rate-limit.ts";
import { type AppSettings, registerApp, type RegisteredApp } from "./registered-app.ts";
import { addSignedEndpoints } from "./signed-endpoints.ts";
import { TemporaryCredentialsStore } from "./temporary-credentials.ts";
import { TokenCredentialsStore } from "./token-credentials.ts";
import type { TwitterApp, TwitterState } from "./twitter-state.ts";
import { timestampWindowSeconds } from "./verify-oauth-request.ts";
import type { State } from "../state.ts";

export interface TwitterOptions {
  /** 0 picks a free one. */
  port: number;
  /** For https. */
  tls?: TlsOptions;
  /** Consumer key and secret of the registered app. */
  clientCredentials: { key: string; secret: string };
  /** Other settings of the app. */
  app?: AppSettings;
  now: () => Date;
  /** Keeps the access tokens. */
  state?: State | undefined;
  /** Called after each request. */
  onAnswered?: () => void;
  /** Gets one line for each request, without secrets. */
  log?: (line: string) => void;
  /**
   * Fifteen minutes by default; X does not document its own lifetime. That is enough to type a PIN, and a page left
   * open overnight expires.
   */
  requestTokenLifetimeSeconds?: number;
}

/** Its URL is the `TWITTER_API_URL` of its clients. */
export interface LocalTwitter extends Listener {
  /** May be changed while the server runs. */
  app: RegisteredApp;
}

const maximumBodyBytes = 64 * 1024;

/**
 * Starts a local Twitter: OAuth 1.0a (RFC 5849) with its three legs, the authorize page, verify_credentials and
 * invalidate_token. It verifies requests like the real one.
 *
 * @throws the listen error (`EADDRINUSE` with its `port`) when the port is taken
 */
export async function startTwitter(options: TwitterOptions): Promise<LocalTwitter> {
  const { port, tls, log = () => {} } = options;
  const scheme = tls === undefined ? "http" : "https";
  const registered = registerApp(options.clientCredentials, options.app);
  const { fetch } = createTwitterApp(options, registered, scheme);
  const answer = getRequestListener(fetch);
  const listener = await listenOnLoopback(
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        log(`twitter fault: ${stackOf(error)}`);
        response.destroy();
      });
    },
    port,
    tls,
    (line) => log(`twitter: ${line}`),
  );
  return { ...listener, app: registered };
}

function createTwitterApp(
  options: TwitterOptions,
  registered: RegisteredApp,
  scheme: "http" | "https",
): TwitterApp {
  const { now, log = () => {} } = options;
  const state: TwitterState = {
    scheme,
    registered,
    temporaryCredentials: new TemporaryCredentialsStore(now, options.requestTokenLifetimeSeconds ?? 900),
    tokenCredentials: new TokenCredentialsStore(options.state),
    nonces: new Nonces(timestampWindowSeconds),
    rateLimit: new RateLimit(),
    now,
  };
  const app: TwitterApp = new Hono();

  app.use(async (context, next) => {
    await next();
    options.onAnswered?.();
    // The injected clock, so that a client can measure its skew as with the real Twitter.
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
    // Replies with secrets get the policy too.
    context.header("content-security-policy", contentSecurityPolicy());
    context.header("referrer-policy", "no-referrer");
    await next();
  });

  addSignedEndpoints(app, state);
  addAuthorizeEndpoint(app, state);

  app.notFound(() => {
    throw jsonError(404, 34, "Sorry, that page does not exist.", "unknown endpoint");
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
