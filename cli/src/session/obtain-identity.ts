import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { cachePath, type Identity, isFresh, openCache } from "./credentials-cache.ts";
import type { Login } from "./find-login.ts";
import { registerCredentials } from "./register-secrets.ts";
import type { ObtainOptions } from "./renew-identity.ts";

/**
 * The identity and its AWS credentials, from the cache while they are fresh. A lock makes many processes renew them
 * only once. When Cognito cannot be reached, credentials that have not expired are still good.
 */
export async function obtainIdentity(
  environment: Environment,
  resolved: ResolvedDeployment,
  login: Login,
  { renewing, renewBeforeMs }: ObtainOptions = {},
): Promise<Identity> {
  const path = cachePath(environment, resolved.deployment.identityPoolId, login.cacheKey);
  const cache = openCache(environment, path);
  const cachedFor = (leftMs: number | undefined): Identity | undefined => {
    const cached = cache.read();
    return cached !== undefined && isFresh(cached, environment.now(), leftMs) ? cached : undefined;
  };
  let identity = cachedFor(renewBeforeMs);
  if (identity === undefined) {
    // Loaded only for credentials that are not fresh.
    const { renewStale } = await import("./renew-identity.ts");
    identity = await renewStale(environment, resolved, login, { cache, cachedFor, renewing, renewBeforeMs });
  }
  registerCredentials(environment, identity.credentials);
  return identity;
}
