import { AuthCliError, toErrorReport } from "../../../errors.ts";
import type { LoadedLogin } from "../../../session/find-login.ts";
import { type CognitoIdentity, createCognitoIdentity } from "../../../aws/cognito-identity.ts";
import type { Send } from "../../../http.ts";
import { exchangeSigned } from "../../../server-clock.ts";
import type { LoginsMap } from "../../../aws/logins.ts";
import { processVerifyCredentialsResponse, verifyCredentialsRequest } from "../../../twitter/twitter.ts";
import { cognitoContext, twitterApiUrl } from "../../../deployment/service-addresses.ts";
import { findClientCredentials } from "../../../deployment/client-credentials.ts";
import type { Chain } from "../chain-context.ts";
import { Undecided } from "../undecided.ts";

/** Does Twitter still know the token? Not every X app may ask; Cognito asks in any case. */
export async function checkToken(
  { environment, resolved }: Chain,
  send: Send,
  { provider, token }: LoadedLogin,
): Promise<void> {
  if (token === undefined) {
    throw new Undecided("check-failed", {
      step: "twitter.token",
      message: `the login is by ${provider}, and Twitter does not know its token`,
      cause: "who issued the token is not asked; Cognito verifies it, in cognito.get-id",
    });
  }
  const clientCredentials = await findClientCredentials(environment, resolved.configuration);
  if (clientCredentials === undefined) {
    throw new Undecided("missing-configuration", {
      step: "twitter.token",
      message: "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
      cause: "without them Twitter cannot be asked; Cognito asks it all the same, in cognito.get-id",
      fix: "set them in the environment or in the project's .env file",
    });
  }
  const context = {
    apiUrl: await twitterApiUrl(resolved.configuration),
    clientCredentials,
    nowMs: environment.now(),
  };
  const reply = await exchangeSigned({ ...environment, send }, verifyCredentialsRequest(context, token));
  try {
    processVerifyCredentialsResponse(reply, context);
  } catch (error) {
    if (error instanceof AuthCliError && error.code === "access-tier") {
      throw new Undecided(error.code, toErrorReport(error));
    }
    throw error;
  }
}

/** Cognito, observed by one check. */
export async function cognitoOf({ environment, resolved }: Chain, send: Send): Promise<CognitoIdentity> {
  const context = await cognitoContext(environment, resolved.configuration, resolved.deployment);
  return createCognitoIdentity({ ...context, send });
}

/** A negative control: who sends no login must get no identity. */
export async function checkGuest(chain: Chain, send: Send): Promise<void> {
  const noLogins: LoginsMap = {};
  try {
    await (await cognitoOf(chain, send)).getId(chain.resolved.deployment.identityPoolId, noLogins);
  } catch (error) {
    if (error instanceof AuthCliError && error.code === "guest-refused") return;
    throw error;
  }
  throw new AuthCliError("check-failed", {
    step: "cognito.guest",
    message: "the identity pool gave an identity to a guest, who sent no login",
    cause:
      "the pool allows unauthenticated identities, which is what SST's Cognito construct does by default",
    fix: "set `identityPoolFederation: { cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } } }` and deploy",
  });
}
