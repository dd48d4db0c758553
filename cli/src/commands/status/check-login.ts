import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { type AuthCliError, type ErrorReport, toAuthCliError } from "../../errors.ts";
import type { Login } from "../../session/find-login.ts";
import { nameGivenLogin } from "../../session/given-login.ts";
import { renewIdentity } from "../../session/renew-identity.ts";
import { verifyTwitterToken } from "../../session/verify-token.ts";

/** What the services say about the login. */
export interface Check {
  /** `not asked` for another provider's token, and without the consumer key. */
  twitter: "accepted" | "refused" | "not asked";
  cognito: "accepted" | "refused";
  /** The refusals. */
  errors: ErrorReport[];
}

interface Checked {
  verdicts: Pick<Check, "twitter" | "cognito">;
  /** Cognito's first, since it explains Twitter's. */
  refusals: AuthCliError[];
}

/** Asks both services. Stores new AWS credentials. @throws AuthCliError `interrupted` */
export async function checkLogin(
  environment: Environment,
  resolved: ResolvedDeployment,
  login: Login,
): Promise<Checked> {
  const { token, given } = await login.load();
  const [cognito, twitter] = await environment.terminal.withSpinner(
    "asking Twitter and Cognito",
    Promise.all([
      ask(() => renewIdentity(environment, resolved, login)),
      ask(async () => token !== undefined && verifyTwitterToken(environment, resolved, token)),
    ]),
  );
  return {
    verdicts: {
      twitter: twitter.refusal ? "refused" : twitter.value === true ? "accepted" : "not asked",
      cognito: cognito.refusal ? "refused" : "accepted",
    },
    refusals: [cognito.refusal, twitter.refusal && nameGivenLogin(twitter.refusal, given)].filter(
      (refusal) => refusal !== undefined,
    ),
  };
}

async function ask<T>(work: () => Promise<T>): Promise<{ value?: T; refusal?: AuthCliError }> {
  try {
    return { value: await work() };
  } catch (thrown) {
    const error = toAuthCliError(thrown);
    if (error.code === "interrupted") throw error;
    return { refusal: error };
  }
}
