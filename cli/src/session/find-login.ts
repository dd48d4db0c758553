import { type LoginsMap, twitterProvider } from "../aws/logins.ts";
import type { Configuration } from "../deployment/configuration.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { listNames } from "../list-names.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";
import type { GivenLogin } from "./given-login.ts";
import { tokenFromConfiguration } from "./given-twitter-token.ts";
import { findSession, secretOf, type Session, sessionKey, sessionsPath, userName } from "./sessions.ts";

/** The login that a command acts for. */
export interface Login {
  /** The key of the logins map: `api.twitter.com`. */
  provider: string;
  /** Identifies the login in the cache of AWS credentials. */
  cacheKey: string;
  /**
   * Loads the secret, which may be in the keyring. Call it only to send the secret.
   * Throws AuthCliError `not-logged-in` when the keyring no longer has it.
   */
  load: () => Promise<LoadedLogin>;
  /** Undefined when the token comes from the environment. */
  session: Session | undefined;
  /** When the provider's token expires, according to the token, ISO 8601; undefined when it does not say. */
  tokenExpiresAt: string | undefined;
  /** Where the token comes from, for people: a file, a variable, `OS keyring`. */
  source: string;
  /** Undefined for a stored login. */
  given?: GivenLogin;
}

/** A login with its secrets. */
export interface LoadedLogin {
  provider: string;
  logins: LoginsMap;
  /** Undefined for a login by another provider than Twitter. */
  token: TokenCredentials | undefined;
  /** Undefined for a stored login. */
  given?: GivenLogin;
}

/**
 * Finds the login to act for: `--user` > `AUTH_CLI_LOGIN` > `TWITTER_ACCESS_TOKEN` and `TWITTER_ACCESS_TOKEN_SECRET` >
 * the last stored login.
 * @throws AuthCliError `not-logged-in`
 */
export async function findLogin(
  environment: Pick<Environment, "redactor" | "keyring" | "variables" | "homeDirectory" | "platform">,
  { deployment, configuration }: ResolvedDeployment,
  sessions: readonly Session[],
  user: string | undefined,
): Promise<Login> {
  const given = user === undefined ? await findGivenLogin(environment, configuration) : undefined;
  if (given !== undefined) return given;
  const session = findSession(sessions, deployment.identityPoolId, user);
  if (session === undefined) throw notLoggedIn(deployment, sessions, user, environment.variables["CI"]);
  return {
    provider: session.provider ?? twitterProvider,
    cacheKey: sessionKey(session),
    load: () => loadSession(environment, session),
    session,
    tokenExpiresAt: session.provider === undefined ? undefined : session.tokenExpiresAt,
    source: "secret" in secretOf(session) ? sessionsPath(environment) : "OS keyring",
  };
}

/** The login that the environment gives instead of a stored one. */
async function findGivenLogin(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
): Promise<Login | undefined> {
  const setting = await configuration.find("AUTH_CLI_LOGIN");
  if (setting !== undefined) {
    const { loginFromSetting } = await import("./given-token.ts");
    const login = await loginFromSetting(environment, configuration, setting);
    const { provider, token, source, expiresAt, variable } = login;
    const given = { source, environment: { variables: [variable], toUnset: "AUTH_CLI_LOGIN" } };
    return {
      provider,
      cacheKey: `token:${provider}:${token}`,
      load: () => Promise.resolve({ ...providerLogin(provider, token), given }),
      session: undefined,
      tokenExpiresAt: expiresAt,
      source,
      given,
    };
  }
  const found = await tokenFromConfiguration(environment, configuration);
  if (found === undefined) return undefined;
  const { source, tokenCredentials } = found;
  const given = {
    source,
    environment: {
      variables: ["TWITTER_ACCESS_TOKEN", "TWITTER_ACCESS_TOKEN_SECRET"],
      toUnset: "both",
    },
  };
  return {
    provider: twitterProvider,
    cacheKey: `token:${tokenCredentials.token}`,
    load: () => Promise.resolve({ ...twitterLogin(tokenCredentials), given }),
    session: undefined,
    tokenExpiresAt: undefined,
    source,
    given,
  };
}

async function loadSession(
  environment: Pick<Environment, "redactor" | "keyring">,
  session: Session,
): Promise<LoadedLogin> {
  // Most commands find fresh AWS credentials in the cache.
  const { loadLoginToken, loadTokenCredentials } = await import("./session-store.ts");
  return session.provider === undefined
    ? twitterLogin(await loadTokenCredentials(environment, session))
    : providerLogin(session.provider, await loadLoginToken(environment, session));
}

/** Twitter's entry in the logins map joins access token and secret with a semicolon. */
export function twitterLogin(token: TokenCredentials): LoadedLogin {
  return {
    provider: twitterProvider,
    logins: { [twitterProvider]: `${token.token};${token.secret}` },
    token,
  };
}

export function providerLogin(provider: string, token: string): LoadedLogin {
  return { provider, logins: { [provider]: token }, token: undefined };
}

function notLoggedIn(
  deployment: Deployment,
  sessions: readonly Session[],
  user: string | undefined,
  ci: string | undefined,
): AuthCliError {
  const stage = deployment.stage === undefined ? "" : ` --stage ${deployment.stage}`;
  const here = sessions.filter(({ identityPoolId }) => identityPoolId === deployment.identityPoolId);
  if (user !== undefined && here.length > 0) {
    return new AuthCliError("not-logged-in", {
      message: `${user} is not logged in to ${deployment.stage ?? deployment.identityPoolId}`,
      cause: `logged in: ${listNames(here.map(userName))}`,
      fix: `run \`auth-cli login${stage}\` as that user, or choose one of these`,
    });
  }
  const before = sessions.some(
    (session) => session.stage !== undefined && session.stage === deployment.stage,
  );
  return new AuthCliError("not-logged-in", {
    message: `not logged in to ${deployment.stage ?? deployment.identityPoolId}`,
    ...(before
      ? { cause: "the stage got a new identity pool after the last login: it was removed and deployed again" }
      : {}),
    // Nobody can type a PIN in CI.
    fix: ci
      ? "set TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET, from the secrets of this CI system"
      : `run \`auth-cli login${stage}\``,
  });
}
