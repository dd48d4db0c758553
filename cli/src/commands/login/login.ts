import type { Deployment, DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment, type ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { cacheIdentity, explained, twitterLogins } from "../../session/find-login.ts";
import { registerCredentials } from "../../session/register-secrets.ts";
import type { LoginSource } from "../../session/login-source.ts";
import { loginOf, type TwitterLogin } from "./twitter-login.ts";
import type { CognitoContext, CognitoIdentity } from "../../aws/cognito-identity.ts";
import { readIdToken } from "../../aws/id-token.ts";
import { type LoginsMap, twitterProvider } from "../../aws/logins.ts";
import type { AwsCredentials } from "../../aws/sigv4.ts";
import { cognitoContext, twitterApiUrl } from "../../deployment/service-addresses.ts";
import type { CachedIdentity } from "../../session/credentials-cache.ts";
import {
  checkSessionsAreWritable,
  findSession,
  isTwitterSession,
  readSessions,
  saveSession,
  type Session,
  type StoredDeployment,
  userName,
} from "../../session/sessions.ts";

export interface LoginFlags extends DeploymentFlags {
  /** With `--from-twurl`, whose profile. */
  user?: string;
  json?: boolean;
  /** False with `--no-browser`. */
  browser?: boolean;
  consumerKey?: string;
  /** The port; `true` or 0 for a free one. */
  callback?: number | true;
  /** Seconds to wait for the callback. */
  timeout?: number;
  withToken?: boolean;
  /** `true` for the file in the home folder. */
  fromTwurl?: string | true;
  /** `<provider>=-` or `<provider>=env:<variable>`. */
  login?: string;
  /** Ask nobody whether to log in anew. */
  force?: boolean;
}

/** Long enough to find the password of an account, short enough that a port is not left open. */
const defaultTimeoutSeconds = 300;

/**
 * `auth-cli login`: a login by Twitter, by one of four ways, or by another provider of the identity pool with its token;
 * then the Cognito identity. Remembers both.
 */
export async function login(flags: LoginFlags, environment: Environment): Promise<void> {
  const source = flags.login === undefined ? undefined : await loginSource(environment, flags.login);
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  const { deployment, configuration } = resolved;
  // Looked at before the user is sent to a browser: a PIN is not to be spent on a login that cannot end well.
  const cognito = await cognitoContext(environment, configuration, deployment);

  // Who gives a token on the command line has decided.
  const earlier =
    source === undefined ? findSession(sessions, deployment.identityPoolId, flags.user) : undefined;
  if (earlier !== undefined && !flags.force && !(await wantsAnew(environment, earlier))) {
    await report(environment, earlier, undefined, flags);
    return;
  }

  await checkSessionsAreWritable(environment);

  const context = { environment, flags, resolved, cognito, sessions };
  const { session, credentials } = await (source === undefined || source.provider === twitterProvider
    ? twitterSession(context, source)
    : providerSession(context, source));
  await saveSession(environment, session);
  await cacheIdentity(environment, session, { identityId: session.identityId, credentials });
  await report(environment, session, credentials.expiration, flags);
}

interface LoginContext {
  environment: Environment;
  flags: LoginFlags;
  resolved: ResolvedDeployment;
  cognito: CognitoContext;
  sessions: readonly Session[];
}

interface NewLogin {
  session: Session;
  credentials: AwsCredentials;
}

async function loginSource(environment: Environment, value: string): Promise<LoginSource> {
  const { parseLoginSource } = await import("../../session/login-source.ts");
  return parseLoginSource(environment, value, "--login");
}

async function twitterSession(context: LoginContext, source: LoginSource | undefined): Promise<NewLogin> {
  const { environment, flags, resolved, cognito, sessions } = context;
  const twitter = logInToTwitter(flags, environment, resolved, sessions, source);
  twitter.catch(() => {});
  // Loading the AWS SDK takes about as long as an answer of Twitter's, so the first request goes out before.
  await environment.sleep(0);
  const { createCognitoIdentity } = await import("../../aws/cognito-identity.ts");
  const { tokenCredentials, user } = await twitter;

  const identity = explained(
    { environment, resolved, token: tokenCredentials, consumerKey: flags.consumerKey },
    obtainIdentity(createCognitoIdentity(cognito), resolved.deployment, twitterLogins(tokenCredentials)),
  );
  identity.catch(() => {});
  // What Twitter says of its own token explains more than Cognito's refusal of it.
  const { userId, screenName } = await user;
  const { identityId, credentials } = await environment.terminal.during("asking Cognito", identity);
  registerCredentials(environment, credentials);
  return {
    session: {
      ...deploymentOf(resolved),
      userId,
      screenName,
      identityId,
      tokenCredentials,
      ...now(environment),
    },
    credentials,
  };
}

/** With a token that another tool has got from the provider; what it says is for Cognito to verify. */
async function providerSession(context: LoginContext, source: LoginSource): Promise<NewLogin> {
  const { environment, resolved, cognito } = context;
  const { provider } = source;
  const { parseLoginToken, readLoginText } = await import("../../session/login-source.ts");
  const text = await readLoginText(environment, resolved.configuration, source);
  if (source.variable !== undefined) environment.terminal.say(`Token of ${provider} from ${text.source}\n`);
  const token = parseLoginToken(environment, provider, text);
  const { createCognitoIdentity } = await import("../../aws/cognito-identity.ts");
  const { identityId, credentials } = await environment.terminal.during(
    "asking Cognito",
    obtainIdentity(createCognitoIdentity(cognito), resolved.deployment, { [provider]: token }),
  );
  registerCredentials(environment, credentials);
  const claims = readIdToken(token);
  const userId = claims?.subject ?? identityId;
  return {
    session: {
      ...deploymentOf(resolved),
      provider,
      userId,
      name: claims?.name ?? userId,
      identityId,
      loginToken: { secret: token },
      ...(claims?.expiresAt === undefined ? {} : { tokenExpiresAt: claims.expiresAt }),
      ...now(environment),
    },
    credentials,
  };
}

function deploymentOf({ project, deployment }: ResolvedDeployment): StoredDeployment {
  return {
    appName: project.appName,
    stage: deployment.stage,
    apiEndpoint: deployment.apiEndpoint.href,
    identityPoolId: deployment.identityPoolId,
  };
}

function now(environment: Environment): { loggedInAt: string } {
  return { loggedInAt: new Date(environment.now()).toISOString() };
}

/** By the way that the flags choose; each loads only its own code. */
async function logInToTwitter(
  flags: LoginFlags,
  environment: Environment,
  { configuration, deployment, project }: ResolvedDeployment,
  sessions: readonly Session[],
  source: LoginSource | undefined,
): Promise<TwitterLogin> {
  const { consumerKey } = flags;
  if (flags.withToken || source !== undefined) {
    const { logInWithToken } = await import("./with-token.ts");
    const knownName = (userId: string): string | undefined =>
      sessions.filter(isTwitterSession).findLast((session) => session.userId === userId)?.screenName;
    const read =
      source &&
      (async () => {
        const { readLoginText } = await import("../../session/login-source.ts");
        return readLoginText(environment, configuration, source);
      });
    return logInWithToken(environment, configuration, knownName, consumerKey, read);
  }
  if (flags.fromTwurl !== undefined) {
    const { logInFromTwurl } = await import("./twurl.ts");
    return loginOf(await logInFromTwurl(environment, configuration, flags.fromTwurl, flags.user));
  }
  const apiUrl = await twitterApiUrl(configuration);
  const { obtainClientCredentials } = await import("./consumer-key.ts");
  const clientCredentials = await obtainClientCredentials(environment, configuration, project, consumerKey);
  const app = { apiUrl, clientCredentials };
  const browser = flags.browser !== false;
  if (flags.callback !== undefined) {
    const { logInWithCallback } = await import("./callback.ts");
    const timeoutMs = (flags.timeout ?? defaultTimeoutSeconds) * 1000;
    const port = flags.callback === true ? 0 : flags.callback;
    const options = { port, timeoutMs, browser, target: deployment.stage };
    return loginOf(await logInWithCallback(environment, app, options));
  }
  const { logInWithPin } = await import("./pin.ts");
  return loginOf(await logInWithPin(environment, app, { browser }));
}

async function obtainIdentity(
  cognito: CognitoIdentity,
  { identityPoolId }: Deployment,
  logins: LoginsMap,
): Promise<CachedIdentity> {
  const identityId = await cognito.getId(identityPoolId, logins);
  return { identityId, credentials: await cognito.getCredentialsForIdentity(identityId, logins) };
}

/** Whoever pipes something in has decided; a person is asked. No answer is a no. */
async function wantsAnew({ terminal }: Environment, earlier: Session): Promise<boolean> {
  terminal.say(`Already logged in${placeOf(earlier)} as ${fullName(earlier)}.\n`);
  if (!terminal.interactive) return true;
  return /^\s*y(es)?\s*$/i.test((await terminal.ask("Log in anew? (y/N) ")) ?? "");
}

/** @param expiration undefined when nothing was obtained: the earlier login stays */
async function report(
  environment: Environment,
  session: Session,
  expiration: string | undefined,
  flags: LoginFlags,
): Promise<void> {
  const { stage, userId, identityId, identityPoolId } = session;
  if (flags.json) {
    const { provider = twitterProvider } = session;
    const who =
      session.provider === undefined
        ? { screenName: session.screenName, userId }
        : { name: session.name, userId, tokenExpiration: session.tokenExpiresAt };
    const result = { stage, provider, ...who, identityId, identityPoolId, expiration };
    await environment.terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
    return;
  }
  const done = expiration === undefined ? "Still logged in" : "Logged in";
  await environment.terminal.print(
    `${done}${placeOf(session)} as ${fullName(session)}, identity ${identityId}\n`,
  );
  if (session.provider !== undefined && session.tokenExpiresAt !== undefined) {
    const minutes = Math.round((Date.parse(session.tokenExpiresAt) - environment.now()) / 60_000);
    environment.terminal.say(
      `note: the token of ${session.provider} is good for ${minutes} min; then log in again with a new one\n`,
    );
  }
  const next = stage === undefined ? "" : ` --stage ${stage}`;
  environment.terminal.say(`Next: auth-cli call /private${next}\n`);
}

function placeOf({ stage }: Session): string {
  return stage === undefined ? "" : ` to ${stage}`;
}

function fullName(session: Session): string {
  const provider = session.provider === undefined ? "" : ` (${session.provider})`;
  return `${userName(session)}${provider}`;
}
