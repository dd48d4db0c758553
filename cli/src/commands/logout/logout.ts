import { join } from "node:path";
import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment, type ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError, type ErrorCode } from "../../errors.ts";
import { jsonLines } from "../../lines.ts";
import { forgetAllIdentities, forgetIdentity } from "../../session/identity-cache.ts";
import { exchangeSigned } from "../../server-clock.ts";
import { invalidateTokenRequest, processInvalidateTokenResponse } from "../../twitter/twitter-api.ts";
import { requireClientCredentials } from "../../deployment/client-credentials.ts";
import { twitterApiUrl } from "../../deployment/service-addresses.ts";
import { configFolder } from "../../session/folders.ts";
import { loadTokenCredentials, removeSessions } from "../../session/session-store.ts";
import {
  findSession,
  isTwitterSession,
  type ProviderSession,
  readSessions,
  type Session,
  type TwitterSession,
  userName,
} from "../../session/sessions.ts";

export interface LogoutFlags extends DeploymentFlags {
  user?: string;
  json?: boolean;
  /** Every login on this computer. */
  all?: boolean;
  /** Also revoke the token at Twitter. Tokens of other providers stay valid. */
  revoke?: boolean;
}

/**
 * `auth-cli logout`: removes stored logins and their AWS credentials.
 * @throws AuthCliError `invalid-usage` for `--user` with `--all`; `not-logged-in` without a login to remove, unless `--all`
 *   is set; Twitter's refusal, before it removes anything
 */
export async function logout(flags: LogoutFlags, environment: Environment): Promise<void> {
  if (flags.all && flags.user !== undefined) {
    throw new AuthCliError("invalid-usage", {
      message: `--user ${flags.user} and --all contradict each other`,
      cause: "--all removes every login on this computer, not only those of one user",
      fix: "leave out --all, or run `auth-cli logout --all` without --user",
    });
  }
  const sessions = readSessions(environment);
  if (flags.all && sessions.length === 0) {
    removeLeftovers(environment);
    await environment.terminal.print(
      flags.json ? jsonLines({ loggedOut: [], revoked: false }) : "no login is stored on this computer",
    );
    return;
  }
  const resolved = flags.all && !flags.revoke ? undefined : await resolve(environment, flags, sessions);
  const chosen = flags.all
    ? sessions
    : [findSession(sessions, resolved?.deployment.identityPoolId ?? "", flags.user)];
  const leaving = chosen.filter((session) => session !== undefined);
  if (leaving.length === 0) {
    throw new AuthCliError("not-logged-in", {
      message: `${flags.user === undefined ? "" : `${flags.user} is `}not logged in${resolved?.deployment.stage === undefined ? "" : ` to ${resolved.deployment.stage}`}`,
      fix: "run `auth-cli status`, or remove every login with `auth-cli logout --all`",
    });
  }
  const revoked = flags.revoke ? leaving.filter(isTwitterSession) : [];
  if (resolved !== undefined) {
    for (const session of revoked) await revoke(environment, resolved, session);
  }
  await removeSessions(environment, leaving);
  if (flags.all) removeLeftovers(environment);
  else for (const session of leaving) forgetIdentity(environment, session);
  if (flags.revoke) {
    for (const session of leaving) if (session.provider !== undefined) warnNotRevoked(environment, session);
  }
  const result = leaving.map((session) =>
    session.provider === undefined
      ? { stage: session.stage, screenName: session.screenName, userId: session.userId }
      : { stage: session.stage, provider: session.provider, name: session.name, userId: session.userId },
  );
  await environment.terminal.print(
    flags.json
      ? jsonLines({ loggedOut: result, revoked: revoked.length > 0 })
      : leaving.map((session) => `Logged out ${userName(session)}${describe(session)}`),
  );
}

/** Deploying again would not help somebody who wants to leave. */
async function resolve(
  environment: Environment,
  flags: LogoutFlags,
  sessions: readonly Session[],
): Promise<ResolvedDeployment> {
  try {
    return await resolveDeployment(environment, flags, () => sessions);
  } catch (error) {
    if (!(error instanceof AuthCliError) || !notDeployed.has(error.code)) throw error;
    const { code, message, cause } = error;
    throw new AuthCliError(code, {
      message,
      ...(cause === undefined ? {} : { cause }),
      fix: "run `auth-cli logout --all` to remove every login on this computer",
    });
  }
}

const notDeployed: ReadonlySet<ErrorCode> = new Set(["outputs-not-found", "unknown-stage"]);

/** AWS credentials of logins that are not stored, and files that auth-cli could not read. */
function removeLeftovers(environment: Environment): void {
  forgetAllIdentities(environment);
  nameSetAsideFiles(environment);
}

/** They may be all that is left of somebody's logins, so only their owner removes them. */
function nameSetAsideFiles(environment: Environment): void {
  const folder = configFolder(environment);
  for (const name of environment.files.list(folder)) {
    if (!name.startsWith("sessions.json.corrupt-")) continue;
    environment.terminal.say(
      `note: ${join(folder, name)} may hold earlier logins; remove it if you do not need it`,
    );
  }
}

async function revoke(
  environment: Environment,
  { configuration: ofProject }: ResolvedDeployment,
  session: TwitterSession,
): Promise<void> {
  const configuration = ofProject.withLoginAddresses(session.addresses);
  const token = await loadTokenCredentials(environment, session);
  const context = {
    apiUrl: await twitterApiUrl(configuration),
    clientCredentials: await requireClientCredentials(environment, configuration),
    nowMs: environment.now(),
  };
  const reply = await exchangeSigned(environment, invalidateTokenRequest(context, token));
  try {
    processInvalidateTokenResponse(reply, context);
  } catch (error) {
    // Twitter no longer knows the token, so it is revoked already.
    if (!(error instanceof AuthCliError) || error.code !== "token-refused") throw error;
  }
}

function warnNotRevoked({ terminal }: Environment, { provider, tokenExpiresAt }: ProviderSession): void {
  const end = tokenExpiresAt === undefined ? "" : ` It expires at ${tokenExpiresAt}.`;
  terminal.say(
    `note: removed the token of ${provider} without revoking it: --revoke supports only Twitter.${end}`,
  );
}

function describe({ stage }: Session): string {
  return stage === undefined ? "" : ` from ${stage}`;
}
