import {
  type DeploymentFlags,
  resolveDeployment,
  type ResolvedDeployment,
} from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import { forgetIdentity, loadSessionToken } from "../identity.ts";
import { exchange } from "../protocol/http.ts";
import { invalidateTokenRequest, processInvalidateTokenResponse } from "../protocol/twitter.ts";
import { requireClientCredentials, twitterApiUrl } from "../services.ts";
import { findSession, readSessions, removeSessions, type Session } from "../store/sessions.ts";

export interface LogoutFlags extends DeploymentFlags {
  user?: string;
  json?: boolean;
  /** Every login on this computer. */
  all?: boolean;
  /** Let Twitter forget the token too. */
  revoke?: boolean;
}

/**
 * `auth-cli logout`: forgets stored logins and their AWS credentials.
 * @throws AuthCliError `not-logged-in` when there is nothing to forget; a refusal of Twitter's, before anything is forgotten
 */
export async function logout(flags: LogoutFlags, environment: Environment): Promise<void> {
  const sessions = readSessions(environment);
  const resolved =
    flags.all && !flags.revoke ? undefined : await resolveDeployment(environment, flags, () => sessions);
  const chosen = flags.all
    ? sessions
    : [findSession(sessions, resolved?.deployment.identityPoolId ?? "", flags.user)];
  const leaving = chosen.filter((session) => session !== undefined);
  if (leaving.length === 0) {
    throw new AuthCliError("not-logged-in", {
      message: `${flags.user ?? "nobody"} is ${flags.user === undefined ? "" : "not "}logged in${resolved?.deployment.stage === undefined ? "" : ` to ${resolved.deployment.stage}`}`,
      fix: "see `auth-cli status`, or forget every login with --all",
    });
  }
  if (flags.revoke && resolved !== undefined) {
    for (const session of leaving) await revoke(environment, resolved, session);
  }
  await removeSessions(environment, leaving);
  for (const session of leaving) forgetIdentity(environment, session);
  const result = leaving.map(({ stage, screenName, userId }) => ({ stage, screenName, userId }));
  await environment.terminal.print(
    flags.json
      ? `${JSON.stringify({ loggedOut: result, revoked: flags.revoke === true }, undefined, 2)}\n`
      : leaving.map((session) => `Logged out @${session.screenName}${describe(session)}\n`).join(""),
  );
}

async function revoke(
  environment: Environment,
  { configuration }: ResolvedDeployment,
  session: Session,
): Promise<void> {
  const token = await loadSessionToken(environment, session);
  const context = {
    apiUrl: await twitterApiUrl(configuration),
    clientCredentials: await requireClientCredentials(environment, configuration),
    nowMs: environment.now(),
  };
  const reply = await exchange(environment.send, invalidateTokenRequest(context, token));
  try {
    processInvalidateTokenResponse(reply, context);
  } catch (error) {
    // A token that Twitter no longer knows is what was asked for.
    if (!(error instanceof AuthCliError) || error.code !== "token-refused") throw error;
  }
}

function describe({ stage }: Session): string {
  return stage === undefined ? "" : ` from ${stage}`;
}
