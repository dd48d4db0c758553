import { join } from "node:path";
import type { Environment, Surroundings } from "../environment/environment.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";
import { configFolder } from "./folders.ts";
import { readJsonFile } from "./json-file.ts";
import { registerLoginToken, registerToken } from "./register-secrets.ts";
import {
  forgetSecret,
  loadSecret,
  type SecretOwner,
  type StoredSecret,
  storeSecret,
  storeSetting,
} from "./token-store.ts";

/** The deployment that a login was for. */
export interface StoredDeployment {
  appName: string | undefined;
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
}

interface StoredLogin extends StoredDeployment {
  /** The provider's name for the user; of a token that does not tell it, the identity id. */
  userId: string;
  /** `us-east-1:<uuid>`; the same login always gets the same one, so it is asked for once. */
  identityId: string;
  /** ISO 8601. */
  loggedInAt: string;
}

/** A Twitter user's login to one identity pool. */
export interface TwitterSession extends StoredLogin {
  provider?: undefined;
  screenName: string;
  tokenCredentials: { token: string } & StoredSecret;
}

/** Any other provider's user's login to one identity pool. */
export interface ProviderSession extends StoredLogin {
  /** The key of the logins map: `accounts.google.com`. */
  provider: string;
  /** For people, not verified: the e-mail address that the token names, or the user id. */
  name: string;
  loginToken: StoredSecret;
  /** By the token itself, ISO 8601. */
  tokenExpiresAt?: string;
}

export type Session = TwitterSession | ProviderSession;

/**
 * What this auth-cli reads. Version 1 had every token's secret in the file; version 3 has logins of other providers than
 * Twitter, which an older auth-cli would take for a broken file, so that it has to leave the file alone. A file without
 * such logins stays one of version 2, which it can read.
 */
export const version = 3;

interface SessionFile {
  /** The last one to log in comes last. */
  sessions: Session[];
}

type ReadEnvironment = Pick<
  Surroundings,
  "files" | "terminal" | "uniqueName" | "variables" | "homeDirectory" | "platform"
>;
type StoreEnvironment = ReadEnvironment & Pick<Environment, "keyring" | "interruption" | "terminal">;

/** All logins on this computer, oldest first. */
export function readSessions(environment: ReadEnvironment): Session[] {
  return readJsonFile(environment, sessionsPath(environment), version, parseSessionFile)?.sessions ?? [];
}

/**
 * Makes sure that a login can be kept, before its PIN is spent.
 * @throws AuthCliError `write-failed`, or `invalid-configuration` for what AUTH_CLI_STORE or the file says
 */
export async function checkSessionsAreWritable(environment: StoreEnvironment): Promise<void> {
  storeSetting(environment.variables);
  readSessions(environment);
  await environment.files.withLock(sessionsPath(environment), async () => {}, environment.interruption);
}

/** Forgets logins. */
export async function removeSessions(
  environment: StoreEnvironment,
  leaving: readonly Session[],
): Promise<void> {
  for (const session of leaving) await forgetSecret(environment, secretOwner(session), secretOf(session));
  await updateSessions(environment, (sessions) =>
    sessions.filter((session) => !leaving.some((other) => isSameLogin(session, other))),
  );
}

/**
 * Adds a login, in the place of an earlier one of the same user to the same pool. Its token's secret goes where
 * `storeSecret` keeps it.
 */
export async function saveSession(environment: StoreEnvironment, session: Session): Promise<void> {
  const earlier = readSessions(environment).find((other) => isSameLogin(session, other));
  const owner = secretOwner(session);
  const { secret, firstTimeNotice } = await storeSecret(
    environment,
    owner,
    secretOf(session),
    sessionsPath(environment),
  );
  let first = false;
  try {
    await updateSessions(environment, (sessions) => {
      first = !sessions.some((other) => "secret" in secretOf(other));
      return [...sessions.filter((other) => !isSameLogin(session, other)), withSecret(session, secret)];
    });
  } catch (error) {
    // An entry that no session names would stay in the keyring for ever.
    if (earlier === undefined) await forgetSecret(environment, owner, secret);
    throw error;
  }
  if (first && firstTimeNotice !== undefined) environment.terminal.say(firstTimeNotice);
  // A keyring that has just failed is not asked, and waited for, once more.
  if (earlier !== undefined && storeSetting(environment.variables) === "file")
    await forgetSecret(environment, owner, secretOf(earlier));
}

