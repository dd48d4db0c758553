import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { ClientCredentials } from "../twitter/oauth1.ts";
import type { Configuration } from "./configuration.ts";

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
    cause: "Twitter needs the consumer key and secret of the X app",
    fix: 'set them in the environment or in the project\'s .env file, as for a deploy; with the local cloud, run `eval "$(auth-cli local env)"`',
  });
}

/**
 * The X app's consumer key and secret.
 * @returns undefined when neither is set
 * @throws AuthCliError `missing-configuration` when only one is set
 */
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
      cause: "auth-cli needs both the consumer key and the consumer secret",
      fix: `set ${missing} in the environment or in the project's .env file`,
    });
  }
  return { key, secret };
}
