import { join } from "node:path";
import type { Environment } from "../environment.ts";
import type { TokenCredentials } from "../protocol/oauth1.ts";
import { configFolder } from "./folders.ts";
import { readJsonFile } from "./json-file.ts";

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
  tokenCredentials: TokenCredentials;
  /** ISO 8601. */
  loggedInAt: string;
}

interface SessionFile {
  version: 1;
  /** The last one to log in comes last. */
  sessions: Session[];
}

type StoreEnvironment = Pick<
  Environment,
  "files" | "terminal" | "uniqueName" | "variables" | "homeDirectory" | "platform"
>;

/** All logins on this computer, oldest first. */
export function readSessions(environment: StoreEnvironment): Session[] {
  return readJsonFile(environment, sessionsPath(environment), parseSessionFile)?.sessions ?? [];
}

/** Forgets logins. */
export async function removeSessions(
  environment: StoreEnvironment,
  leaving: readonly Session[],
): Promise<void> {
  await updateSessions(environment, (sessions) =>
    sessions.filter((session) => !leaving.some((other) => isSameLogin(session, other))),
  );
}

/** Adds a login, in the place of an earlier one of the same user to the same pool. */
export async function saveSession(environment: StoreEnvironment, session: Session): Promise<void> {
  await updateSessions(environment, (sessions) => [
    ...sessions.filter((other) => !isSameLogin(session, other)),
    session,
  ]);
}

async function updateSessions(
  environment: StoreEnvironment,
  update: (sessions: readonly Session[]) => Session[],
): Promise<void> {
  const path = sessionsPath(environment);
  await environment.files.withLock(path, async () => {
    const file: SessionFile = { version: 1, sessions: update(readSessions(environment)) };
    await environment.files.writePrivate(path, `${JSON.stringify(file, undefined, 2)}\n`);
  });
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

function sessionsPath(environment: StoreEnvironment): string {
  return join(configFolder(environment), "sessions.json");
}

function parseSessionFile(value: unknown): SessionFile | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, sessions } = value as Partial<Record<keyof SessionFile, unknown>>;
  if (version !== 1 || !Array.isArray(sessions) || !sessions.every(isSession)) return undefined;
  return { version, sessions };
}

function isSession(value: unknown): value is Session {
  if (typeof value !== "object" || value === null) return false;
  const session = value as Partial<Record<keyof Session, unknown>>;
  const token = session.tokenCredentials as Partial<TokenCredentials> | undefined;
  const texts = [
    session.apiEndpoint,
    session.identityPoolId,
    session.userId,
    session.screenName,
    session.identityId,
    session.loggedInAt,
    token?.token,
    token?.secret,
  ];
  return texts.every((text) => typeof text === "string");
}
