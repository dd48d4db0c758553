import { randomBytes } from "node:crypto";
import { AuthCliError } from "../errors.ts";
import { excerpt, type Reply, replyObject, replyText, type Signed } from "../http.ts";
import type { TimedRequest } from "../server-clock.ts";
import {
  type ClientCredentials,
  type OAuth1Request,
  signOAuth1,
  type TemporaryCredentials,
  type TokenCredentials,
} from "./oauth1.ts";
import { isRefusedForTime, twitterError } from "./twitter-errors.ts";

/** The input of every signed request. */
export interface TwitterContext {
  /** `https://api.x.com`. Its host is part of the signature base string. */
  apiUrl: URL;
  clientCredentials: ClientCredentials;
  /** By this computer's clock, in milliseconds since the epoch. Compared with the `Date` header of a refusal. */
  nowMs: number;
}

/** The logged-in user. */
export interface TwitterUser {
  userId: string;
  screenName: string;
}

/** The logged-in user and the token credentials that prove the login. */
export interface AuthorizedUser extends TwitterUser {
  tokenCredentials: TokenCredentials;
}

/**
 * POST /oauth/request_token (RFC 5849 2.1).
 * @param callback `oob` for the PIN, or a URL that is registered with the X app
 * @see https://docs.x.com/fundamentals/authentication/api-reference
 */
export function requestTokenRequest(context: TwitterContext, callback: string): TimedRequest {
  return signedRequest("twitter.request_token", "POST", "/oauth/request_token", context, {
    protocolParameters: { oauth_callback: callback },
  });
}

/** `oauth_token=…&oauth_token_secret=…&oauth_callback_confirmed=true` */
export function processRequestTokenResponse(reply: Reply, context: TwitterContext): TemporaryCredentials {
  const form = acceptForm(reply, context);
  const credentials = {
    token: field(reply, form, "oauth_token"),
    secret: field(reply, form, "oauth_token_secret"),
  };
  const confirmed = field(reply, form, "oauth_callback_confirmed");
  if (confirmed !== "true") {
    throw new AuthCliError("unexpected-reply", {
      step: reply.step,
      message: `Twitter did not confirm the callback: oauth_callback_confirmed=${excerpt(confirmed)}`,
      cause:
        "RFC 5849 2.1 requires oauth_callback_confirmed=true; OAuth 1.0 without it allows session fixation",
    });
  }
  return credentials;
}

/** The page where the user approves the login (RFC 5849 2.2). `oauth_token` is its only parameter. */
export function authorizeUrl(apiUrl: URL, temporaryCredentials: TemporaryCredentials): URL {
  const url = endpoint(apiUrl, "/oauth/authorize");
  url.searchParams.set("oauth_token", temporaryCredentials.token);
  return url;
}

/** POST /oauth/access_token (RFC 5849 2.3): exchanges the PIN for token credentials. */
export function accessTokenRequest(
  context: TwitterContext,
  temporaryCredentials: TemporaryCredentials,
  verifier: string,
): TimedRequest {
  return signedRequest("twitter.access_token", "POST", "/oauth/access_token", context, {
    tokenCredentials: temporaryCredentials,
    protocolParameters: { oauth_verifier: verifier },
  });
}

/** `oauth_token=…&oauth_token_secret=…&user_id=…&screen_name=…` */
export function processAccessTokenResponse(reply: Reply, context: TwitterContext): AuthorizedUser {
  const form = acceptForm(reply, context);
  return {
    tokenCredentials: {
      token: field(reply, form, "oauth_token"),
      secret: field(reply, form, "oauth_token_secret"),
    },
    userId: field(reply, form, "user_id"),
    screenName: field(reply, form, "screen_name"),
  };
}

