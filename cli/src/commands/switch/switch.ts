import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { jsonLines } from "../../lines.ts";
import { findLogin } from "../../session/find-login.ts";
import { preferSession } from "../../session/session-store.ts";
import { readSessions, userName } from "../../session/sessions.ts";

export interface SwitchFlags extends DeploymentFlags {
  user?: string;
  json?: boolean;
}

/**
 * `auth-cli switch <user>`: the other commands use this login for the stage, as if it were the last one.
 * @throws AuthCliError `not-logged-in` when the user has no login to the stage; `invalid-usage` for another `--user`
 */
export async function switchUser(user: string, flags: SwitchFlags, environment: Environment): Promise<void> {
  if (flags.user !== undefined && flags.user !== user) {
    throw new AuthCliError("invalid-usage", {
      message: `${user} and --user ${flags.user} contradict each other`,
      fix: "leave out --user",
    });
  }
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  const { session } = await findLogin(environment, resolved, sessions, user);
  if (session === undefined) throw new Error("a login of a user is a stored one");
  await preferSession(environment, session);
  const { terminal } = environment;
  const { stage } = resolved.deployment;
  await terminal.print(
    flags.json
      ? jsonLines({ stage, user: userName(session), userId: session.userId })
      : `Switched ${stage ?? "the deployment"} to ${userName(session)}`,
  );
  const { given } = await findLogin(environment, resolved, sessions, undefined);
  if (given !== undefined) {
    terminal.say(`note: the token from ${given.source} still goes before every stored login`);
  }
}
