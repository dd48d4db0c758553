import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { type AwsCredentials, hasAwsCharacters } from "../aws/sigv4.ts";
import { objectOf, parseJsonObject } from "../json.ts";
import { cacheFolder } from "./folders.ts";
import { readJsonFile } from "./json-file.ts";

/** Credentials with less time left are renewed, so that none expires between signing and sending. */
const renewBeforeMs = 5 * 60 * 1000;

const version = 1;

/** An identity and the temporary AWS credentials of its role. */
export interface Identity {
  identityId: string;
  credentials: AwsCredentials;
}

type CacheEnvironment = Pick<
  Environment,
  "files" | "interruption" | "terminal" | "uniqueName" | "variables" | "homeDirectory" | "platform"
>;

/** @param login identifies the login, such as `twitter:<user id>`. Only its hash is stored */
export function cachePath(environment: CacheEnvironment, identityPoolId: string, login: string): string {
  const name = createHash("sha256").update(`${identityPoolId}\n${login}`).digest("hex").slice(0, 32);
  return join(cacheFolder(environment), `${name}.json`);
}

/**
 * The cache of one login. Its content can be obtained again, so a cache that fails is reported once and then ignored.
 */
export interface CredentialsCache {
  /** Returns the cached identity even if its credentials have expired. */
  read(): Identity | undefined;
  write(identity: Identity): Promise<void>;
  /** Runs `work` while no other process does for the same login. If the cache cannot be locked, runs it anyway. */
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

export function openCache(environment: CacheEnvironment, path: string): CredentialsCache {
  const { files, terminal, interruption } = environment;
  let usable = true;
  const giveUp = (error: unknown): void => {
    if (!(error instanceof AuthCliError) || error.code === "interrupted") throw error;
    terminal.say(`warning: ${error.message} (${error.cause ?? "unknown"}); continuing without the cache`);
    usable = false;
  };
  return {
    read() {
      if (!usable) return undefined;
      try {
        return readJsonFile(environment, path, version, parseCacheFile);
      } catch (error) {
        giveUp(error);
        return undefined;
      }
    },
    async write(identity) {
      if (!usable) return;
      await files.writePrivate(path, `${JSON.stringify({ version, ...identity })}\n`).catch(giveUp);
    },
    async withLock(work) {
      if (!usable) return work();
      let entered = false;
      const enter: typeof work = () => {
        entered = true;
        return work();
      };
      try {
        return await files.withLock(path, enter, interruption);
      } catch (error) {
        if (entered) throw error;
        giveUp(error);
        return work();
      }
    },
  };
}

/** Reads the cache without fixing the mode of its file or moving a corrupt one. */
export function peekCachedIdentity(
  { files }: Pick<Environment, "files">,
  path: string,
): Identity | undefined {
  try {
    return parseCacheFile(parseJsonObject(files.readText(path) ?? ""));
  } catch {
    return undefined;
  }
}

/** @param leftMs how long the credentials must last */
export function isFresh({ credentials }: Identity, nowMs: number, leftMs = renewBeforeMs): boolean {
  return Date.parse(credentials.expiration) - nowMs > leftMs;
}

function parseCacheFile(value: unknown): Identity | undefined {
  const { version: found, identityId, credentials } = objectOf(value);
  if (found !== version || typeof identityId !== "string") return undefined;
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = objectOf(credentials);
  return typeof accessKeyId === "string" &&
    typeof secretAccessKey === "string" &&
    typeof sessionToken === "string" &&
    typeof expiration === "string" &&
    hasAwsCharacters({ accessKeyId, secretAccessKey, sessionToken })
    ? {
        identityId,
        credentials: { accessKeyId, secretAccessKey, sessionToken, expiration },
      }
    : undefined;
}
