import { join } from "node:path";
import type { Deployment } from "../deployment/deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { cachePath, type CredentialsCache, type Identity, openCache } from "./credentials-cache.ts";
import type { Login } from "./find-login.ts";
import { cacheFolder } from "./folders.ts";
import { registerCredentials } from "./register-secrets.ts";
import { inspectSessions, isSameLogin, type Session, sessionKey } from "./sessions.ts";

/** What the cache holds, fresh or not. Sends nothing. */
export function cachedIdentity(
  environment: Environment,
  { identityPoolId }: Deployment,
  { cacheKey }: Login,
): Identity | undefined {
  const cached = openCache(environment, cachePath(environment, identityPoolId, cacheKey)).read();
  if (cached !== undefined) registerCredentials(environment, cached.credentials);
  return cached;
}

/** Caches what a login has just obtained, for the commands that follow. */
export async function cacheIdentity(
  environment: Environment,
  session: Session,
  identity: Identity,
): Promise<void> {
  const cache = openCache(environment, cachePath(environment, session.identityPoolId, sessionKey(session)));
  await cache.withLock(() => writeUnlessLoggedOut(environment, cache, session, identity));
}

/**
 * Leaves nothing in the cache for a login that `logout` removes at the same time. `logout` removes the login before the
 * cache: if the login is still there after the write, `logout` has yet to remove what was written.
 */
export async function writeUnlessLoggedOut(
  environment: Environment,
  cache: CredentialsCache,
  session: Session | undefined,
  identity: Identity,
): Promise<void> {
  if (session === undefined) return cache.write(identity);
  if (isLoggedOut(environment, session)) return;
  await cache.write(identity);
  if (isLoggedOut(environment, session)) forgetIdentity(environment, session);
}

function isLoggedOut(environment: Environment, session: Session): boolean {
  const { state, sessions } = inspectSessions(environment);
  const isKnown = state === "readable" || state === "absent";
  return isKnown && !sessions.some((other) => isSameLogin(session, other));
}

/** Removes all cached AWS credentials, also those of tokens in the environment and of interrupted commands. */
export function forgetAllIdentities({ files, ...environment }: Environment): void {
  const folder = cacheFolder(environment);
  for (const name of files.list(folder)) {
    if (/^[0-9a-f]{32}\.json(\.[0-9a-f]{8}\.tmp|\.corrupt-\w+)?$/.test(name))
      files.remove(join(folder, name));
  }
}

/** Removes the cached AWS credentials of a stored login. */
export function forgetIdentity(environment: Environment, session: Session): void {
  environment.files.remove(cachePath(environment, session.identityPoolId, sessionKey(session)));
}
