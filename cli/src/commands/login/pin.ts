import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import type { AuthorizedUser } from "../../twitter/twitter.ts";
import { exchangeVerifier, requestToken, showAuthorizePage, type TwitterApp } from "./three-legged.ts";

/** How often a PIN may be typed wrong on a terminal. */
const attempts = 3;

/** The user reads a PIN on Twitter's page, in a browser anywhere, and types it here. */
export async function logInWithPin(
  environment: Environment,
  twitter: TwitterApp,
  { browser }: { browser: boolean },
): Promise<AuthorizedUser> {
  const { terminal } = environment;
  const temporaryCredentials = await requestToken(environment, twitter, "oob");
  await showAuthorizePage(environment, twitter, temporaryCredentials, {
    // Nobody sees a browser that a pipe opens.
    open: browser && terminal.interactive,
    elsewhere: "in a browser, on any computer",
  });
  for (let attempt = 1; ; attempt += 1) {
    const verifier = await askForPin(environment);
    try {
      return await exchangeVerifier(environment, twitter, temporaryCredentials, verifier);
    } catch (error) {
      const wrongPin = error instanceof AuthCliError && error.code === "verifier-refused";
      if (!wrongPin || !terminal.interactive || attempt >= attempts) throw error;
      terminal.say("Twitter does not accept this PIN. It is the number that the page shows; try again.\n");
    }
  }
}

/** The PIN is a string: it may begin with zeros, and its length is Twitter's affair. */
async function askForPin({ terminal, redactor }: Environment): Promise<string> {
  for (;;) {
    const answer = await terminal.ask("PIN: ");
    const pin = answer?.replace(/[\s-]/g, "");
    if (pin === undefined) {
      throw new AuthCliError("login-cancelled", {
        step: "twitter.authorize",
        message: "no PIN was given",
        cause: "the input ended before a line with the PIN",
        fix: "run `auth-cli login` on a terminal, or pipe the PIN into it",
      });
    }
    if (pin !== "" && /^\w+$/.test(pin)) {
      redactor.add("PIN", pin);
      return pin;
    }
    if (!terminal.interactive) {
      throw new AuthCliError("verifier-refused", {
        step: "twitter.authorize",
        message: "the line that was read is not a PIN",
        cause: pin === "" ? "it is empty" : "a PIN is a number of about 7 digits",
        fix: "pipe the number that the page shows, on a line of its own",
      });
    }
    terminal.say(
      "The PIN is the number of about 7 digits that the page shows after you authorize the app.\n",
    );
  }
}
