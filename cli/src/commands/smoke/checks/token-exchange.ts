import { type CognitoIdentity, createCognitoIdentity } from "../../../aws/cognito-identity.ts";
import type { AwsCredentials } from "../../../aws/sigv4.ts";
import { cognitoContext } from "../../../deployment/service-addresses.ts";
import type { AuthCliError } from "../../../errors.ts";
import type { Send } from "../../../http.ts";
import { explainCognitoRefusal } from "../../../diagnosis/cognito-refusal.ts";
import type { LoadedLogin } from "../../../session/find-login.ts";
import { nameGivenLogin } from "../../../session/given-login.ts";
import { registerCredentials } from "../../../session/register-secrets.ts";
import type { Chain } from "../check-runner.ts";
import type { CheckName } from "../report.ts";

/** What Cognito issued for the token. */
export interface Exchanged {
  identityId?: string;
  credentials?: AwsCredentials;
  /** The check to blame when credentials are missing. */
  missing: CheckName;
}

/**
 * `cognito.get-id` and `cognito.get-credentials`: Cognito exchanges the token for an identity and its credentials.
 * @param login loads the login; shared by all checks of the stage
 */
export async function exchangeToken(chain: Chain, login: () => Promise<LoadedLogin>): Promise<Exchanged> {
  const { checks, resolved, environment } = chain;
  const known = (): Promise<LoadedLogin | undefined> => login().catch(() => undefined);
  const explain = async (failure: AuthCliError): Promise<AuthCliError> => {
    const found = await known();
    return found === undefined
      ? failure
      : nameGivenLogin(
          await explainCognitoRefusal({ environment, resolved, token: found.token }, failure),
          found.given,
        );
  };
  // A missing login is one failure: that of twitter.token, if it runs.
  if (checks.isSelected("twitter.token") && (await known()) === undefined) {
    for (const name of ["cognito.get-id", "cognito.get-credentials"] as const)
      checks.skipFor(name, "twitter.token");
    return { missing: "twitter.token" };
  }
  const { value: identityId } = await checks.run(
    "cognito.get-id",
    async (send) =>
      (await observedCognito(chain, send)).getId(resolved.deployment.identityPoolId, (await login()).logins),
    { explain },
  );
  if (identityId === undefined) {
    checks.skipFor("cognito.get-credentials", "cognito.get-id");
    return { missing: "cognito.get-id" };
  }
  const { value: credentials } = await checks.run(
    "cognito.get-credentials",
    async (send) =>
      (await observedCognito(chain, send)).getCredentialsForIdentity(identityId, (await login()).logins),
    { explain },
  );
  if (credentials === undefined) return { identityId, missing: "cognito.get-credentials" };
  registerCredentials(environment, credentials);
  return { identityId, credentials, missing: "cognito.get-credentials" };
}

/** Cognito, called through the `send` of one check. */
export async function observedCognito(
  { environment, resolved }: Chain,
  send: Send,
): Promise<CognitoIdentity> {
  const context = await cognitoContext(environment, resolved.configuration, resolved.deployment);
  return createCognitoIdentity({ ...context, send });
}
