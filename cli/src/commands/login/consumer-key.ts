import { join } from "node:path";
import type { Configuration } from "../../deployment/configuration.ts";
import type { Project } from "../../deployment/project.ts";
import type { Environment } from "../../environment/environment.ts";
import type { ClientCredentials } from "../../twitter/oauth1.ts";
import { requireClientCredentials } from "../../deployment/client-credentials.ts";

/**
 * The X app's consumer key and secret from the configuration. Asks for a missing value on a terminal.
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
    "Enter the X app's API Key and API Key Secret, from its “Keys and tokens” page at https://console.x.com",
  );
  const key = configured.key ?? (await terminal.ask("Consumer key (API Key): "))?.trim();
  const secret =
    configured.secret ??
    (key ? (await terminal.askSecret("Consumer secret (API Key Secret, not shown): "))?.trim() : undefined);
  environment.redactor.add("consumer secret", secret);
  // The error says where to set the two.
  if (!key || !secret) return requireClientCredentials(environment, configuration, consumerKey);
  const names = [
    ...(configured.key === undefined ? ["TWITTER_CONSUMER_KEY"] : []),
    ...(configured.secret === undefined ? ["TWITTER_CONSUMER_SECRET"] : []),
  ];
  terminal.say(
    `To skip this prompt, set ${names.join(" and ")} in ${join(project.root, ".env")} or in the environment.`,
  );
  return { key, secret };
}
