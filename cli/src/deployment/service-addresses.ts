import { partitionSuffixes } from "../aws/partition.ts";
import type { CognitoContext } from "../aws/cognito-identity.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { isLoopback } from "../loopback.ts";
import type { Configuration, ServiceAddresses } from "./configuration.ts";
import type { Deployment } from "./deployment.ts";
import type { RecordEnvironment } from "./local-clouds.ts";
import { regionOfPool } from "./region.ts";
import { parseServiceUrl } from "./service-url.ts";

/** The variables that set an address, in the order of the AWS SDKs, and the service's own hosts. */
interface Service {
  variables: readonly string[];
  isOwn: (url: URL) => boolean;
}

const twitter: Service = {
  variables: ["TWITTER_API_URL"],
  isOwn: ({ href }) => /^https:\/\/api\.(x|twitter)\.com\/$/.test(href),
};

/** The service's own variable, else the one for all services. */
function awsService(variable: string): Service {
  return { variables: [variable, "AWS_ENDPOINT_URL"], isOwn: isAwsEndpoint };
}

/**
 * Whether AWS itself runs the host. Customers choose other names below amazonaws.com.
 * @see https://docs.aws.amazon.com/general/latest/gr/rande.html
 */
function isAwsEndpoint({ href }: URL): boolean {
  const [, suffix = ""] =
    /^https:\/\/(?:cognito-identity|sts|iam|cloudformation|apigateway)(?:-fips)?(?:\.us-gov|\.[a-z]{2,}(?:-[a-z]+)+-\d{1,2})?\.([a-z.-]+)\/$/.exec(
      href,
    ) ?? [];
  return partitionSuffixes.includes(suffix);
}

/**
 * The address that replaces a service's own. The environment may name any address. Without it, a login's secrets go to
 * the address that the login was made with. A project's file may repeat that address, but not name another one.
 * @param remembered the address that the login was made with
 * @throws AuthCliError `untrusted-address` for another address in a project's file
 */
async function findAddress(
  configuration: Configuration,
  { variables, isOwn }: Service,
  remembered?: string,
): Promise<URL | undefined> {
  const ofLogin = remembered === undefined ? undefined : parseServiceUrl(remembered, "the login");
  for (const name of variables) {
    const setting = await configuration.find(name);
    if (setting === undefined) continue;
    const url = parseServiceUrl(setting.value, setting.source);
    if (!setting.isFromProject) return url;
    const [inEnvironment] = variables.flatMap((each) => configuration.findInEnvironment(each) ?? []);
    const chosen = inEnvironment ? parseServiceUrl(inEnvironment.value, inEnvironment.source) : ofLogin;
    if (chosen === undefined ? isOwn(url) : chosen.href === url.href) return url;
    throw untrustedAddress(name, setting.source, url, inEnvironment?.source ?? "the login");
  }
  return ofLogin;
}

function untrustedAddress(name: string, file: string, url: URL, chooser: string): AuthCliError {
  // A command to copy must not contain characters with a meaning for the shell.
  const address = /^[\w.:/[\]-]+$/.test(url.href) ? url.href.replace(/\/$/, "") : "<address>";
  return new AuthCliError("untrusted-address", {
    message: `${file} sets ${name} to ${url.href}, and auth-cli sends no secrets there`,
    cause: `a project's file may not decide where tokens and keys go; ${chooser} does not name this address`,
    fix: `remove ${name} from the file; if you trust the address, run \`${name}=${address} auth-cli …\` to allow it once, or \`${name}=${address} auth-cli login\` to use it for the login`,
  });
}

/** The address that replaces the service's own, for the deployer's keys. @throws AuthCliError `untrusted-address` */
export function deployerEndpoint(configuration: Configuration, variable: string): Promise<URL | undefined> {
  return findAddress(configuration, awsService(variable));
}

/** `TWITTER_API_URL`, else the login's address, else the one in X's documentation. */
export async function twitterApiUrl(configuration: Configuration): Promise<URL> {
  const { twitter: remembered } = configuration.loginAddresses;
  return (await findAddress(configuration, twitter, remembered)) ?? new URL("https://api.x.com");
}

/** The address that replaces Cognito's own. */
export function cognitoEndpoint(configuration: Configuration): Promise<URL | undefined> {
  const { cognito } = configuration.loginAddresses;
  return findAddress(configuration, awsService("AWS_ENDPOINT_URL_COGNITO_IDENTITY"), cognito);
}

/** The address that replaces STS's own. */
export function stsEndpoint(configuration: Configuration): Promise<URL | undefined> {
  const { sts } = configuration.loginAddresses;
  return findAddress(configuration, awsService("AWS_ENDPOINT_URL_STS"), sts);
}

/**
 * The addresses for a new login to remember.
 * @throws AuthCliError `untrusted-address`
 */
export async function chosenAddresses(configuration: Configuration): Promise<ServiceAddresses> {
  const twitterUrl = await twitterApiUrl(configuration);
  const cognito = await cognitoEndpoint(configuration);
  const sts = await stsEndpoint(configuration);
  return {
    ...(twitter.isOwn(twitterUrl) ? {} : { twitter: twitterUrl.href }),
    ...(cognito === undefined ? {} : { cognito: cognito.href }),
    ...(sts === undefined ? {} : { sts: sts.href }),
  };
}

/**
 * Checks that a login goes where its API is, before it is used.
 * @throws AuthCliError `missing-configuration` for an API in a local cloud, without the local cloud's addresses
 */
export async function requireCognitoOfApi(
  environment: RecordEnvironment & Pick<Environment, "send">,
  configuration: Configuration,
  { apiEndpoint }: Pick<Deployment, "apiEndpoint">,
): Promise<void> {
  if (!isLoopback(apiEndpoint.hostname) || (await cognitoEndpoint(configuration)) !== undefined) return;
  const { requireEnvironmentOf } = await import("./local-clouds.ts");
  await requireEnvironmentOf(environment, apiEndpoint);
}

/** @throws AuthCliError `missing-configuration`, see `requireCognitoOfApi` */
export async function cognitoContext(
  environment: RecordEnvironment & Pick<Environment, "send">,
  configuration: Configuration,
  deployment: Deployment,
): Promise<CognitoContext> {
  await requireCognitoOfApi(environment, configuration, deployment);
  const endpoint = await cognitoEndpoint(configuration);
  return {
    region: regionOfPool(deployment.identityPoolId),
    endpoint: endpoint?.href,
    send: environment.send,
  };
}
