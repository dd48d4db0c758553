import { createHash, timingSafeEqual } from "node:crypto";
import type { CallbackAnswer, Environment } from "../../environment/environment.ts";
import { AuthCliError, toAuthCliError } from "../../errors.ts";
import type { TemporaryCredentials } from "../../twitter/oauth1.ts";
import type { AuthorizedUser } from "../../twitter/twitter.ts";
import { callbackPage, contentSecurityPolicy } from "./callback-page.ts";
import { exchangeVerifier, requestToken, showAuthorizePage, type TwitterApp } from "./three-legged.ts";

export interface CallbackOptions {
  /** 0 picks a free one. */
  port: number;
  /** How long the user may take on Twitter's page. */
  timeoutMs: number;
  browser: boolean;
  /** What is logged in to, to be told on the page: the stage's name. */
  target: string | undefined;
}

type Outcome = { user: AuthorizedUser } | { error: AuthCliError };

/** Twitter sends the user's browser back to this computer, in place of the PIN (RFC 5849 2.2). */
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
      elsewhere: "in a browser of this computer",
    });
    environment.terminal.say(
      `Waiting for Twitter at ${server.url.href}; with the browser elsewhere, press Ctrl-C and leave out --callback.\n`,
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

/** X compares the port as well, so that its refusal is about this very address. */
async function requestTokenFor(
  environment: Environment,
  twitter: TwitterApp,
  callback: URL,
): Promise<TemporaryCredentials> {
  try {
    return await requestToken(environment, twitter, callback.href);
  } catch (error) {
    if (!(error instanceof AuthCliError) || error.code !== "callback-refused") throw error;
    throw new AuthCliError(error.code, {
      ...(error.step === undefined ? {} : { step: error.step }),
      message: error.message,
      ...(error.reason === undefined ? {} : { reason: error.reason }),
      cause:
        error.reason === "callback-missing"
          ? `the X app has no callback URL registered, and ${callback.href} was asked for`
          : `${callback.href} is not a callback URL of the X app; the port counts, too`,
      fix: `register ${callback.href} under “User authentication settings” of the X app, and run \`auth-cli login --callback ${callback.port}\`; or leave out --callback and type the PIN`,
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
  // Whoever lets this browser come here with a login of their own would log the user in as somebody else.
  if (!ours("oauth_token") || verifier === "") return stranger();
  try {
    return loggedIn(await authorize(verifier), target);
  } catch (error) {
    return failed(toAuthCliError(error));
  }
}

function loggedIn(user: AuthorizedUser, target: string | undefined): CallbackAnswer<Outcome> {
  const where = target === undefined ? "" : ` to ${target}`;
  const heading = `You are @${user.screenName}`;
  const text = `auth-cli goes on in the terminal and logs you in${where}.`;
  return page(200, callbackPage("good", heading, text, "You can close this window."), { user });
}

function cancelled(): CallbackAnswer<Outcome> {
  const error = new AuthCliError("login-cancelled", {
    step: "twitter.authorize",
    message: "the login was cancelled on Twitter's page",
    cause: "the app was denied access to the account",
    fix: "run `auth-cli login --callback` again and authorize the app",
  });
  const text = "auth-cli has no access to your account.";
  return page(200, callbackPage("bad", "Login cancelled", text, "You can close this window."), { error });
}

function failed(error: AuthCliError): CallbackAnswer<Outcome> {
  const text = "Twitter did not complete the login. auth-cli tells why in the terminal.";
  return page(502, callbackPage("bad", "That did not work", text, "You can close this window."), { error });
}

/** Not a redirect of this login: the wait goes on. */
function stranger(): CallbackAnswer<Outcome> {
  const text = "The page that sent you here belongs to another login, or to an earlier one.";
  const last = "Use the address that auth-cli has printed in the terminal; it still waits.";
  return page(400, callbackPage("bad", "This is not the login that auth-cli waits for", text, last));
}

function page(status: number, html: string, outcome?: Outcome): CallbackAnswer<Outcome> {
  return { status, html, contentSecurityPolicy, ...(outcome === undefined ? {} : { outcome }) };
}

/** In a time that tells nothing about where two texts differ; digests, since only equal lengths can be compared so. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** A page that is loaded again meanwhile gets the same answer: a verifier is good for one exchange. */
function once<T>(work: (argument: string) => Promise<T>): (argument: string) => Promise<T> {
  let result: Promise<T> | undefined;
  return (argument) => (result ??= work(argument));
}

function timedOut(callback: URL, timeoutMs: number): AuthCliError {
  return new AuthCliError("login-cancelled", {
    step: "twitter.authorize",
    message: `nobody came back from Twitter's page within ${timeoutMs / 1000} s`,
    cause: `the page was not answered, or its browser cannot reach ${callback.origin} of this computer`,
    fix: "run `auth-cli login --callback` again with a browser of this computer, or `auth-cli login` and type the PIN; --timeout <seconds> waits longer",
  });
}
