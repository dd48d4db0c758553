import { findClientCredentials } from "../deployment/client-credentials.ts";
import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import { twitterApiUrl } from "../deployment/service-addresses.ts";
import type { Environment } from "../environment/environment.ts";
import { exchangeSigned } from "../server-clock.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";
import { processVerifyCredentialsResponse, verifyCredentialsRequest } from "../twitter/twitter-api.ts";

/**
 * Asks Twitter whether it knows an access token.
 * @returns false without the consumer key, which the question needs
 * @throws AuthCliError Twitter's refusal
 */
export async function verifyTwitterToken(
  environment: Pick<Environment, "send" | "serverClock" | "now" | "redactor" | "files">,
  { configuration }: Pick<ResolvedDeployment, "configuration">,
  token: TokenCredentials,
): Promise<boolean> {
  const clientCredentials = await findClientCredentials(environment, configuration);
  if (clientCredentials === undefined) return false;
  const context = {
    apiUrl: await twitterApiUrl(configuration),
    clientCredentials,
    nowMs: environment.now(),
  };
  const reply = await exchangeSigned(environment, {
    ...verifyCredentialsRequest(context, token),
    question: JSON.stringify([context.apiUrl, clientCredentials, token]),
  });
  processVerifyCredentialsResponse(reply, context);
  return true;
}
