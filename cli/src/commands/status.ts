import {
  type DeploymentFlags,
  resolveDeployment,
  type ResolvedDeployment,
} from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { AuthCliError, type ErrorReport, toErrorReport } from "../errors.ts";
import { cachedIdentity, findLogin, type Login } from "../identity.ts";
import { exchange } from "../protocol/http.ts";
import { getCallerIdentityRequest, processGetCallerIdentityResponse, roleName } from "../protocol/sts.ts";
import { stsEndpoint } from "../services.ts";
import { type CachedIdentity, isFresh } from "../store/credentials-cache.ts";
import { readSessions } from "../store/sessions.ts";

export interface StatusFlags extends DeploymentFlags {
  user?: string;
  json?: boolean;
}

/** `status --json`. */
interface Status {
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
  region: string;
  /** Where endpoint and pool came from. */
  deploymentSource: string;
  screenName: string | undefined;
  userId: string | undefined;
  /** Where the Twitter token came from. */
  loginSource: string;
  loggedInAt: string | undefined;
  identityId: string | undefined;
  /** The role's name, when AWS tells. */
  role: string | undefined;
  /** Of the cached AWS credentials, ISO 8601; undefined when there are none. */
  expiration: string | undefined;
  /** They are renewed by the next call when they are not. */
  credentialsFresh: boolean;
  /** Why AWS did not tell the role. */
  roleError?: ErrorReport;
}

/** No longer than a person waits for an answer to "who am I". */
const roleTimeoutMs = 3000;

/**
 * `auth-cli status`: who am I, and where did each value come from. Changes nothing.
 * @throws AuthCliError `not-logged-in`
 */
export async function status(flags: StatusFlags, environment: Environment): Promise<void> {
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  const login = await findLogin(environment, resolved, sessions, flags.user);
  const { deployment } = resolved;
  const identity = cachedIdentity(environment, deployment, login);
  const result: Status = {
    stage: deployment.stage,
    apiEndpoint: deployment.apiEndpoint.href.replace(/\/$/, ""),
    identityPoolId: deployment.identityPoolId,
    region: deployment.region,
    deploymentSource: deployment.source,
    screenName: login.session?.screenName,
    userId: login.session?.userId,
    loginSource: login.source,
    loggedInAt: login.session?.loggedInAt,
    identityId: login.session?.identityId ?? identity?.identityId,
    expiration: identity?.credentials.expiration,
    credentialsFresh: identity !== undefined && isFresh(identity, environment.now()),
    role: undefined,
    ...(await askRole(environment, resolved, identity)),
  };
  await environment.terminal.print(
    flags.json ? `${JSON.stringify(result, undefined, 2)}\n` : formatStatus(result, login, environment.now()),
  );
}

async function askRole(
  environment: Environment,
  { configuration, deployment }: ResolvedDeployment,
  identity: CachedIdentity | undefined,
): Promise<Pick<Status, "role"> | Pick<Status, "roleError"> | undefined> {
  if (identity === undefined || !isFresh(identity, environment.now())) return undefined;
  const { region } = deployment;
  const endpoint = await stsEndpoint(configuration);
  const context = { region, endpoint, credentials: identity.credentials, nowMs: environment.now() };
  const request = { ...(await getCallerIdentityRequest(context)), timeoutMs: roleTimeoutMs };
  try {
    return { role: roleName(processGetCallerIdentityResponse(await exchange(environment.send, request))) };
  } catch (error) {
    if (error instanceof AuthCliError && error.code !== "interrupted")
      return { roleError: toErrorReport(error) };
    throw error;
  }
}

function formatStatus(result: Status, login: Login, nowMs: number): string {
  const who =
    result.screenName === undefined ? "a Twitter token" : `@${result.screenName} (user ${result.userId})`;
  const rows: [string, string | undefined, string?][] = [
    ["user", who, login.source],
    ["identity", result.identityId ?? "not asked for yet"],
    ["role", result.role ?? result.roleError?.message ?? "told once there are credentials"],
    ["credentials", describeExpiration(result, nowMs)],
    ["stage", result.stage ?? "without a name"],
    ["API", result.apiEndpoint, result.deploymentSource],
    ["identity pool", result.identityPoolId],
    ["region", result.region],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(
      ([name, value, source]) =>
        `${name.padEnd(width)}  ${value}${source === undefined ? "" : `  (${source})`}\n`,
    )
    .join("");
}

function describeExpiration({ expiration, credentialsFresh }: Status, nowMs: number): string {
  if (expiration === undefined) return "none yet; the next call gets them";
  const minutes = Math.round((Date.parse(expiration) - nowMs) / 60_000);
  if (minutes <= 0) return `expired ${-minutes} min ago; the next call renews them`;
  return `good for ${minutes} min${credentialsFresh ? "" : "; the next call renews them"}`;
}
