import type { Configuration } from "../deployment/configuration.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { RefusedExchange } from "../diagnosis/cognito-refusal.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { readIdToken } from "../aws/id-token.ts";
import { type LoginsMap, twitterProvider } from "../aws/logins.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";
import { cognitoContext } from "../deployment/service-addresses.ts";
import { cachePath, type CachedIdentity, isFresh, openCache } from "./credentials-cache.ts";
import { loginFromConfiguration } from "./login-source.ts";
import { registerCredentials, registerLoginToken, registerToken } from "./register-secrets.ts";
import {
  findSession,
  loadSessionSecret,
  secretOf,
  type Session,
  sessionsPath,
  type TwitterSession,
  userName,
} from "./sessions.ts";

/** The login that a command acts for. */
export interface Login {
  /** The key of the logins map: `api.twitter.com`. */
  provider: string;
  /** What tells logins apart in the cache of AWS credentials. */
  cacheKey: string;
  /**
   * What Cognito is shown, with the secret, which may be in the keyring: asked for only where it is sent.
   * Throws AuthCliError `not-logged-in` when the keyring no longer has it.
   */
  loadLogins: () => Promise<LoginsMap>;
  /** The same as a token that Twitter can be asked about; undefined for a login by another provider. */
  loadToken: (() => Promise<TokenCredentials>) | undefined;
  /** Known when the login is stored. */
  session: Session | undefined;
  /** Until when the provider's token is good, by itself, ISO 8601; undefined when it does not say. */
  tokenExpiresAt: string | undefined;
  /** Where it came from, to be told to a person. */
  source: string;
}

/**
 * The login to act for: `--user` > `AUTH_CLI_LOGIN` > `TWITTER_ACCESS_TOKEN` and `TWITTER_ACCESS_TOKEN_SECRET` > the
 * last stored login.
 * @throws AuthCliError `not-logged-in`
 */
export async function findLogin(
  environment: Pick<Environment, "redactor" | "keyring" | "variables" | "homeDirectory" | "platform">,
  { deployment, configuration }: ResolvedDeployment,
  sessions: readonly Session[],
  user: string | undefined,
): Promise<Login> {
  const given = user === undefined ? await givenLogin(environment, configuration) : undefined;
  if (given !== undefined) return given;
  const session = findSession(sessions, deployment.identityPoolId, user);
  if (session === undefined) throw notLoggedIn(deployment, sessions, user, environment.variables["CI"]);
  return {
    ...storedLogin(environment, session),
    cacheKey: sessionKey(session),
    session,
    source: "secret" in secretOf(session) ? sessionsPath(environment) : "OS keyring",
  };
}

/** The login that the environment gives in place of a stored one. */
async function givenLogin(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
): Promise<Login | undefined> {
  const setting = await configuration.find("AUTH_CLI_LOGIN");
  if (setting !== undefined) {
    const { provider, token, source } = await loginFromConfiguration(environment, configuration, setting);
    return { ...loginOfToken(provider, token), session: undefined, source };
  }
  const given = await tokenFromConfiguration(environment, configuration);
  if (given === undefined) return undefined;
  const { tokenCredentials, source } = given;
  const loadToken = (): Promise<TokenCredentials> => Promise.resolve(tokenCredentials);
  const cacheKey = `token:${tokenCredentials.token}`;
  return { ...twitterLogin(loadToken), cacheKey, session: undefined, source };
}

type LoginToken = Pick<Login, "provider" | "loadLogins" | "loadToken" | "tokenExpiresAt">;

function storedLogin(environment: Pick<Environment, "redactor" | "keyring">, session: Session): LoginToken {
  if (session.provider === undefined) return twitterLogin(() => loadTwitterToken(environment, session));
  const { provider, tokenExpiresAt } = session;
  const loadLogins = async (): Promise<LoginsMap> => {
    const token = await loadSessionSecret(environment, session);
    registerLoginToken(environment, token);
    return { [provider]: token };
  };
  return { provider, loadLogins, loadToken: undefined, tokenExpiresAt };
}

function twitterLogin(loadToken: () => Promise<TokenCredentials>): LoginToken {
  const loadLogins = async (): Promise<LoginsMap> => twitterLogins(await loadToken());
  return { provider: twitterProvider, loadLogins, loadToken, tokenExpiresAt: undefined };
}

/** The logins map of a Twitter user: access token and secret, separated by a semicolon. */
export function twitterLogins({ token, secret }: TokenCredentials): LoginsMap {
  return { [twitterProvider]: `${token};${secret}` };
}

function loginOfToken(provider: string, token: string): LoginToken & Pick<Login, "cacheKey"> {
  return {
    provider,
    cacheKey: `token:${provider}:${token}`,
    loadLogins: () => Promise.resolve({ [provider]: token }),
    loadToken: undefined,
    tokenExpiresAt: readIdToken(token)?.expiresAt,
  };
}

/**
 * A stored Twitter login's token with its secret, wherever that is kept.
 * @throws AuthCliError `not-logged-in` when the keyring no longer has it
 */
export async function loadTwitterToken(
  environment: Pick<Environment, "redactor" | "keyring">,
  session: TwitterSession,
): Promise<TokenCredentials> {
  const { token } = session.tokenCredentials;
  const tokenCredentials = { token, secret: await loadSessionSecret(environment, session) };
  registerToken(environment, tokenCredentials);
  return tokenCredentials;
}

/** A login with its secrets. */
export interface LoadedLogin {
  provider: string;
  logins: LoginsMap;
  /** Twitter's, undefined for a login by another provider. */
  token: TokenCredentials | undefined;
}

