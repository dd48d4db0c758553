import { createHash, timingSafeEqual } from "node:crypto";
import type { CallbackAnswer, Environment } from "../../environment/environment.ts";
import { AuthCliError, toAuthCliError } from "../../errors.ts";
import type { TemporaryCredentials } from "../../twitter/oauth1.ts";
import type { AuthorizedUser } from "../../twitter/twitter-api.ts";
import { isLoopback } from "../../loopback.ts";
import { callbackPage, contentSecurityPolicy } from "./callback-page.ts";
import { exchangeVerifier, requestToken, showAuthorizePage, type TwitterApp } from "./three-legged.ts";

export interface CallbackOptions {
  /** 0 selects a free port. */
  port: number;
  /** How long to wait for the redirect. */
  timeoutMs: number;
  browser: boolean;
  /** The stage, shown on the page. */
  target: string | undefined;
}

type Outcome = { user: AuthorizedUser } | { error: AuthCliError };

/** Logs in without a PIN: Twitter redirects the browser to this computer (RFC 5849 2.2). */
export async function logInWithCallback(
  environment: Environment,
  twitter: TwitterApp,
  { port, timeoutMs, browser, target }: CallbackOptions,
): Promise<AuthorizedUser> {
  const server = await environment.startCallbackServer(port);
  try {
    const temporaryCredentials = await requestTokenFor(environment, twitter, server.url);
    await showAuthorizePage(environment, twitter, temporaryCredentials, {
      open: browser,
      elsewhere: "in a browser on this computer",
    });
    environment.terminal.say(
      `Waiting for Twitter at ${server.url.href}. If the browser is on another computer, press Ctrl-C and omit --callback.`,
    );
    const authorize = once((verifier) =>
      exchangeVerifier(environment, twitter, temporaryCredentials, verifier),
    );
    const outcome = await server.waitFor<Outcome>(
      (query) => answer(query, temporaryCredentials, authorize, target),
      timeoutMs,
    );
    if (outcome === undefined) throw timedOut(server.url, timeoutMs);
    if ("error" in outcome) throw outcome.error;
    return outcome.user;
  } finally {
    await server.close();
  }
}

/** X compares the port too, so the error names the exact callback URL. */
async function requestTokenFor(
  environment: Environment,
  twitter: TwitterApp,
  callback: URL,
): Promise<TemporaryCredentials> {
  try {
    return await requestToken(environment, twitter, callback.href);
  } catch (error) {
    if (!(error instanceof AuthCliError) || error.code !== "callback-refused") throw error;
    const locally = isLoopback(twitter.apiUrl.hostname)
      ? ` (local cloud: restart it with \`--twitter-callback ${callback.href}\`)`
      : "";
    throw new AuthCliError(error.code, {
      ...(error.step === undefined ? {} : { step: error.step }),
      message: error.message,
      ...(error.reason === undefined ? {} : { reason: error.reason }),
      cause:
        error.reason === "callback-missing"
          ? `the X app has no callback URL; this login needs ${callback.href}`
          : `${callback.href} is not a callback URL of the X app; the port must match too`,
      fix: `register ${callback.href} under “User authentication settings” of the X app${locally} and run \`auth-cli login --callback ${callback.port}\`, or omit --callback and type the PIN`,
    });
  }
}

async function answer(
  query: URLSearchParams,
  temporaryCredentials: TemporaryCredentials,
  authorize: (verifier: string) => Promise<AuthorizedUser>,
  target: string | undefined,
): Promise<CallbackAnswer<Outcome>> {
  const ours = (name: string): boolean => isSame(query.get(name) ?? "", temporaryCredentials.token);
  if (ours("denied")) return cancelled();
  const verifier = query.get("oauth_verifier") ?? "";
  // A page could redirect this browser here with its own login, to log the user in as another user.
  if (!ours("oauth_token") || verifier === "") return unrelated();
  try {
    return loggedIn(await authorize(verifier), target);
  } catch (error) {
    return failed(toAuthCliError(error));
  }
}

function loggedIn(user: AuthorizedUser, target: string | undefined): CallbackAnswer<Outcome> {
  const where = target === undefined ? "" : ` to ${target}`;
  const heading = `Signed in as @${user.screenName}`;
  const text = `auth-cli continues in the terminal and logs you in${where}.`;
  return page(200, callbackPage("good", heading, text, "You can close this window."), { user });
}

function cancelled(): CallbackAnswer<Outcome> {
  const error = new AuthCliError("login-cancelled", {
    step: "twitter.authorize",
    message: "login cancelled on Twitter's page",
    cause: "the user denied the app access to the account",
    fix: "run `auth-cli login --callback` again and authorize the app",
  });
  const text = "auth-cli has no access to your account.";
  return page(200, callbackPage("bad", "Login cancelled", text, "You can close this window."), { error });
}

function failed(error: AuthCliError): CallbackAnswer<Outcome> {
  const text = "Twitter did not complete the login. The terminal shows the reason.";
  return page(502, callbackPage("bad", "Login failed", text, "You can close this window."), { error });
}

/** The redirect belongs to another login, so auth-cli keeps waiting. */
function unrelated(): CallbackAnswer<Outcome> {
  const text = "The page that sent you here belongs to another login or an earlier one.";
  const last = "Open the URL that auth-cli printed in the terminal. It is still waiting.";
  return page(400, callbackPage("bad", "This is another login", text, last));
}

function page(status: number, html: string, outcome?: Outcome): CallbackAnswer<Outcome> {
  return { status, html, contentSecurityPolicy, ...(outcome === undefined ? {} : { outcome }) };
}

/** Compares in constant time. Digests, because `timingSafeEqual` needs equal lengths. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** Gives a reloaded page the same answer: a verifier works only once. */
function once<T>(work: (argument: string) => Promise<T>): (argument: string) => Promise<T> {
  let result: Promise<T> | undefined;
  return (argument) => (result ??= work(argument));
}

function timedOut(callback: URL, timeoutMs: number): AuthCliError {
  return new AuthCliError("login-cancelled", {
    step: "twitter.authorize",
    message: `no redirect from Twitter within ${timeoutMs / 1000} s`,
    cause: `the page was not completed, or its browser cannot reach ${callback.origin} on this computer`,
    fix: "run `auth-cli login --callback` again with a browser on this computer, or run `auth-cli login` and type the PIN; to wait longer, add --timeout <seconds>",
  });
}
