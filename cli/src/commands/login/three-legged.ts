import type { Environment } from "../../environment/environment.ts";
import { registerToken } from "../../session/register-secrets.ts";
import { exchangeSigned } from "../../server-clock.ts";
import type { TemporaryCredentials } from "../../twitter/oauth1.ts";
import {
  accessTokenRequest,
  type AuthorizedUser,
  authorizeUrl,
  processAccessTokenResponse,
  processRequestTokenResponse,
  requestTokenRequest,
  type TwitterContext,
} from "../../twitter/twitter.ts";

/** The X app that asks, and where Twitter is. The clock is read anew for each request. */
export type TwitterApp = Omit<TwitterContext, "nowMs">;

/** The first leg. @param callback `oob` for the PIN, or where the browser is sent back to */
export async function requestToken(
  environment: Environment,
  twitter: TwitterApp,
  callback: string,
): Promise<TemporaryCredentials> {
  const context = { ...twitter, nowMs: environment.now() };
  const temporaryCredentials = processRequestTokenResponse(
    await environment.terminal.withSpinner(
      "asking Twitter",
      exchangeSigned(environment, requestTokenRequest(context, callback)),
    ),
    context,
  );
  environment.redactor.add("request token secret", temporaryCredentials.secret);
  return temporaryCredentials;
}

/**
 * The second leg begins: the page's address stands on a line of its own, and opens in the user's browser where there is
 * one.
 * @param elsewhere what to know about a browser on another computer
 */
export async function showAuthorizePage(
  environment: Environment,
  twitter: TwitterApp,
  temporaryCredentials: TemporaryCredentials,
  { open, elsewhere }: { open: boolean; elsewhere: string },
): Promise<void> {
  const url = authorizeUrl(twitter.apiUrl, temporaryCredentials);
  const outcome = open ? await environment.openBrowser(url) : undefined;
  const reason = outcome?.opened === false ? ` (no browser opens here: ${outcome.reason})` : "";
  environment.terminal.say(
    outcome?.opened
      ? `Your browser opens this page; authorize the app there:\n${url.href}\n`
      : `Open this page ${elsewhere}, and authorize the app${reason}:\n${url.href}\n`,
  );
}

/** The third leg: the PIN, or the callback's verifier, against the token credentials. */
export async function exchangeVerifier(
  environment: Environment,
  twitter: TwitterApp,
  temporaryCredentials: TemporaryCredentials,
  verifier: string,
): Promise<AuthorizedUser> {
  const context = { ...twitter, nowMs: environment.now() };
  const user = processAccessTokenResponse(
    await environment.terminal.withSpinner(
      "asking Twitter",
      exchangeSigned(environment, accessTokenRequest(context, temporaryCredentials, verifier)),
    ),
    context,
  );
  registerToken(environment, user.tokenCredentials);
  return user;
}
