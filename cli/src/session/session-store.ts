import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";
import { registerLoginToken, registerToken } from "./register-secrets.ts";
import {
  apisOf,
  isSameLogin,
  isTwitterSession,
  type ProviderSession,
  readSessions,
  secretOf,
  type Session,
  sessionsPath,
  type TwitterSession,
  userName,
  version,
} from "./sessions.ts";
import {
  forgetSecret,
  loadSecret,
  type SecretOwner,
  type StoredSecret,
  storeSecret,
  storeSetting,
} from "./token-store.ts";

type StoreEnvironment = Pick<
  Environment,
  | "files"
  | "homeDirectory"
  | "interruption"
  | "keyring"
  | "platform"
  | "terminal"
  | "uniqueName"
  | "variables"
>;

/**
 * Checks that a login can be stored, before the user spends a PIN.
 * @throws AuthCliError `write-failed`; `invalid-configuration` for an invalid AUTH_CLI_STORE or a newer file
 */
export async function checkSessionsAreWritable(environment: StoreEnvironment): Promise<void> {
  storeSetting(environment.variables);
  readSessions(environment);
  await environment.files.withLock(sessionsPath(environment), async () => {}, environment.interruption);
}

/** Removes logins and their secrets. */
export async function removeSessions(
  environment: StoreEnvironment,
  leaving: readonly Session[],
): Promise<void> {
  for (const session of leaving) await forgetSecret(environment, secretOwner(session), secretOf(session));
  const remove = (sessions: readonly Session[]): Session[] =>
    sessions.filter((session) => !leaving.some((other) => isSameLogin(session, other)));
  try {
    await updateSessions(environment, remove);
  } catch (error) {
    if (!(error instanceof AuthCliError) || error.code !== "write-failed") throw error;
    // A full disk has no room for a lock or a second file, but the secret must still be removed.
    const remaining = formatSessions(remove(readSessions(environment)), 0);
    if (!environment.files.shorten(sessionsPath(environment), remaining)) throw error;
  }
}

/** Makes a stored login the one that commands use without `--user`: the last one. */
export async function preferSession(environment: StoreEnvironment, session: Session): Promise<void> {
  await updateSessions(environment, (sessions) => {
    const same = sessions.filter((other) => isSameLogin(session, other));
    return [...sessions.filter((other) => !isSameLogin(session, other)), ...same];
  });
}

/**
 * Stores a login, replacing an earlier one of the same user to the same pool. `storeSecret` decides where the secret
 * goes.
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
      const replaced = sessions.find((other) => isSameLogin(session, other));
      const next = withOtherApis(withSecret(session, secret), replaced);
      return [...sessions.filter((other) => other !== replaced), next];
    });
  } catch (error) {
    // No session refers to this entry, so nothing else would remove it from the keyring.
    if (earlier === undefined) await forgetSecret(environment, owner, secret);
    throw error;
  }
  if (first && firstTimeNotice !== undefined) environment.terminal.say(firstTimeNotice);
  // If the keyring has just failed, do not wait for it again.
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

function withSecret(session: Session, secret: StoredSecret): Session {
  return session.provider === undefined
    ? { ...session, tokenCredentials: { token: session.tokenCredentials.token, ...secret } }
    : { ...session, loginToken: secret };
}

/** More are forgotten, the oldest first. */
const mostOtherApis = 20;

/** Token and identity are the same for every API of the pool, so a login with another API leaves the earlier one valid. */
function withOtherApis(session: Session, replaced: Session | undefined): Session {
  const others = (replaced === undefined ? [] : apisOf(replaced)).filter(
    (api) => api !== session.apiEndpoint,
  );
  return others.length === 0 ? session : { ...session, otherApis: others.slice(-mostOtherApis) };
}

/**
 * The account does not depend on the token. A login interrupted between writing the keyring and writing the file leaves a
 * valid pair: Twitter returns the same token while it is valid, and another provider's newer token works as well.
 */
function secretOwner(session: Session): SecretOwner {
  const { identityPoolId, provider, userId } = session;
  const words = provider === undefined ? [identityPoolId, userId] : [identityPoolId, provider, userId];
  const loginCommand = provider === undefined ? "auth-cli login" : `auth-cli login --login ${provider}=-`;
  return { account: words.join("/"), name: userName(session), loginCommand };
}

async function updateSessions(
  environment: StoreEnvironment,
  update: (sessions: readonly Session[]) => Session[],
): Promise<void> {
  const path = sessionsPath(environment);
  const replaceFile = async (): Promise<void> => {
    const text = formatSessions(update(readSessions(environment)), 2);
    await environment.files.writePrivate(path, text);
  };
  await environment.files.withLock(path, replaceFile, environment.interruption);
}

function formatSessions(sessions: readonly Session[], indent: number): string {
  const file = { version: sessions.every(isTwitterSession) ? 2 : version, sessions };
  return `${JSON.stringify(file, undefined, indent)}\n`;
}
