import type { CognitoContext } from "../aws/cognito-identity.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { Configuration } from "./configuration.ts";
import type { Deployment } from "./deployment.ts";

/**
 * Parses the address of a service. Only this computer may be addressed by plain http, which does not encrypt tokens and
 * keys.
 * @throws AuthCliError `invalid-configuration`
 */
export function parseServiceUrl(value: string, source: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    url === undefined ||
    !["http:", "https:"].includes(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  ) {
    throw new AuthCliError("invalid-configuration", {
      message: `invalid service address ${JSON.stringify(value.replace(/^.*@/s, "…@"))} (${source})`,
      cause: "a service address is an https URL without user, query and fragment",
      fix: "take ApiEndpoint from the stack's outputs, for example https://abc123.execute-api.us-east-1.amazonaws.com",
    });
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new AuthCliError("invalid-configuration", {
      message: `${url.origin} uses plain http (${source})`,
      cause: "plain http sends tokens and keys unencrypted, so auth-cli uses it for this computer only",
      fix: "use https",
    });
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

/** The service's own variable, else the one for all services, as in the AWS SDKs. */
export async function awsEndpoint(configuration: Configuration, name: string): Promise<URL | undefined> {
  const setting = (await configuration.find(name)) ?? (await configuration.find("AWS_ENDPOINT_URL"));
  return setting === undefined ? undefined : parseServiceUrl(setting.value, setting.source);
}

/** `TWITTER_API_URL`, else the address in X's documentation. */
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

/** The address that replaces STS's own. */
export async function stsEndpoint(configuration: Configuration): Promise<URL | undefined> {
  return awsEndpoint(configuration, "AWS_ENDPOINT_URL_STS");
}