/** @throws AuthCliError `not-logged-in` when the keyring no longer has the secret */
export async function loadTokenCredentials(
  environment: Pick<Environment, "redactor" | "keyring">,
  session: TwitterSession,
): Promise<TokenCredentials> {
  const { token } = session.tokenCredentials;
  const secret = await loadSecret(environment, secretOwner(session), session.tokenCredentials);
  registerToken(environment, { token, secret });
  return { token, secret };
}

/** @throws AuthCliError `not-logged-in` when the keyring no longer has the token */
export async function loadLoginToken(
  environment: Pick<Environment, "redactor" | "keyring">,
  session: ProviderSession,
): Promise<string> {
  const token = await loadSecret(environment, secretOwner(session), session.loginToken);
  registerLoginToken(environment, token);
  return token;
}

/** Where the secret is: in the file with all else, or in the OS keyring. */
export function secretOf(session: Session): StoredSecret {
  return session.provider === undefined ? session.tokenCredentials : session.loginToken;
}

function withSecret(session: Session, secret: StoredSecret): Session {
  return session.provider === undefined
    ? { ...session, tokenCredentials: { token: session.tokenCredentials.token, ...secret } }
    : { ...session, loginToken: secret };
}

/**
 * Twitter gives a user the same token again for as long as it is good, so that a login which ends between the keyring
 * and the file leaves the two in agreement; another provider's newer token is as good as the one before, and better.
 */
function secretOwner(session: Session): SecretOwner {
  const { identityPoolId, provider, userId } = session;
  const words = provider === undefined ? [identityPoolId, userId] : [identityPoolId, provider, userId];
  const loginCommand = provider === undefined ? "auth-cli login" : `auth-cli login --login ${provider}=-`;
  return { account: words.join("/"), name: userName(session), loginCommand };
}

/** Identifies a login in the cache of AWS credentials: `twitter:42`. */
export function sessionKey({ provider = "twitter", userId }: Session): string {
  return `${provider}:${userId}`;
}

/** `@alice`, or, where Twitter could not be asked for the screen name, `user 42`; `alice@example.com`. */
export function userName(session: Session): string {
  if (session.provider !== undefined) return session.name;
  const { screenName, userId } = session;
  return screenName === userId ? `user ${userId}` : `@${screenName}`;
}

async function updateSessions(
  environment: StoreEnvironment,
  update: (sessions: readonly Session[]) => Session[],
): Promise<void> {
  const path = sessionsPath(environment);
  const replaceFile = async (): Promise<void> => {
    const sessions = update(readSessions(environment));
    const file = { version: sessions.every(isTwitterSession) ? 2 : version, sessions };
    await environment.files.writePrivate(path, `${JSON.stringify(file, undefined, 2)}\n`);
  };
  await environment.files.withLock(path, replaceFile, environment.interruption);
}

function isSameLogin(a: Session, b: Session): boolean {
  return a.identityPoolId === b.identityPoolId && a.provider === b.provider && a.userId === b.userId;
}

/**
 * The login to use: the one named by screen name, e-mail address or user id, else the last one to this pool.
 * @param user as typed: `alice`, `@alice`, `alice@example.com` or a user id
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
  environment: Pick<Environment, "variables" | "homeDirectory" | "platform">,
): string {
  return join(configFolder(environment), "sessions.json");
}

export function parseSessionFile(value: unknown): SessionFile | undefined {
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
  return texts.every((text) => typeof text === "string");
}

function isStoredSecret(value: unknown): value is StoredSecret {
  if (typeof value !== "object" || value === null) return false;
  const { secret, secretIn } = value as { secret?: unknown; secretIn?: unknown };
  return secretIn === "keyring" || typeof secret === "string";
}
