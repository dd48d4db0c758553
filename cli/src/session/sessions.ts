import { join } from "node:path";
import type { ServiceAddresses } from "../deployment/configuration.ts";
import type { RememberedDeployment } from "../deployment/deployment.ts";
import type { LocalEnvironment } from "../environment/environment.ts";
import { parseJson } from "../json.ts";
import { configFolder } from "./folders.ts";
import { readJsonFile } from "./json-file.ts";
import type { StoredSecret } from "./token-store.ts";

interface StoredLogin extends RememberedDeployment {
  /** The provider's id for the user, or the identity id if the token has none. */
  userId: string;
  /** `us-east-1:<uuid>`. A login always gets the same identity, so GetId is called once. */
  identityId: string;
  /** ISO 8601. */
  loggedInAt: string;
  /** The addresses of other APIs that the same user logged in with, to the same pool. The newest last. */
  otherApis?: string[];
  /** Where the login's secrets may go. An older auth-cli did not store them. */
  addresses?: ServiceAddresses;
}

/** A Twitter user's login to one identity pool. */
export interface TwitterSession extends StoredLogin {
  provider?: undefined;
  screenName: string;
  tokenCredentials: { token: string } & StoredSecret;
}

/** The login of another provider's user to one identity pool. */
export interface ProviderSession extends StoredLogin {
  /** The key of the logins map: `accounts.google.com`. */
  provider: string;
  /** For display: the e-mail address in the token, not verified, or the user id. */
  name: string;
  loginToken: StoredSecret;
  /** According to the token, ISO 8601. */
  tokenExpiresAt?: string;
}

export type Session = TwitterSession | ProviderSession;

/**
 * The newest version of sessions.json. Version 1 always had the secrets in the file. Version 3 allows logins of other
 * providers than Twitter. A file without them is written as version 2, so that an older auth-cli can still read it.
 */
export const version = 3;

interface SessionFile {
  /** Oldest login first. */
  sessions: Session[];
}

type ReadEnvironment = Pick<
  LocalEnvironment,
  "files" | "terminal" | "uniqueName" | "variables" | "homeDirectory" | "platform"
>;

/** All logins on this computer, oldest first. */
export function readSessions(environment: ReadEnvironment): Session[] {
  return readJsonFile(environment, sessionsPath(environment), version, parseSessionFile)?.sessions ?? [];
}

/** The stored logins and the state of their file. */
export interface InspectedSessions {
  path: string;
  state: "absent" | "readable" | "broken" | "newer" | "closed";
  sessions: Session[];
}

/** Reads the logins without changing their file: fixes no mode and moves no corrupt file. */
export function inspectSessions(
  environment: Pick<LocalEnvironment, "files" | "variables" | "homeDirectory" | "platform">,
): InspectedSessions {
  const path = sessionsPath(environment);
  let text: string | undefined;
  let value: unknown;
  try {
    text = environment.files.readText(path);
  } catch {
    return { path, state: "closed", sessions: [] };
  }
  if (text === undefined) return { path, state: "absent", sessions: [] };
  try {
    value = parseJson(text);
  } catch {
    return { path, state: "broken", sessions: [] };
  }
  const found = (value as { version?: unknown } | null)?.version;
  if (typeof found === "number" && found > version) return { path, state: "newer", sessions: [] };
  const parsed = parseSessionFile(value);
  return parsed === undefined
    ? { path, state: "broken", sessions: [] }
    : { path, state: "readable", sessions: parsed.sessions };
}

/** The secret, or a note that the OS keyring has it. */
export function secretOf(session: Session): StoredSecret {
  return session.provider === undefined ? session.tokenCredentials : session.loginToken;
}

/** Identifies a login in the cache of AWS credentials: `twitter:42`. */
export function sessionKey({ provider = "twitter", userId }: Session): string {
  return `${provider}:${userId}`;
}

export function isSameLogin(a: Session, b: Session): boolean {
  return a.identityPoolId === b.identityPoolId && a.provider === b.provider && a.userId === b.userId;
}

/** The addresses that logins were made with, the newest last. */
export function apisOf({ otherApis = [], apiEndpoint }: Session): string[] {
  return [...otherApis, apiEndpoint];
}

/** `@alice`; `user 42` if the screen name is unknown; `alice@example.com`. */
export function userName(session: Session): string {
  if (session.provider !== undefined) return session.name;
  const { screenName, userId } = session;
  return screenName === userId ? `user ${userId}` : `@${screenName}`;
}

/**
 * The login of the given user to this pool, by default the last login.
 * @param user `alice`, `@alice`, `alice@example.com` or a user id
 */
export function findSession(
  sessions: readonly Session[],
  identityPoolId: string,
  user: string | undefined,
): Session | undefined {
  const name = user?.replace(/^@/, "").toLowerCase();
  return sessions.findLast(
    (session) =>
      session.identityPoolId === identityPoolId &&
      (name === undefined ||
        (session.provider === undefined ? session.screenName : session.name).toLowerCase() === name ||
        session.userId.toLowerCase() === name),
  );
}

export function sessionsPath(
  environment: Pick<LocalEnvironment, "variables" | "homeDirectory" | "platform">,
): string {
  return join(configFolder(environment), "sessions.json");
}

function parseSessionFile(value: unknown): SessionFile | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version: found, sessions } = value as Record<string, unknown>;
  if (!Array.isArray(sessions)) return undefined;
  if (found === 1 || found === 2) return sessions.every(isTwitterSession) ? { sessions } : undefined;
  const isSession = (session: unknown): session is Session =>
    isTwitterSession(session) || isProviderSession(session);
  return found === version && sessions.every(isSession) ? { sessions } : undefined;
}

export function isTwitterSession(value: unknown): value is TwitterSession {
  if (!isStoredLogin(value)) return false;
  const { provider, screenName, tokenCredentials } = value as Partial<Record<keyof TwitterSession, unknown>>;
  return (
    provider === undefined &&
    typeof screenName === "string" &&
    isStoredSecret(tokenCredentials) &&
    typeof (tokenCredentials as { token?: unknown }).token === "string"
  );
}

function isProviderSession(value: unknown): value is ProviderSession {
  if (!isStoredLogin(value)) return false;
  const session = value as Partial<Record<keyof ProviderSession, unknown>>;
  return (
    typeof session.provider === "string" &&
    typeof session.name === "string" &&
    isStoredSecret(session.loginToken) &&
    (session.tokenExpiresAt === undefined || typeof session.tokenExpiresAt === "string")
  );
}

function isStoredLogin(value: unknown): value is StoredLogin {
  if (typeof value !== "object" || value === null) return false;
  const login = value as Partial<Record<keyof StoredLogin, unknown>>;
  const texts = [login.apiEndpoint, login.identityPoolId, login.userId, login.identityId, login.loggedInAt];
  const { addresses = {}, otherApis = [] } = login;
  if (typeof addresses !== "object" || addresses === null || !Array.isArray(otherApis)) return false;
  return [...texts, ...otherApis, ...Object.values(addresses)].every((text) => typeof text === "string");
}

function isStoredSecret(value: unknown): value is StoredSecret {
  if (typeof value !== "object" || value === null) return false;
  const { secret, secretIn } = value as { secret?: unknown; secretIn?: unknown };
  return secretIn === "keyring" || typeof secret === "string";
}
