import { join } from "node:path";
import type { Configuration } from "../../deployment/configuration.ts";
import type { Project } from "../../deployment/project.ts";
import type { Environment } from "../../environment/environment.ts";
import type { ClientCredentials } from "../../twitter/oauth1.ts";
import { requireClientCredentials } from "../../deployment/client-credentials.ts";

/**
 * The X app's consumer key and secret, as configured; what is missing is asked for where somebody can answer.
 * @throws AuthCliError `missing-configuration`
 */
export async function obtainClientCredentials(
  environment: Environment,
  configuration: Configuration,
  project: Project,
  consumerKey: string | undefined,
): Promise<ClientCredentials> {
  const { terminal } = environment;
  const configured = {
    key: consumerKey ?? (await configuration.find("TWITTER_CONSUMER_KEY"))?.value,
    secret: (await configuration.find("TWITTER_CONSUMER_SECRET"))?.value,
  };
  const complete = configured.key !== undefined && configured.secret !== undefined;
  if (complete || !terminal.interactive) {
    return requireClientCredentials(environment, configuration, consumerKey);
  }
  terminal.say(
    "Which X app asks? Its API Key and API Key Secret are on its “Keys and tokens” page at https://developer.x.com\n",
  );
  const key = configured.key ?? (await terminal.ask("Consumer key (API Key): "))?.trim();
  const secret =
    configured.secret ??
    (key ? (await terminal.askSecret("Consumer secret (API Key Secret, not shown): "))?.trim() : undefined);
  environment.redactor.add("consumer secret", secret);
  // An empty answer is no answer: the error tells where the two come from.
  if (!key || !secret) return requireClientCredentials(environment, configuration, consumerKey);
  const names = [
    ...(configured.key === undefined ? ["TWITTER_CONSUMER_KEY"] : []),
    ...(configured.secret === undefined ? ["TWITTER_CONSUMER_SECRET"] : []),
  ];
  terminal.say(
    `To be asked no more, set ${names.join(" and ")} in ${join(project.root, ".env")} or in the environment.\n`,
  );
  return { key, secret };
}
