import {
  type Deployment,
  type DeploymentFlags,
  resolveDeployment,
  type ResolvedDeployment,
} from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { cacheIdentity, registerCredentials } from "../identity.ts";
import { loginOf, type TwitterLogin } from "../login/twitter-login.ts";
import type { CognitoIdentity, LoginsMap } from "../protocol/cognito-identity.ts";
import { cognitoContext, twitterApiUrl } from "../services.ts";
import type { CachedIdentity } from "../store/credentials-cache.ts";
import {
  checkSessionsAreWritable,
  findSession,
  readSessions,
  saveSession,
  type Session,
} from "../store/sessions.ts";

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
  /** Ask nobody whether to log in anew. */
  force?: boolean;
}

/** Long enough to find the password of an account, short enough that a port is not left open. */
const defaultTimeoutSeconds = 300;

/** `auth-cli login`: Twitter's login, by one of four ways, then the Cognito identity; remembers both. */
export async function login(flags: LoginFlags, environment: Environment): Promise<void> {
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  const { deployment, configuration, project } = resolved;
  // Looked at before the user is sent to a browser: a PIN is not to be spent on a login that cannot end well.
  const cognito = await cognitoContext(environment, configuration, deployment);

  const earlier = findSession(sessions, deployment.identityPoolId, flags.user);
  if (earlier !== undefined && !flags.force && !(await wantsAnew(environment, earlier))) {
    await report(environment, earlier, undefined, flags);
    return;
  }

  await checkSessionsAreWritable(environment);

  const twitter = logInToTwitter(flags, environment, resolved, sessions);
  twitter.catch(() => {});
  // Loading the AWS SDK takes about as long as an answer of Twitter's, so the first request goes out before.
  await environment.sleep(0);
  const { createCognitoIdentity, twitterLogins } = await import("../protocol/cognito-identity.ts");
  const { tokenCredentials, user } = await twitter;

  const identity = obtainIdentity(
    createCognitoIdentity(cognito),
    deployment,
    twitterLogins(tokenCredentials),
  );
  identity.catch(() => {});
  // What Twitter says of its own token explains more than Cognito's refusal of it.
  const { userId, screenName } = await user;
  const { identityId, credentials } = await environment.terminal.during("asking Cognito", identity);
  registerCredentials(environment, credentials);

  const session: Session = {
    appName: project.appName,
    stage: deployment.stage,
    apiEndpoint: deployment.apiEndpoint.href,
    identityPoolId: deployment.identityPoolId,
    userId,
    screenName,
    identityId,
    tokenCredentials,
    loggedInAt: new Date(environment.now()).toISOString(),
  };
  await saveSession(environment, session);
  await cacheIdentity(environment, session, { identityId, credentials });
  await report(environment, session, credentials.expiration, flags);
}

/** By the way that the flags choose; each loads only its own code. */
async function logInToTwitter(
  flags: LoginFlags,
  environment: Environment,
  { configuration, deployment, project }: ResolvedDeployment,
  sessions: readonly Session[],
): Promise<TwitterLogin> {
  const { consumerKey } = flags;
  if (flags.withToken) {
    const { logInWithToken } = await import("../login/with-token.ts");
    const knownName = (userId: string): string | undefined =>
      sessions.findLast((session) => session.userId === userId)?.screenName;
    return logInWithToken(environment, configuration, knownName, consumerKey);
  }
  if (flags.fromTwurl !== undefined) {
    const { logInFromTwurl } = await import("../login/twurl.ts");
    return loginOf(await logInFromTwurl(environment, configuration, flags.fromTwurl, flags.user));
  }
  const apiUrl = await twitterApiUrl(configuration);
  const { obtainClientCredentials } = await import("../login/consumer-key.ts");
  const clientCredentials = await obtainClientCredentials(environment, configuration, project, consumerKey);
  const app = { apiUrl, clientCredentials };
  const browser = flags.browser !== false;
  if (flags.callback !== undefined) {
    const { logInWithCallback } = await import("../login/callback.ts");
    const timeoutMs = (flags.timeout ?? defaultTimeoutSeconds) * 1000;
    const port = flags.callback === true ? 0 : flags.callback;
    const options = { port, timeoutMs, browser, target: deployment.stage };
    return loginOf(await logInWithCallback(environment, app, options));
  }
  const { logInWithPin } = await import("../login/pin.ts");
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
  terminal.say(`Already logged in${placeOf(earlier)} as ${nameOf(earlier)}.\n`);
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
  const { stage, screenName, userId, identityId, identityPoolId } = session;
  if (flags.json) {
    const result = { stage, screenName, userId, identityId, identityPoolId, expiration };
    await environment.terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
    return;
  }
  const done = expiration === undefined ? "Still logged in" : "Logged in";
  await environment.terminal.print(
    `${done}${placeOf(session)} as ${nameOf(session)}, identity ${identityId}\n`,
  );
  const next = stage === undefined ? "" : ` --stage ${stage}`;
  environment.terminal.say(`Next: auth-cli call /private${next}\n`);
}

function placeOf({ stage }: Session): string {
  return stage === undefined ? "" : ` to ${stage}`;
}

/** Where Twitter could not be asked for the screen name, the user id stands for it. */
function nameOf({ screenName, userId }: Session): string {
  return screenName === userId ? `user ${userId}` : `@${screenName}`;
}
