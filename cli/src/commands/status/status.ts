import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment, type ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import { regionOfPool } from "../../deployment/region.ts";
import { findStageSetting } from "../../deployment/stage.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError, type ErrorReport, toErrorReport } from "../../errors.ts";
import { jsonLines } from "../../lines.ts";
import { findLogin, type Login } from "../../session/find-login.ts";
import { resolveForLogin } from "../../session/login-addresses.ts";
import { cachedIdentity } from "../../session/identity-cache.ts";
import { exchangeSigned } from "../../server-clock.ts";
import { twitterProvider } from "../../aws/logins.ts";
import { getCallerIdentityRequest, processGetCallerIdentityResponse, roleName } from "../../aws/sts.ts";
import { cognitoEndpoint, stsEndpoint, twitterApiUrl } from "../../deployment/service-addresses.ts";
import { type Identity, cachePath, isFresh } from "../../session/credentials-cache.ts";
import { readSessions, sessionsPath } from "../../session/sessions.ts";
import { type Check, checkLogin } from "./check-login.ts";
import { listLogins } from "./list-logins.ts";

export interface StatusFlags extends DeploymentFlags {
  user?: string;
  json?: boolean;
  /** Ask Twitter and Cognito. */
  check?: boolean;
  /** Every stored login. */
  all?: boolean;
}

/** `status --json`. */
interface Status {
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
  region: string;
  /** The key of the logins map. */
  provider: string;
  /** Twitter's. */
  screenName: string | undefined;
  /** Another provider's, from the token. Only Cognito has verified it. */
  name?: string;
  userId: string | undefined;
  loggedInAt: string | undefined;
  /** When the provider's token expires, from the token, ISO 8601. Twitter's tokens do not expire. */
  tokenExpiration?: string;
  identityId: string | undefined;
  /** The name of the role, if AWS STS returned it. */
  role: string | undefined;
  /** Of the cached AWS credentials, ISO 8601; undefined without any. */
  expiration: string | undefined;
  /** If false, the next call renews the credentials. */
  credentialsFresh: boolean;
  twitterApiUrl: string;
  /** Instead of amazonaws.com. */
  awsEndpointUrl: string | undefined;
  /** With `--check`. */
  check?: Check;
  /** Why the role is unknown. */
  roleError?: ErrorReport;
  /** The source of each value. */
  sources: Sources;
}

interface Sources {
  stage: string;
  apiEndpoint: string;
  identityPoolId: string;
  region: string;
  /** Of the provider's token. */
  login: string;
  /** Undefined without an identity. */
  identity: string | undefined;
  /** Undefined without AWS credentials. */
  credentials: string | undefined;
  /** The X app's consumer key and secret; undefined when they are not set. */
  clientCredentials: string | undefined;
  /** Undefined for the default address. */
  twitterApiUrl: string | undefined;
  awsEndpointUrl: string | undefined;
}

/** The role is not worth a longer wait. */
const roleTimeoutMs = 3000;

/**
 * `auth-cli status`: shows the login and the source of each value. Changes nothing, except that `--check` renews the
 * cached AWS credentials.
 * @throws AuthCliError `not-logged-in`, with `--check` also the refusal of Cognito or Twitter
 */
export async function status(flags: StatusFlags, environment: Environment): Promise<void> {
  if (flags.all) return listLogins(flags, environment);
  const sessions = readSessions(environment);
  const found = await resolveDeployment(environment, flags, () => sessions);
  const login = await findLogin(environment, found, sessions, flags.user);
  const resolved = resolveForLogin(found, login, sessions);
  const { deployment, configuration } = resolved;
  const checked = flags.check ? await checkLogin(environment, resolved, login) : undefined;
  const identity = cachedIdentity(environment, deployment, login);
  const cognito = await cognitoEndpoint(configuration);
  const result: Status = {
    stage: deployment.stage,
    apiEndpoint: deployment.apiEndpoint.href.replace(/\/$/, ""),
    identityPoolId: deployment.identityPoolId,
    region: deployment.region,
    provider: login.provider,
    ...userOf(login),
    userId: login.session?.userId,
    loggedInAt: login.session?.loggedInAt,
    identityId: login.session?.identityId ?? identity?.identityId,
    expiration: identity?.credentials.expiration,
    credentialsFresh: identity !== undefined && isFresh(identity, environment.now()),
    twitterApiUrl: (await twitterApiUrl(configuration)).origin,
    awsEndpointUrl: cognito?.href.replace(/\/$/, ""),
    role: undefined,
    ...(await askRole(environment, resolved, identity)),
    ...(checked && { check: { ...checked.verdicts, errors: checked.refusals.map(toErrorReport) } }),
    sources: await findSources(environment, flags, resolved, login, identity),
  };
  await environment.terminal.print(flags.json ? jsonLines(result) : formatStatus(result, environment.now()));
  const [refusal] = checked?.refusals ?? [];
  if (refusal !== undefined) throw refusal;
}

function userOf({ session, tokenExpiresAt }: Login): Pick<Status, "screenName" | "name" | "tokenExpiration"> {
  const tokenExpiration = tokenExpiresAt === undefined ? {} : { tokenExpiration: tokenExpiresAt };
  if (session?.provider === undefined) return { screenName: session?.screenName, ...tokenExpiration };
  return { screenName: undefined, name: session.name, ...tokenExpiration };
}