/** @throws AuthCliError `not-logged-in` when the keyring no longer has the secret */
export async function loadLogin({ provider, loadLogins, loadToken }: Login): Promise<LoadedLogin> {
  const token = await loadToken?.();
  return { provider, token, logins: token === undefined ? await loadLogins() : twitterLogins(token) };
}

/**
 * The identity and its AWS credentials, from the cache while they are good. They are renewed under a lock, so that
 * many processes at once ask Cognito only once.
 * @param renewing told when Cognito has to be asked
 */
export async function obtainIdentity(
  environment: Environment,
  resolved: ResolvedDeployment,
  login: Login,
  renewing: () => void = () => {},
): Promise<CachedIdentity> {
  const { deployment, configuration } = resolved;
  const cache = openCache(environment, loginCachePath(environment, deployment, login));
  const fresh = (): CachedIdentity | undefined => {
    const cached = cache.read();
    return cached !== undefined && isFresh(cached, environment.now()) ? cached : undefined;
  };
  const identity =
    fresh() ??
    (await cache.withLock(async () => {
      const renewed = fresh();
      if (renewed !== undefined) return renewed;
      renewing();
      const known = login.session?.identityId ?? cache.read()?.identityId;
      const { token, logins } = await loadLogin(login);
      const { createCognitoIdentity } = await import("../aws/cognito-identity.ts");
      const cognito = createCognitoIdentity(await cognitoContext(environment, configuration, deployment));
      const exchangeToken = async (): Promise<CachedIdentity> => {
        const identityId = known ?? (await cognito.getId(deployment.identityPoolId, logins));
        return { identityId, credentials: await cognito.getCredentialsForIdentity(identityId, logins) };
      };
      const obtained = await environment.terminal.during(
        "asking Cognito",
        explained({ environment, resolved, token }, exchangeToken()),
      );
      await cache.write(obtained);
      return obtained;
    }));
  registerCredentials(environment, identity.credentials);
  return identity;
}

/** What Cognito is asked, with its refusal explained. @throws AuthCliError with the cause that Twitter tells */
export async function explained<T>(refused: RefusedExchange, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw await explainRefusal(refused, error);
  }
}

/** A refusal of Cognito's with the cause that Twitter tells; anything else as it was. */
export async function explainRefusal<T>(refused: RefusedExchange, error: T): Promise<T | AuthCliError> {
  const { explainCognitoRefusal } = await import("../diagnosis/cognito-refusal.ts");
  return explainCognitoRefusal(refused, error);
}

/** Where a login's AWS credentials are cached. */
export function loginCachePath(
  environment: Environment,
  { identityPoolId }: Deployment,
  login: Login,
): string {
  return cachePath(environment, identityPoolId, login.cacheKey);
}

/** What is cached, fresh or not; asks nobody. */
export function cachedIdentity(
  environment: Environment,
  deployment: Deployment,
  login: Login,
): CachedIdentity | undefined {
  const cached = openCache(environment, loginCachePath(environment, deployment, login)).read();
  if (cached !== undefined) registerCredentials(environment, cached.credentials);
  return cached;
}

/** Keeps what a login has just obtained for the calls that follow. */
export async function cacheIdentity(
  environment: Environment,
  session: Session,
  identity: CachedIdentity,
): Promise<void> {
  const cache = openCache(environment, sessionCachePath(environment, session));
  await cache.withLock(() => cache.write(identity));
}

/** Forgets the AWS credentials of a stored login. */
export function forgetIdentity(environment: Environment, session: Session): void {
  environment.files.remove(sessionCachePath(environment, session));
}

function sessionCachePath(environment: Environment, session: Session): string {
  return cachePath(environment, session.identityPoolId, sessionKey(session));
}

function sessionKey({ provider = "twitter", userId }: Session): string {
  return `${provider}:${userId}`;
}

/**
 * The token that the environment gives in place of a stored login.
 * @throws AuthCliError `missing-configuration` when one half of it is missing
 */
export async function tokenFromConfiguration(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
): Promise<{ tokenCredentials: TokenCredentials; source: string } | undefined> {
  const token = await configuration.find("TWITTER_ACCESS_TOKEN");
  const secret = await configuration.find("TWITTER_ACCESS_TOKEN_SECRET");
  if (token === undefined && secret === undefined) return undefined;
  if (token === undefined || secret === undefined) {
    const missing = token === undefined ? "TWITTER_ACCESS_TOKEN" : "TWITTER_ACCESS_TOKEN_SECRET";
    throw new AuthCliError("missing-configuration", {
      message: `${missing} is not set`,
      cause: "an access token and its secret are only of use together",
      fix: `set ${missing} too, or neither and run \`auth-cli login\``,
    });
  }
  const tokenCredentials = { token: token.value, secret: secret.value };
  registerToken(environment, tokenCredentials);
  return { tokenCredentials, source: token.source };
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
      cause: `logged in are ${here.map(userName).join(", ")}`,
      fix: `run \`auth-cli login${stage}\` as that user, or leave out --user`,
    });
  }
  const before = sessions.some(
    (session) => session.stage !== undefined && session.stage === deployment.stage,
  );
  return new AuthCliError("not-logged-in", {
    message: `nobody is logged in to ${deployment.stage ?? deployment.identityPoolId}`,
    ...(before
      ? { cause: "the stage has a new identity pool since the last login: it was removed and deployed anew" }
      : {}),
    // Where nobody can type a PIN.
    fix: ci
      ? "set TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET, the secrets of this CI system that hold a token"
      : `run \`auth-cli login${stage}\``,
  });
}
