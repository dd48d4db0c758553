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
} from "../../twitter/twitter-api.ts";

/** The X app and the address of Twitter, without the time, which each request takes from the clock. */
export type TwitterApp = Omit<TwitterContext, "nowMs">;

/** The first leg (RFC 5849 2.1). @param callback `oob` for the PIN, or the URL to redirect the browser to */
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
 * The second leg (RFC 5849 2.2): prints the URL of the authorize page alone on a line, and opens it in a browser.
 * @param elsewhere where to open the page if no browser opens: `in a browser, on any computer`
 */
export async function showAuthorizePage(
  environment: Environment,
  twitter: TwitterApp,
  temporaryCredentials: TemporaryCredentials,
  { open, elsewhere }: { open: boolean; elsewhere: string },
): Promise<void> {
  const url = authorizeUrl(twitter.apiUrl, temporaryCredentials);
  const outcome = open ? await environment.openBrowser(url) : undefined;
  const reason = outcome?.opened === false ? ` (cannot open a browser: ${outcome.reason})` : "";
  environment.terminal.say([
    outcome?.opened
      ? "Opening this page in your browser. Authorize the app there:"
      : `Open this page ${elsewhere}, and authorize the app${reason}:`,
    url.href,
  ]);
}

/** The third leg (RFC 5849 2.3): exchanges the PIN, or the verifier of the callback, for the token credentials. */
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