async function findSources(
  environment: Environment,
  flags: StatusFlags,
  { deployment, configuration, project }: ResolvedDeployment,
  login: Login,
  identity: Identity | undefined,
): Promise<Sources> {
  const sourceOf = async (name: string): Promise<string | undefined> =>
    (await configuration.find(name))?.source;
  const { twitter, cognito } = configuration.loginAddresses;
  const cache = cachePath(environment, deployment.identityPoolId, login.cacheKey);
  return {
    stage: findStageSetting(environment, flags, project)?.source ?? deployment.source,
    apiEndpoint: deployment.source,
    identityPoolId: deployment.poolSource,
    region: deployment.regionSource,
    login: login.source,
    identity: login.session === undefined ? identity && cache : sessionsPath(environment),
    credentials: identity && cache,
    clientCredentials:
      (await sourceOf("TWITTER_CONSUMER_SECRET")) && (await sourceOf("TWITTER_CONSUMER_KEY")),
    twitterApiUrl: (await sourceOf("TWITTER_API_URL")) ?? (twitter && sessionsPath(environment)),
    awsEndpointUrl:
      (await sourceOf("AWS_ENDPOINT_URL_COGNITO_IDENTITY")) ??
      (await sourceOf("AWS_ENDPOINT_URL")) ??
      (cognito && sessionsPath(environment)),
  };
}

async function askRole(
  environment: Environment,
  { configuration, deployment }: ResolvedDeployment,
  identity: Identity | undefined,
): Promise<Pick<Status, "role"> | Pick<Status, "roleError"> | undefined> {
  if (identity === undefined || !isFresh(identity, environment.now())) return undefined;
  const region = regionOfPool(deployment.identityPoolId);
  const endpoint = await stsEndpoint(configuration);
  const context = { region, endpoint, credentials: identity.credentials };
  const request = { ...getCallerIdentityRequest(context), timeoutMs: roleTimeoutMs };
  try {
    return { role: roleName(processGetCallerIdentityResponse(await exchangeSigned(environment, request))) };
  } catch (error) {
    if (error instanceof AuthCliError && error.code !== "interrupted")
      return { roleError: toErrorReport(error) };
    throw error;
  }
}

type Row = [name: string, value: string, source?: string | undefined];

function formatStatus(result: Status, nowMs: number): string[] {
  const { sources } = result;
  const byTwitter = result.provider === twitterProvider;
  const rows: Row[] = [
    ["user", describeUser(result), sources.login],
    ...(byTwitter ? [] : [tokenRow(result, nowMs)]),
    ["identity", result.identityId ?? "none yet", sources.identity],
    ["role", ...describeRole(result)],
    ["credentials", describeExpiration(result, nowMs), sources.credentials],
    ...checkRows(result),
    ["stage", result.stage ?? "unnamed", sources.stage],
    ["API", result.apiEndpoint, sources.apiEndpoint],
    ["identity pool", result.identityPoolId, sources.identityPoolId],
    ["region", result.region, sources.region],
    ...(byTwitter ? twitterRows(result) : []),
    ["AWS", result.awsEndpointUrl ?? "amazonaws.com", sources.awsEndpointUrl],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(
    ([name, value, source]) =>
      `${name.padEnd(width)}  ${value}${source === undefined ? "" : `  (${source})`}`,
  );
}

function describeUser({ provider, screenName, name, userId }: Status): string {
  if (provider !== twitterProvider) {
    if (name === undefined) return `a token of ${provider}`;
    return name === userId ? `${name} (${provider})` : `${name} (${provider}, user ${userId})`;
  }
  return screenName === undefined ? "a Twitter token" : `@${screenName} (user ${userId})`;
}

function checkRows({ check: checked }: Status): Row[] {
  if (checked === undefined) return [];
  const words: Record<Check["twitter"], string> = {
    accepted: "accepts the login",
    refused: "refuses the login",
    "not asked": "was not asked",
  };
  return [
    ["Twitter", words[checked.twitter]],
    ["Cognito", words[checked.cognito]],
  ];
}

function tokenRow({ tokenExpiration }: Status, nowMs: number): Row {
  if (tokenExpiration === undefined) return ["token", "has no expiry"];
  const minutes = Math.round((Date.parse(tokenExpiration) - nowMs) / 60_000);
  const until = minutes > 0 ? `expires in ${minutes} min` : `expired ${-minutes} min ago; log in again`;
  return ["token", until, tokenExpiration];
}

function twitterRows({ sources, twitterApiUrl: url }: Status): Row[] {
  const { clientCredentials } = sources;
  return [
    ["consumer key", clientCredentials === undefined ? "not set" : "set", clientCredentials],
    ["Twitter", url, sources.twitterApiUrl],
  ];
}

function describeRole({ role, roleError }: Status): [string, string?] {
  if (role !== undefined) return [role, "AWS STS"];
  return [roleError?.message ?? "unknown without fresh credentials"];
}

function describeExpiration(
  { expiration, credentialsFresh, tokenExpiration }: Status,
  nowMs: number,
): string {
  if (expiration === undefined) return "none yet; the next call gets them";
  const minutes = Math.round((Date.parse(expiration) - nowMs) / 60_000);
  const isRenewable = tokenExpiration === undefined || Date.parse(tokenExpiration) > nowMs;
  if (!isRenewable && minutes > 0) return `expire in ${minutes} min; then log in again`;
  const renewal = isRenewable ? "the next call renews them" : "log in again";
  if (minutes <= 0) return `expired ${-minutes} min ago; ${renewal}`;
  return `expire in ${minutes} min${credentialsFresh ? "" : "; the next call renews them"}`;
}
