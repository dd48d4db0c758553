import { AuthCliError, type ErrorCode, toErrorReport } from "../../../errors.ts";
import type { LoadedLogin } from "../../../session/find-login.ts";
import { nameGivenLogin } from "../../../session/given-login.ts";
import { verifyTwitterToken } from "../../../session/verify-token.ts";
import type { Send } from "../../../http.ts";
import { Undecided } from "../check-errors.ts";
import type { Chain } from "../check-runner.ts";

/** Twitter refused to judge the token. Cognito asks in any case. */
const undecided: readonly string[] = ["access-tier", "credits-depleted"] satisfies ErrorCode[];

/** `twitter.token`: Twitter knows the access token. */
export async function checkTwitterToken(
  { environment, resolved }: Chain,
  send: Send,
  { provider, token, given }: LoadedLogin,
): Promise<void> {
  if (token === undefined) {
    throw new Undecided("check-failed", {
      step: "twitter.token",
      message: `the login is from ${provider}, so Twitter does not know its token`,
      cause: "Cognito verifies this token in cognito.get-id",
    });
  }
  try {
    if (await verifyTwitterToken({ ...environment, send }, resolved, token)) return;
  } catch (error) {
    if (error instanceof AuthCliError && undecided.includes(error.code)) {
      throw new Undecided(error.code, toErrorReport(error));
    }
    throw error instanceof AuthCliError ? nameGivenLogin(error, given) : error;
  }
  throw new Undecided("missing-configuration", {
    step: "twitter.token",
    message: "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
    cause: "auth-cli cannot ask Twitter without them; Cognito still asks Twitter in cognito.get-id",
    fix: "set them in the environment or in the project's .env file",
  });
}
