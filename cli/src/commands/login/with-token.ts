import type { Configuration } from "../../deployment/configuration.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import type { LoginText } from "../../session/given-token.ts";
import { tokenFromConfiguration } from "../../session/given-twitter-token.ts";
import { registerToken } from "../../session/register-secrets.ts";
import { exchangeSigned } from "../../server-clock.ts";
import { judgeAccessToken } from "../../twitter/access-token-shape.ts";
import type { ClientCredentials, TokenCredentials } from "../../twitter/oauth1.ts";
import {
  processVerifyCredentialsResponse,
  type TwitterUser,
  verifyCredentialsRequest,
} from "../../twitter/twitter-api.ts";
import { findClientCredentials } from "../../deployment/client-credentials.ts";
import { twitterApiUrl } from "../../deployment/service-addresses.ts";
import { type TwitterLogin, userIdOf } from "./twitter-login.ts";

/**
 * Logs in with an existing access token, from `TWITTER_ACCESS_TOKEN` and `TWITTER_ACCESS_TOKEN_SECRET`, standard input or
 * a prompt.
 * @param knownName returns the screen name that an earlier login stored for a user id
 * @param read reads the token from the place in `--login api.twitter.com=…`
 */
export async function logInWithToken(
  environment: Environment,
  configuration: Configuration,
  knownName: (userId: string) => string | undefined,
  consumerKey: string | undefined,
  read?: () => Promise<LoginText>,
): Promise<TwitterLogin> {
  // A configuration error must show before the prompt for the secret.
  const clientCredentials = await findClientCredentials(environment, configuration, consumerKey);
  const given = read === undefined ? await tokenFromConfiguration(environment, configuration) : undefined;
  if (given !== undefined) environment.terminal.say(`Access token from ${given.source}`);
  const tokenCredentials =
    given?.tokenCredentials ??
    (read === undefined
      ? await readToken(environment, clientCredentials)
      : parseToken((await read()).text, clientCredentials));
  registerToken(environment, tokenCredentials);
  const user = identify(environment, configuration, tokenCredentials, clientCredentials, knownName);
  // The caller awaits it later.
  user.catch(() => {});
  return { tokenCredentials, user };
}

async function readToken(
  environment: Environment,
  app: ClientCredentials | undefined,
): Promise<TokenCredentials> {
  const { terminal } = environment;
  if (!terminal.interactive) return parseToken(Buffer.from(await terminal.readAll()).toString("utf8"), app);
  const token = await terminal.ask("Access token: ");
  const secret =
    token === undefined ? undefined : await terminal.askSecret("Access token secret (not shown): ");
  return parseToken(`${token ?? ""}\n${secret ?? ""}\n`, app);
}

/** Parses two lines, or `token;secret` as in Cognito's logins map. Errors never show the text: it may be a secret. */
function parseToken(text: string, app: ClientCredentials | undefined): TokenCredentials {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const parts = lines.length === 1 ? (lines[0] ?? "").split(";").map((part) => part.trim()) : lines;
  const [token = "", secret = "", ...more] = parts;
  const isPair = parts.length === 2 && token !== "" && secret !== "";
  const problem = isPair ? judgeAccessToken({ token, secret }, app?.key) : undefined;
  const isMalformed = problem?.status === "fault";
  if (more.length === 0 && !isMalformed && isTokenText(token) && isTokenText(secret))
    return { token, secret };
  const fix =
    "pipe the access token and its secret as two lines, or as token;secret; or set TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET";
  if (lines.length === 0) {
    throw new AuthCliError("login-cancelled", {
      step: "twitter.token",
      message: "no access token given",
      cause: "the input is empty",
      fix,
    });
  }
  const [, before = "", after = ""] = /^([^:;\s]+):([^:;\s]+)$/.exec(lines[0] ?? "") ?? [];
  if (lines.length === 1 && isTokenText(before) && isTokenText(after)) {
    throw new AuthCliError("invalid-usage", {
      step: "twitter.token",
      message: "the access token and its secret are separated by a colon",
      cause: "the guide shows a colon by mistake; Cognito requires a semicolon",
      fix: "write token;secret, or use two lines",
    });
  }
  throw new AuthCliError("invalid-usage", {
    step: "twitter.token",
    message: "the input is not an access token and its secret",
    cause: isMalformed ? problem.message : findFault(lines.length, parts),
    fix: isMalformed ? problem.fix : fix,
  });
}

function findFault(lineCount: number, parts: readonly string[]): string {
  if (parts.length === 1) return "it has one part instead of two";
  if (parts.length > 2)
    return lineCount > 1
      ? `it has ${lineCount} lines instead of two`
      : `it has ${parts.length} parts instead of two`;
  if (parts.includes("")) return "the token or the secret is empty";
  return "it contains invalid characters; a token consists of letters, digits, dashes and underscores";
}

/** Accepts more than X creates, but no separators, quotes or `NAME=` from a copying mistake. */
function isTokenText(text: string): boolean {
  return /^[\w.~+/-]+$/.test(text);
}

/** Asks Twitter for the user if there is a consumer key. Otherwise takes the user id from the token. */
async function identify(
  environment: Environment,
  configuration: Configuration,
  tokenCredentials: TokenCredentials,
  clientCredentials: ClientCredentials | undefined,
  knownName: (userId: string) => string | undefined,
): Promise<TwitterUser> {
  const userId = userIdOf(tokenCredentials);
  const fallback = userId === undefined ? undefined : { userId, screenName: knownName(userId) ?? userId };
  if (clientCredentials === undefined) {
    if (fallback !== undefined) return fallback;
    throw new AuthCliError("missing-configuration", {
      step: "twitter.token",
      message: "the access token contains no user id",
      cause: "an X access token starts with the user id and a dash; without it, auth-cli must ask Twitter",
      fix: "check the token; if it is correct, set TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET too",
    });
  }
  const apiUrl = await twitterApiUrl(configuration);
  const context = { apiUrl, clientCredentials, nowMs: environment.now() };
  const reply = await exchangeSigned(environment, verifyCredentialsRequest(context, tokenCredentials));
  try {
    return processVerifyCredentialsResponse(reply, context);
  } catch (error) {
    // Low access tiers do not include this request. Cognito checks the token anyway.
    if (reply.status === 403 && fallback !== undefined) return fallback;
    throw error;
  }
}
