import { readIdToken } from "../../aws/id-token.ts";
import { twitterProvider } from "../../aws/logins.ts";
import type { ServiceAddresses } from "../../deployment/configuration.ts";
import { readKnownRoutes } from "../../deployment/known-routes.ts";
import type { DeploymentFlags, RememberedDeployment } from "../../deployment/deployment.ts";
import { resolveDeployment, type ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import { chosenAddresses, requireCognitoOfApi, twitterApiUrl } from "../../deployment/service-addresses.ts";
import type { Environment } from "../../environment/environment.ts";
import { toAuthCliError } from "../../errors.ts";
import { jsonLines } from "../../lines.ts";
import type { Identity } from "../../session/credentials-cache.ts";
import { providerLogin, twitterLogin } from "../../session/find-login.ts";
import {
  type LoginSource,
  parseLoginSource,
  parseLoginToken,
  readLoginText,
} from "../../session/given-token.ts";
import { cacheIdentity } from "../../session/identity-cache.ts";
import { exchangeLogin } from "../../session/renew-identity.ts";
import { isTrustedApi, resolveForLogin } from "../../session/login-addresses.ts";
import { checkSessionsAreWritable, loadTokenCredentials, saveSession } from "../../session/session-store.ts";
import {
  findSession,
  isTwitterSession,
  readSessions,
  type Session,
  userName,
  isSameLogin,
} from "../../session/sessions.ts";
import { verifyTwitterToken } from "../../session/verify-token.ts";
import { repeatFlags } from "../flags/repeat-flags.ts";
import { logInWithCallback } from "./callback.ts";
import { obtainClientCredentials } from "./consumer-key.ts";
import { logInWithPin } from "./pin.ts";
import { loginOf, type TwitterLogin } from "./twitter-login.ts";
import { logInWithToken } from "./with-token.ts";

export interface LoginFlags extends DeploymentFlags {
  /** The earlier login, or with `--from-twurl` the profile. */
  user?: string;
  json?: boolean;
  /** False with `--no-browser`. */
  browser?: boolean;
  consumerKey?: string;
  /** The port; 0 for a free one, `true` for the default. */
  callback?: number | true;
  /** Seconds to wait for the callback. */
  timeout?: number;
  withToken?: boolean;
  /** `true` for the file in the home folder. */
  fromTwurl?: string | true;
  /** `<provider>=-` or `<provider>=env:<variable>`. */
  login?: string;
  /** Log in again without asking. */
  force?: boolean;
}

/** X takes only a registered URL, so a free port would never do. The local cloud registers this one. */
const defaultCallbackPort = 8976;

/** Enough to look up a password, without leaving the port open for long. */
const defaultTimeoutSeconds = 300;

/**
 * `auth-cli login`: logs in with Twitter, in one of four ways, or with the token of another provider of the identity
 * pool. Then gets the Cognito identity, and stores both.
 */
export async function login(flags: LoginFlags, environment: Environment): Promise<void> {
  const source =
    flags.login === undefined ? undefined : parseLoginSource(environment, flags.login, "--login");
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  // A configuration error must show before the user spends a PIN.
  const addresses = await chosenAddresses(resolved.configuration);
  await requireCognitoOfApi(environment, resolved.configuration, resolved.deployment);

  // A token on the command line needs no confirmation.
  const earlier =
    source === undefined ? findSession(sessions, resolved.deployment.identityPoolId, flags.user) : undefined;
  const isTrusted = isTrustedApi(resolveForLogin(resolved, { session: earlier }, sessions));
  const isKept =
    earlier !== undefined &&
    !flags.force &&
    !(await confirmNewLogin(environment, earlier, isTrusted, resolved));
  if (isKept) {
    await report(environment, earlier, undefined, flags, resolved);
    return;
  }

  await checkSessionsAreWritable(environment);

  const context = { environment, flags, resolved, sessions, addresses };
  const { session, identity } = await (source === undefined || source.provider === twitterProvider
    ? createTwitterSession(context, source)
    : createProviderSession(context, source));
  await saveSession(environment, session);
  const replaced = sessions.find((other) => isSameLogin(other, session))?.apiEndpoint.replace(/\/$/, "");
  if (replaced !== undefined && replaced !== session.apiEndpoint.replace(/\/$/, ""))
    environment.terminal.say(`note: the earlier login, with the API ${replaced}, stays valid`);
  await cacheIdentity(environment, session, identity);
  await report(environment, session, identity.credentials.expiration, flags, resolved);
}

interface LoginContext {
  environment: Environment;
  flags: LoginFlags;
  resolved: ResolvedDeployment;
  sessions: readonly Session[];
  addresses: ServiceAddresses;
}

interface NewLogin {
  session: Session;
  identity: Identity;
}

async function createTwitterSession(
  context: LoginContext,
  source: LoginSource | undefined,
): Promise<NewLogin> {
  const { environment, flags, resolved } = context;
  const { tokenCredentials, user } = await logInToTwitter(context, source);
  const exchange = exchangeLogin(environment, resolved, twitterLogin(tokenCredentials), {
    consumerKey: flags.consumerKey,
  });
  exchange.catch(() => {});
  // Twitter's refusal of the token explains more than Cognito's, so it is reported first.
  const { userId, screenName } = await user;
  const identity = await environment.terminal.withSpinner("asking Cognito", exchange);
  const { identityId } = identity;
  return {
    session: { ...storedLogin(context), userId, screenName, identityId, tokenCredentials },
    identity,
  };
}

/** Uses a token that another tool got from the provider. Only Cognito verifies it. */
async function createProviderSession(context: LoginContext, source: LoginSource): Promise<NewLogin> {
  const { environment, resolved } = context;
  const { provider } = source;
  const text = await readLoginText(environment, resolved.configuration, source);
  if (source.variable !== undefined) environment.terminal.say(`Token of ${provider} from ${text.source}`);
  const token = parseLoginToken(environment, provider, text);
  const identity = await environment.terminal.withSpinner(
    "asking Cognito",
    exchangeLogin(environment, resolved, providerLogin(provider, token)),
  );
  const { identityId } = identity;
  const claims = readIdToken(token);
  const userId = claims?.subject ?? identityId;
  return {
    session: {
      ...storedLogin(context),
      provider,
      userId,
      name: claims?.name ?? userId,
      identityId,
      loginToken: { secret: token },
      ...(claims?.expiresAt === undefined ? {} : { tokenExpiresAt: claims.expiresAt }),
    },
    identity,
  };
}

function storedLogin({
  environment,
  resolved: { project, deployment },
  addresses,
}: LoginContext): RememberedDeployment & Pick<Session, "loggedInAt" | "addresses"> {
  return {
    appName: project.appName,
    stage: deployment.stage,
    apiEndpoint: deployment.apiEndpoint.href,
    identityPoolId: deployment.identityPoolId,
    loggedInAt: new Date(environment.now()).toISOString(),
    ...(Object.keys(addresses).length === 0 ? {} : { addresses }),
  };
}

async function logInToTwitter(
  { environment, flags, resolved, sessions }: LoginContext,
  source: LoginSource | undefined,
): Promise<TwitterLogin> {
  const { configuration, deployment, project } = resolved;
  const { consumerKey } = flags;
  if (flags.withToken || source !== undefined) {
    const knownName = (userId: string): string | undefined =>
      sessions.filter(isTwitterSession).findLast((session) => session.userId === userId)?.screenName;
    const read = source && (() => readLoginText(environment, configuration, source));
    return logInWithToken(environment, configuration, knownName, consumerKey, read);
  }
  if (flags.fromTwurl !== undefined) {
    // Loads a YAML parser.
    const { logInFromTwurl } = await import("./twurl.ts");
    return loginOf(await logInFromTwurl(environment, configuration, flags.fromTwurl, flags));
  }
  const apiUrl = await twitterApiUrl(configuration);
  const clientCredentials = await obtainClientCredentials(environment, configuration, project, consumerKey);
  const app = { apiUrl, clientCredentials };
  const browser = flags.browser !== false;
  if (flags.callback === undefined) return loginOf(await logInWithPin(environment, app, { browser }));
  const timeoutMs = (flags.timeout ?? defaultTimeoutSeconds) * 1000;
  const port = flags.callback === true ? defaultCallbackPort : flags.callback;
  const options = { port, timeoutMs, browser, target: deployment.stage };
  return loginOf(await logInWithCallback(environment, app, options));
}

/**
 * Asks on a terminal only: piped input counts as a yes, an empty answer as a no.
 * @param isTrusted false when the other commands refuse the earlier login, because it was made with another API
 */
async function confirmNewLogin(
  environment: Environment,
  earlier: Session,
  isTrusted: boolean,
  resolved: ResolvedDeployment,
): Promise<boolean> {
  const { terminal } = environment;
  terminal.say(`Already logged in${placeOf(earlier)} as ${fullName(earlier)}.`);
  if (!terminal.interactive || !isTrusted) return true;
  const refusal = await terminal.withSpinner("asking Twitter", findRefusal(environment, earlier, resolved));
  if (refusal !== undefined) {
    terminal.say(`That login no longer works: ${refusal}`);
    return true;
  }
  return /^\s*y(es)?\s*$/i.test((await terminal.ask("Log in again? (y/N) ")) ?? "");
}

/** Why the login no longer works. Undefined when it does, or when nobody can say. */
async function findRefusal(
  environment: Environment,
  stored: Session,
  { configuration }: ResolvedDeployment,
): Promise<string | undefined> {
  if (stored.provider !== undefined) {
    const { tokenExpiresAt } = stored;
    const isOver = tokenExpiresAt !== undefined && Date.parse(tokenExpiresAt) <= environment.now();
    return isOver ? "its token has expired" : undefined;
  }
  try {
    const token = await loadTokenCredentials(environment, stored);
    const ofLogin = configuration.withLoginAddresses(stored.addresses);
    await verifyTwitterToken(environment, { configuration: ofLogin }, token);
  } catch (error) {
    const { code, message } = toAuthCliError(error);
    if (code === "interrupted") throw error;
    if (code === "token-refused" || code === "not-logged-in") return message;
  }
  return undefined;
}

/** @param expiration of the AWS credentials; undefined when the earlier login stays */
async function report(
  environment: Environment,
  session: Session,
  expiration: string | undefined,
  flags: LoginFlags,
  resolved: ResolvedDeployment,
): Promise<void> {
  const { stage, userId, identityId, identityPoolId } = session;
  if (flags.json) {
    const { provider = twitterProvider } = session;
    const who =
      session.provider === undefined
        ? { screenName: session.screenName, userId }
        : { name: session.name, userId, tokenExpiration: session.tokenExpiresAt };
    const result = { stage, provider, ...who, identityId, identityPoolId, expiration };
    await environment.terminal.print(jsonLines(result));
    return;
  }
  const done = expiration === undefined ? "Still logged in" : "Logged in";
  await environment.terminal.print(
    `${done}${placeOf(session)} as ${fullName(session)}, identity ${identityId}`,
  );
  if (session.provider !== undefined && session.tokenExpiresAt !== undefined) {
    const minutes = Math.round((Date.parse(session.tokenExpiresAt) - environment.now()) / 60_000);
    environment.terminal.say(
      `note: the token of ${session.provider} expires in ${minutes} min; then log in again with a new one`,
    );
  }
  environment.terminal.say(
    `Next: ${repeatFlags(`${environment.commandName} call ${pathToCall(environment, resolved)}`, { ...flags, stage }, environment.platform)}`,
  );
}

/** A path of the API, from `auth-cli.json` or the synthesized templates. SST's guide has /private. */
function pathToCall(environment: Environment, { deployment, project, settings }: ResolvedDeployment): string {
  const named = /\/\S*$/.exec(settings?.routes?.[0] ?? "")?.[0];
  if (named !== undefined) return named;
  // A function URL.
  if (deployment.service === "lambda") return "/";
  const paths = readKnownRoutes(environment, project.root).flatMap(({ method, path }) =>
    method === "GET" && /^\/[\w./-]*$/.test(path) ? [path] : [],
  );
  const isGuides = project.framework === undefined || project.framework === "sst";
  const [first = isGuides ? "/private" : "<path>"] = paths;
  return paths.includes("/private") ? "/private" : first;
}

function placeOf({ stage }: Session): string {
  return stage === undefined ? "" : ` to ${stage}`;
}

function fullName(session: Session): string {
  const provider = session.provider === undefined ? "" : ` (${session.provider})`;
  return `${userName(session)}${provider}`;
}
