import type { Configuration } from "../../deployment/configuration.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { type LoginText, tokenFromConfiguration } from "../../session/given-token.ts";
import { registerToken } from "../../session/register-secrets.ts";
import { exchangeSigned } from "../../server-clock.ts";
import type { ClientCredentials, TokenCredentials } from "../../twitter/oauth1.ts";
import {
  processVerifyCredentialsResponse,
  type TwitterUser,
  verifyCredentialsRequest,
} from "../../twitter/twitter.ts";
import { findClientCredentials } from "../../deployment/client-credentials.ts";
import { twitterApiUrl } from "../../deployment/service-addresses.ts";
import { type TwitterLogin, userIdOf } from "./twitter-login.ts";

/**
 * An access token that the user has already: from `TWITTER_ACCESS_TOKEN` and `TWITTER_ACCESS_TOKEN_SECRET`, else from
 * standard input, else asked for.
 * @param knownName the screen name that an earlier login stored for a user id
 * @param read with `--login api.twitter.com=…`, what was found there
 */
export async function logInWithToken(
  environment: Environment,
  configuration: Configuration,
  knownName: (userId: string) => string | undefined,
  consumerKey: string | undefined,
  read?: () => Promise<LoginText>,
): Promise<TwitterLogin> {
  // All that can be wrong here is said before a secret is asked for.
  const clientCredentials = await findClientCredentials(environment, configuration, consumerKey);
  const given = read === undefined ? await tokenFromConfiguration(environment, configuration) : undefined;
  if (given !== undefined) environment.terminal.say(`Access token from ${given.source}\n`);
  const tokenCredentials =
    given?.tokenCredentials ??
    (read === undefined ? await readToken(environment) : parseToken((await read()).text));
  registerToken(environment, tokenCredentials);
  const user = identify(environment, configuration, tokenCredentials, clientCredentials, knownName);
  // Looked at only after Cognito's answer, which may be later.
  user.catch(() => {});
  return { tokenCredentials, user };
}

async function readToken(environment: Environment): Promise<TokenCredentials> {
  const { terminal } = environment;
  if (!terminal.interactive) return parseToken(Buffer.from(await terminal.readAll()).toString("utf8"));
  const token = await terminal.ask("Access token: ");
  const secret =
    token === undefined ? undefined : await terminal.askSecret("Access token secret (not shown): ");
  return parseToken(`${token ?? ""}\n${secret ?? ""}\n`);
}

/** Two lines, or `token;secret` as Cognito's logins map has it. What was read is never shown: it may be a secret. */
function parseToken(text: string): TokenCredentials {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const parts = lines.length === 1 ? (lines[0] ?? "").split(";").map((part) => part.trim()) : lines;
  const [token = "", secret = "", ...more] = parts;
  if (more.length === 0 && isTokenText(token) && isTokenText(secret)) return { token, secret };
  const fix =
    "pipe the access token and its secret as two lines, or as token;secret; or set TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET";
  if (lines.length === 0) {
    throw new AuthCliError("login-cancelled", {
      step: "twitter.token",
      message: "no access token was given",
      cause: "the input ended before one",
      fix,
    });
  }
  const [, before = "", after = ""] = /^([^:;\s]+):([^:;\s]+)$/.exec(lines[0] ?? "") ?? [];
  if (lines.length === 1 && isTokenText(before) && isTokenText(after)) {
    throw new AuthCliError("invalid-usage", {
      step: "twitter.token",
      message: "there is a colon between the access token and its secret",
      cause: "the guide's text has a colon there by mistake; Cognito wants a semicolon",
      fix: "write token;secret, or two lines",
    });
  }
  throw new AuthCliError("invalid-usage", {
    step: "twitter.token",
    message: "what was read is not an access token and its secret",
    cause: whatIsWrong(lines.length, parts),
    fix,
  });
}

function whatIsWrong(lineCount: number, parts: readonly string[]): string {
  if (parts.length === 1) return "there is one word where two are expected";
  if (parts.length > 2)
    return lineCount > 1
      ? `there are ${lineCount} lines`
      : `there are ${parts.length} parts between semicolons`;
  if (parts.includes("")) return "one of the two is empty";
  return "it holds characters that no token has: X's are letters, digits, dashes and underscores";
}

/** Wider than what X makes, but without what separates: quotes and `NAME=` are slips of copying. */
function isTokenText(text: string): boolean {
  return /^[\w.~+/-]+$/.test(text);
}

/** Twitter is asked where the X app is known and may ask; the token's own user id will do otherwise. */
async function identify(
  environment: Environment,
  configuration: Configuration,
  tokenCredentials: TokenCredentials,
  clientCredentials: ClientCredentials | undefined,
  knownName: (userId: string) => string | undefined,
): Promise<TwitterUser> {
  const userId = userIdOf(tokenCredentials);
  const unasked = userId === undefined ? undefined : { userId, screenName: knownName(userId) ?? userId };
  if (clientCredentials === undefined) {
    if (unasked !== undefined) return unasked;
    throw new AuthCliError("missing-configuration", {
      step: "twitter.token",
      message: "the access token does not say whose it is",
      cause: "X's access tokens begin with the user id and a dash; for this one Twitter has to be asked",
      fix: "check the token; if it is right, set TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET too",
    });
  }
  const apiUrl = await twitterApiUrl(configuration);
  const context = { apiUrl, clientCredentials, nowMs: environment.now() };
  const reply = await exchangeSigned(environment, verifyCredentialsRequest(context, tokenCredentials));
  try {
    return processVerifyCredentialsResponse(reply, context);
  } catch (error) {
    // Low access tiers do not include this question; that says nothing about the token, which Cognito checks anyway.
    if (reply.status === 403 && unasked !== undefined) return unasked;
    throw error;
  }
}
