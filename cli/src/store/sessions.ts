import { join } from "node:path";
import type { Environment } from "../environment.ts";
import { configFolder } from "./folders.ts";
import { readJsonFile } from "./json-file.ts";
import { forgetToken, type StoredToken, storeSetting, storeToken } from "./token-store.ts";

/** The deployment that a login was for. */
export interface StoredDeployment {
  appName: string | undefined;
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
}

/** One user's login to one identity pool. */
export interface Session extends StoredDeployment {
  userId: string;
  screenName: string;
  /** `us-east-1:<uuid>`; the same login always gets the same one, so it is asked for once. */
  identityId: string;
  tokenCredentials: StoredToken;
  /** ISO 8601. */
  loggedInAt: string;
}

/** Version 1 had every token's secret in the file. */
export const version = 2;

interface SessionFile {
  /** The last one to log in comes last. */
  sessions: Session[];
}

type ReadEnvironment = Pick<
  Environment,
  "files" | "terminal" | "uniqueName" | "variables" | "homeDirectory" | "platform"
>;
type StoreEnvironment = ReadEnvironment & Pick<Environment, "keyring" | "interruption">;

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
  for (const session of leaving) await forgetToken(environment, session, session.tokenCredentials);
  await updateSessions(environment, (sessions) =>
    sessions.filter((session) => !leaving.some((other) => isSameLogin(session, other))),
  );
}

/**
 * Adds a login, in the place of an earlier one of the same user to the same pool. Its token's secret goes where
 * `storeToken` keeps it.
 */
export async function saveSession(environment: StoreEnvironment, session: Session): Promise<void> {
  const earlier = readSessions(environment).find((other) => isSameLogin(session, other));
  const { token, firstTimeNotice } = await storeToken(
    environment,
    session,
    session.tokenCredentials,
    sessionsPath(environment),
  );
  let first = false;
  try {
    await updateSessions(environment, (sessions) => {
      first = !sessions.some(({ tokenCredentials }) => "secret" in tokenCredentials);
      return [
        ...sessions.filter((other) => !isSameLogin(session, other)),
        { ...session, tokenCredentials: token },
      ];
    });
  } catch (error) {
    // An entry that no session names would stay in the keyring for ever.
    if (earlier === undefined) await forgetToken(environment, session, token);
    throw error;
  }
  if (first && firstTimeNotice !== undefined) environment.terminal.say(firstTimeNotice);
  // A keyring that has just failed is not asked, and waited for, once more.
  if (earlier !== undefined && storeSetting(environment.variables) === "file")
    await forgetToken(environment, earlier, earlier.tokenCredentials);
}

async function updateSessions(
  environment: StoreEnvironment,
  update: (sessions: readonly Session[]) => Session[],
): Promise<void> {
  const path = sessionsPath(environment);
  const replaceFile = async (): Promise<void> => {
    const file = { version, sessions: update(readSessions(environment)) };
    await environment.files.writePrivate(path, `${JSON.stringify(file, undefined, 2)}\n`);
  };
  await environment.files.withLock(path, replaceFile, environment.interruption);
}

function isSameLogin(a: Session, b: Session): boolean {
  return a.identityPoolId === b.identityPoolId && a.userId === b.userId;
}

/**
 * The login to use: the one named by screen name or user id, else the last one to this pool.
 * @param user as typed: `alice`, `@alice` or a user id
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
      (name === undefined || session.screenName.toLowerCase() === name || session.userId === name),
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
  if ((found !== 1 && found !== 2) || !Array.isArray(sessions) || !sessions.every(isSession))
    return undefined;
  return { sessions };
}

function isSession(value: unknown): value is Session {
  if (typeof value !== "object" || value === null) return false;
  const session = value as Partial<Record<keyof Session, unknown>>;
  const token = session.tokenCredentials as
    { token?: unknown; secret?: unknown; secretIn?: unknown } | null | undefined;
  const texts = [
    session.apiEndpoint,
    session.identityPoolId,
    session.userId,
    session.screenName,
    session.identityId,
    session.loggedInAt,
    token?.token,
    token?.secretIn === "keyring" ? "" : token?.secret,
  ];
  return texts.every((text) => typeof text === "string");
}
