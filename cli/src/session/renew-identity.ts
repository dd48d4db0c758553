import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import { cognitoContext } from "../deployment/service-addresses.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError, type ErrorCode } from "../errors.ts";
import { cachePath, type CredentialsCache, type Identity, openCache } from "./credentials-cache.ts";
import type { LoadedLogin, Login } from "./find-login.ts";
import { writeUnlessLoggedOut } from "./identity-cache.ts";
import { registerCredentials } from "./register-secrets.ts";

export interface ObtainOptions {
  /** Called before a request to Cognito. */
  renewing?: (() => void) | undefined;
  /** Renews credentials with less time left, in milliseconds. */
  renewBeforeMs?: number | undefined;
}

interface StaleCache extends ObtainOptions {
  cache: CredentialsCache;
  /** The cached identity, if its credentials last for so many milliseconds. */
  cachedFor: (leftMs: number | undefined) => Identity | undefined;
}

/** Renews credentials that are not fresh, unless another process has just done so. */
export function renewStale(
  environment: Environment,
  resolved: ResolvedDeployment,
  login: Login,
  { cache, cachedFor, renewing, renewBeforeMs }: StaleCache,
): Promise<Identity> {
  return cache.withLock(async () => {
    const renewed = cachedFor(renewBeforeMs);
    if (renewed !== undefined) return renewed;
    renewing?.();
    const known = login.session?.identityId ?? cache.read()?.identityId;
    try {
      const obtained = await environment.terminal.withSpinner(
        "asking Cognito",
        exchangeLogin(environment, resolved, await login.load(), { identityId: known }),
      );
      await writeUnlessLoggedOut(environment, cache, login.session, obtained);
      return obtained;
    } catch (error) {
      if (!isOutage(error)) throw error;
      const unexpired = cachedFor(expiringMs);
      if (unexpired === undefined) throw error;
      const { expiration } = unexpired.credentials;
      environment.terminal.say(
        `warning: ${error.message} (${error.cause ?? "unknown"}); using the credentials that expire at ${expiration}`,
      );
      return unexpired;
    }
  });
}

/** Credentials with less time left may expire on the way. */
const expiringMs = 10_000;

/** Cognito has not answered, or could not. */
const outageCodes: ReadonlySet<ErrorCode> = new Set([
  "server-error",
  "unreachable",
  "timeout",
  "connection-lost",
  "proxy-refused",
]);

function isOutage(error: unknown): error is AuthCliError {
  return error instanceof AuthCliError && outageCodes.has(error.code);
}

/** New AWS credentials, whether or not those in the cache are fresh. */
export async function renewIdentity(
  environment: Environment,
  resolved: ResolvedDeployment,
  login: Login,
): Promise<Identity> {
  const path = cachePath(environment, resolved.deployment.identityPoolId, login.cacheKey);
  const cache = openCache(environment, path);
  return cache.withLock(async () => {
    const known = login.session?.identityId ?? cache.read()?.identityId;
    const obtained = await exchangeLogin(environment, resolved, await login.load(), { identityId: known });
    await writeUnlessLoggedOut(environment, cache, login.session, obtained);
    return obtained;
  });
}

/**
 * Exchanges a login for an identity and its AWS credentials: GetId, unless the identity is known, then
 * GetCredentialsForIdentity.
 * @param consumerKey `--consumer-key`
 * @throws AuthCliError with the cause that Twitter gives for a refused token
 */
export async function exchangeLogin(
  environment: Environment,
  resolved: ResolvedDeployment,
  { logins, token, given }: LoadedLogin,
  { identityId, consumerKey }: { identityId?: string | undefined; consumerKey?: string | undefined } = {},
): Promise<Identity> {
  const { configuration, deployment } = resolved;
  const context = await cognitoContext(environment, configuration, deployment);
  // The AWS SDK is slow to load, and most commands find fresh credentials in the cache.
  const { createCognitoIdentity } = await import("../aws/cognito-identity.ts");
  const cognito = createCognitoIdentity(context);
  try {
    const id = identityId ?? (await cognito.getId(deployment.identityPoolId, logins));
    const credentials = await cognito.getCredentialsForIdentity(id, logins);
    registerCredentials(environment, credentials);
    return { identityId: id, credentials };
  } catch (error) {
    const { explainCognitoRefusal } = await import("../diagnosis/cognito-refusal.ts");
    const explained = await explainCognitoRefusal({ environment, resolved, token, consumerKey }, error);
    if (given === undefined || !(explained instanceof AuthCliError)) throw explained;
    const { nameGivenLogin } = await import("./given-login.ts");
    throw nameGivenLogin(explained, given);
  }
}
