import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { isLoopback } from "../../loopback.ts";
import type { AuthorizedUser } from "../../twitter/twitter-api.ts";
import { exchangeVerifier, requestToken, showAuthorizePage, type TwitterApp } from "./three-legged.ts";

/** Attempts to type the PIN on a terminal. */
const attempts = 3;

/** Logs in with the PIN that Twitter's page shows, in a browser on any computer. The local cloud's page needs this one. */
export async function logInWithPin(
  environment: Environment,
  twitter: TwitterApp,
  { browser }: { browser: boolean },
): Promise<AuthorizedUser> {
  const { terminal } = environment;
  const temporaryCredentials = await requestToken(environment, twitter, "oob");
  await showAuthorizePage(environment, twitter, temporaryCredentials, {
    // A script that pipes the PIN needs no browser.
    open: browser && terminal.interactive,
    elsewhere: isLoopback(twitter.apiUrl.hostname)
      ? "in a browser on this computer"
      : "in a browser, on any computer",
  });
  for (let attempt = 1; ; attempt += 1) {
    const verifier = await askForPin(environment);
    try {
      return await exchangeVerifier(environment, twitter, temporaryCredentials, verifier);
    } catch (error) {
      const wrongPin = error instanceof AuthCliError && error.code === "verifier-refused";
      if (!wrongPin || !terminal.interactive || attempt >= attempts) throw error;
      terminal.say("Twitter rejected this PIN. Type the number that the page shows.");
    }
  }
}

/** The PIN is a string: it may start with zeros, and Twitter does not document its length. */
async function askForPin({ terminal, redactor }: Environment): Promise<string> {
  for (;;) {
    const answer = await terminal.ask("PIN: ");
    const pin = answer?.replace(/[\s-]/g, "");
    if (pin === undefined) {
      throw new AuthCliError("login-cancelled", {
        step: "twitter.authorize",
        message: "no PIN given",
        cause: "the input ended before the PIN",
        fix: "run `auth-cli login` in a terminal, or pipe the PIN to it",
      });
    }
    if (pin !== "" && /^\w+$/.test(pin)) {
      redactor.add("PIN", pin);
      return pin;
    }
    if (!terminal.interactive) {
      throw new AuthCliError("verifier-refused", {
        step: "twitter.authorize",
        message: "the input is not a PIN",
        cause: pin === "" ? "it is empty" : "a PIN is a number of about 7 digits",
        fix: "pipe only the number that the page shows, on one line",
      });
    }
    terminal.say("The PIN is the number of about 7 digits that the page shows after you authorize the app.");
  }
}
