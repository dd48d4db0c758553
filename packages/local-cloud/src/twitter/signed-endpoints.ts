import {
  badAuthenticationData,
  creditsDepleted,
  invalidOrExpiredToken,
  jsonError,
  outsideAccessTier,
  rateLimitExceeded,
  reverseAuthInvalid,
  suspendedApp,
} from "./errors.ts";
import { equalInConstantTime } from "./hmac-signature.ts";
import { oauthRefusals } from "./oauth-refusals.ts";
import { type OAuthRequest, parseOAuthRequest } from "./oauth-request.ts";
import { encodeForm, type Parameter } from "./percent-encode.ts";
import type { TemporaryCredentials } from "./temporary-credentials.ts";
import type { AccessLevel, TokenCredentials } from "./token-credentials.ts";
import type { TwitterApp, TwitterContext, TwitterState } from "./twitter-state.ts";
import { verifyOAuthRequest } from "./verify-oauth-request.ts";

/** The endpoints that take signed requests: request_token, access_token, verify_credentials and invalidate_token. */
export function addSignedEndpoints(app: TwitterApp, state: TwitterState): void {
  const { now, nonces, rateLimit, registered, temporaryCredentials, tokenCredentials } = state;

  const findClientSecret = (key: string): string | undefined => {
    const { clientCredentials, suspended } = registered;
    if (!equalInConstantTime(key, clientCredentials.key)) return undefined;
    if (suspended) throw suspendedApp();
    return clientCredentials.secret;
  };

  /** Counts a request with a valid signature. @throws TwitterError 429 code 88, or 402 */
  function countRequest(context: TwitterContext): void {
    const { allowed, headers } = rateLimit.count(registered.rateLimit, now());
    context.set("rateLimitHeaders", headers);
    if (!allowed) throw rateLimitExceeded();
    if (registered.credits === "depleted") throw creditsDepleted();
  }

  /** @throws TwitterError when the request is not signed with an access token */
  async function verifyAccessToken(context: TwitterContext): Promise<TokenCredentials> {
    const token = verifyOAuthRequest(await readOAuthRequest(context, state.scheme), {
      now,
      nonces,
      findClientSecret,
      findToken(name) {
        return oauthRefusals.accessToken.unless(tokenCredentials.find(name));
      },
    });
    if (token === undefined) throw badAuthenticationData("oauth_token is missing");
    countRequest(context);
    return token;
  }

  // X documents POST. Clients that work with X use GET: twython, Net::Twitter [P].
  app.on(["GET", "POST"], "/oauth/request_token", async (context) => {
    const request = await readOAuthRequest(context, state.scheme);
    verifyOAuthRequest(request, {
      now,
      nonces,
      findClientSecret,
      findToken() {
        throw invalidOrExpiredToken("request_token takes no oauth_token");
      },
    });
    countRequest(context);
    const { callbackUrls } = registered;
    const callback = request.protocolParameters.get("oauth_callback") ?? "";
    if (callback === "") throw badAuthenticationData("oauth_callback is missing");
    if (callback !== "oob") {
      oauthRefusals.noCallback.when(callbackUrls.length === 0);
      oauthRefusals.callback.when(!callbackUrls.includes(callback));
    }
    const accessLevel = parseAccessLevel(request.requestParameters.get("x_auth_access_type"));
    const { token, secret } = temporaryCredentials.issue({ callback, accessLevel });
    return sendForm(context, [
      ["oauth_token", token],
      ["oauth_token_secret", secret],
      ["oauth_callback_confirmed", "true"],
    ]);
  });

  const findRequestToken = (name: string): TemporaryCredentials =>
    oauthRefusals.requestToken.unless(temporaryCredentials.find(name));

  /**
   * The request token of an unsigned access_token: “Authentication: Not required” [D: X's reference]. The token and its
   * verifier are enough. A consumer key has to be the app's.
   */
  function findUnsignedRequestToken({ protocolParameters }: OAuthRequest): TemporaryCredentials | undefined {
    const clientKey = protocolParameters.get("oauth_consumer_key") ?? registered.clientCredentials.key;
    oauthRefusals.consumerKey.unless(findClientSecret(clientKey));
    const token = protocolParameters.get("oauth_token") ?? "";
    return token === "" ? undefined : findRequestToken(token);
  }

  app.on(["GET", "POST"], "/oauth/access_token", async (context) => {
    const request = await readOAuthRequest(context, state.scheme);
    const credentials = request.protocolParameters.has("oauth_signature")
      ? verifyOAuthRequest(request, {
          now,
          nonces,
          findClientSecret,
          findToken: findRequestToken,
          // As twitter-lite signs it [P].
          withoutTokenSecret: true,
        })
      : findUnsignedRequestToken(request);
    if (credentials === undefined) throw reverseAuthInvalid();
    countRequest(context);
    const user = oauthRefusals.verifier.unless(
      temporaryCredentials.redeem(credentials, request.protocolParameters.get("oauth_verifier") ?? ""),
      credentials.authorization === undefined
        ? "the request token is not authorized yet"
        : "the PIN is wrong",
    );
    const { token, secret } = tokenCredentials.issue(user, credentials.accessLevel);
    return sendForm(context, [
      ["oauth_token", token],
      ["oauth_token_secret", secret],
      ["user_id", user.userId],
      ["screen_name", user.screenName],
    ]);
  });

  app.get("/1.1/account/verify_credentials.json", async (context) => {
    const { user, accessLevel } = await verifyAccessToken(context);
    if (registered.accessTier === "login-only") throw outsideAccessTier();
    context.header("x-access-level", accessLevel === "read" ? "read" : "read-write");
    // X sends `id` as a number that JavaScript cannot hold, so clients must read `id_str`.
    const rest = JSON.stringify({ id_str: user.userId, name: user.screenName, screen_name: user.screenName });
    return sendJson(context, `{"id":${user.userId},${rest.slice(1)}`);
  });

  app.on("POST", ["/1.1/oauth/invalidate_token.json", "/oauth/invalidate_token"], async (context) => {
    const credentials = await verifyAccessToken(context);
    tokenCredentials.invalidate(credentials);
    return sendJson(context, JSON.stringify({ access_token: credentials.token }));
  });
}

async function readOAuthRequest(context: TwitterContext, scheme: "http" | "https"): Promise<OAuthRequest> {
  // Hono normalizes the URL, and the signature covers the path as sent.
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
  // node-twitter-api sends an empty one where the app sets none [P].
  if (text === undefined || text === "" || text === "write") return "write";
  if (text === "read") return "read";
  throw jsonError(400, 214, "Bad request.", "x_auth_access_type is not read or write");
}

/** X labels its form-encoded replies as HTML, so a client must ignore the label. */
function sendForm(context: TwitterContext, parameters: readonly Parameter[]): Response {
  return context.body(encodeForm(parameters), 200, { "content-type": "text/html; charset=utf-8" });
}

function sendJson(context: TwitterContext, body: string): Response {
  return context.body(body, 200, { "content-type": "application/json; charset=utf-8" });
}
