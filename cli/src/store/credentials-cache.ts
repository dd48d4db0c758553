import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Environment } from "../environment.ts";
import type { AwsCredentials } from "../protocol/sigv4.ts";
import { cacheFolder } from "./folders.ts";
import { readJsonFile } from "./json-file.ts";

/** Credentials with less time left than this are renewed first, so that none expires between signing and sending. */
const renewBeforeMs = 5 * 60 * 1000;

/** What the cache holds for one login to one pool. */
export interface CachedIdentity {
  identityId: string;
  credentials: AwsCredentials;
}

type CacheEnvironment = Pick<
  Environment,
  "files" | "terminal" | "uniqueName" | "variables" | "homeDirectory" | "platform"
>;

/** @param login what tells logins apart, such as `twitter:<user id>`; hashed, never stored */
export function cachePath(environment: CacheEnvironment, identityPoolId: string, login: string): string {
  const name = createHash("sha256").update(`${identityPoolId}\n${login}`).digest("hex").slice(0, 32);
  return join(cacheFolder(environment), `${name}.json`);
}

/** What was cached, fresh or not: an identity outlasts its credentials. */
export function readCachedIdentity(environment: CacheEnvironment, path: string): CachedIdentity | undefined {
  return readJsonFile(environment, path, parseCacheFile);
}

export function isFresh({ credentials }: CachedIdentity, nowMs: number): boolean {
  return Date.parse(credentials.expiration) - nowMs > renewBeforeMs;
}

export async function writeCachedIdentity(
  environment: CacheEnvironment,
  path: string,
  identity: CachedIdentity,
): Promise<void> {
  await environment.files.writePrivate(path, `${JSON.stringify({ version: 1, ...identity })}\n`);
}

function parseCacheFile(value: unknown): CachedIdentity | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, identityId, credentials } = value as Record<string, unknown>;
  if (
    version !== 1 ||
    typeof identityId !== "string" ||
    typeof credentials !== "object" ||
    credentials === null
  ) {
    return undefined;
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials as Record<string, unknown>;
  return typeof accessKeyId === "string" &&
    typeof secretAccessKey === "string" &&
    typeof sessionToken === "string" &&
    typeof expiration === "string"
    ? { identityId, credentials: { accessKeyId, secretAccessKey, sessionToken, expiration } }
    : undefined;
}