/** GET /1.1/account/verify_credentials.json: the user of a token. Twitter refuses it on low access tiers. */
export function verifyCredentialsRequest(
  context: TwitterContext,
  tokenCredentials: TokenCredentials,
): TimedRequest {
  return signedRequest("twitter.token", "GET", "/1.1/account/verify_credentials.json", context, {
    tokenCredentials,
  });
}

/** `{"id_str": "…", "screen_name": "…"}` */
export function processVerifyCredentialsResponse(reply: Reply, context: TwitterContext): TwitterUser {
  if (reply.status !== 200) throw twitterError(reply, context);
  const user = requireObject(reply);
  const userId = user["id_str"];
  const screenName = user["screen_name"];
  if (typeof userId !== "string" || typeof screenName !== "string") {
    throw unexpected(reply, "a user with id_str and screen_name");
  }
  return { userId, screenName };
}

/** POST /1.1/oauth/invalidate_token.json: revokes the token. */
export function invalidateTokenRequest(
  context: TwitterContext,
  tokenCredentials: TokenCredentials,
): TimedRequest {
  return signedRequest("twitter.invalidate_token", "POST", "/1.1/oauth/invalidate_token.json", context, {
    tokenCredentials,
  });
}

/** `{"access_token": "…"}` */
export function processInvalidateTokenResponse(reply: Reply, context: TwitterContext): void {
  if (reply.status !== 200) throw twitterError(reply, context);
  if (typeof requireObject(reply)["access_token"] !== "string") throw unexpected(reply, "an access_token");
}

function signedRequest(
  step: string,
  method: "GET" | "POST",
  path: string,
  context: TwitterContext,
  request: Pick<OAuth1Request, "protocolParameters"> & {
    tokenCredentials?: TokenCredentials | TemporaryCredentials;
  },
): TimedRequest {
  const url = endpoint(context.apiUrl, path);
  const { tokenCredentials, ...parameters } = request;
  const signAt = (nowMs: number): Signed => {
    const { authorization, signatureBaseString } = signOAuth1(
      { method, url, ...parameters },
      {
        clientCredentials: context.clientCredentials,
        ...(tokenCredentials === undefined ? {} : { tokenCredentials }),
        nonce: randomBytes(16).toString("hex"),
        timestamp: Math.floor(nowMs / 1000),
        version: "1.0",
      },
    );
    return {
      headers: [authorization, ["Accept", "*/*"]],
      intermediates: [["signature base string", signatureBaseString]],
    };
  };
  return { step, method, url, signAt, isRefusedForTime, toleratedSeconds: 0 };
}

function endpoint(apiUrl: URL, path: string): URL {
  // Keeps the path of the base URL, which may be a gateway.
  return new URL(apiUrl.pathname.replace(/\/+$/, "") + path, apiUrl);
}

/** Ignores the content type, because Twitter's are unreliable. */
function acceptForm(reply: Reply, context: TwitterContext): URLSearchParams {
  if (reply.status !== 200) throw twitterError(reply, context);
  return new URLSearchParams(replyText(reply).trim());
}

function field(reply: Reply, form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === "") throw unexpected(reply, `a form with ${name}`);
  return value;
}

function requireObject(reply: Reply): Record<string, unknown> {
  const object = replyObject(reply);
  if (object === undefined) throw unexpected(reply, "a JSON object");
  return object;
}

function unexpected(reply: Reply, wanted: string): AuthCliError {
  return new AuthCliError("unexpected-reply", {
    step: reply.step,
    message: `the reply (HTTP ${reply.status}) is not ${wanted}`,
    cause: `a server other than Twitter may answer at this address; it sent ${formNames(reply)}`,
    fix: "check TWITTER_API_URL and any proxy",
  });
}

/** Field names only, because the values of a form are secrets. Other text is shown as an excerpt. */
function formNames(reply: Reply): string {
  const text = replyText(reply);
  if (!/^[\w.-]+=/.test(text)) return excerpt(text);
  return `a form with the fields ${[...new URLSearchParams(text).keys()].join(", ")}`;
}
