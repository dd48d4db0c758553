import type { Configuration } from "./configuration.ts";
import type { Deployment } from "./resolve-deployment.ts";
import { awsEndpoint, parseServiceUrl } from "./service-addresses.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { CognitoContext } from "../aws/cognito-identity.ts";
import type { ClientCredentials } from "../twitter/oauth1.ts";

/** Where Twitter is: `TWITTER_API_URL`, else the address of X's current documentation. */
export async function twitterApiUrl(configuration: Configuration): Promise<URL> {
  const setting = await configuration.find("TWITTER_API_URL");
  return setting === undefined
    ? new URL("https://api.x.com")
    : parseServiceUrl(setting.value, setting.source);
}

export async function cognitoContext(
  environment: Pick<Environment, "send">,
  configuration: Configuration,
  deployment: Deployment,
): Promise<CognitoContext> {
  const endpoint = await awsEndpoint(configuration, "AWS_ENDPOINT_URL_COGNITO_IDENTITY");
  return {
    region: deployment.region,
    endpoint: endpoint?.href,
    send: environment.send,
  };
}

/** Where STS is, when it is not where AWS has it. */
export async function stsEndpoint(configuration: Configuration): Promise<URL | undefined> {
  return awsEndpoint(configuration, "AWS_ENDPOINT_URL_STS");
}

/** @throws AuthCliError `missing-configuration` */
export async function requireClientCredentials(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
  consumerKey?: string,
): Promise<ClientCredentials> {
  const found = await findClientCredentials(environment, configuration, consumerKey);
  if (found !== undefined) return found;
  throw new AuthCliError("missing-configuration", {
    message: "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
    cause: "Twitter wants to know which X app asks",
    fix: "set them in the environment or in the project's .env file, as for `sst deploy`; with the local cloud, export what `npm run local` prints",
  });
}

/** The X app's consumer key and secret, or undefined when neither is set. */
export async function findClientCredentials(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
  consumerKey?: string,
): Promise<ClientCredentials | undefined> {
  const key = consumerKey ?? (await configuration.find("TWITTER_CONSUMER_KEY"))?.value;
  const secret = (await configuration.find("TWITTER_CONSUMER_SECRET"))?.value;
  environment.redactor.add("consumer secret", secret);
  if (key === undefined && secret === undefined) return undefined;
  if (key === undefined || secret === undefined) {
    const missing = key === undefined ? "TWITTER_CONSUMER_KEY" : "TWITTER_CONSUMER_SECRET";
    throw new AuthCliError("missing-configuration", {
      message: `${missing} is not set`,
      cause: "the consumer key and the consumer secret are only of use together",
      fix: `set ${missing} in the environment or in the project's .env file`,
    });
  }
  return { key, secret };
}
