import { twitterProvider } from "../../aws/logins.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { jsonLines } from "../../lines.ts";
import { findSession, readSessions, type Session, userName } from "../../session/sessions.ts";

/** `status --all`. */
export async function listLogins(
  { json, user, check: asks }: { json?: boolean; user?: string; check?: boolean },
  environment: Environment,
): Promise<void> {
  if (user !== undefined || asks) {
    const flag = asks ? "--check" : "--user";
    throw new AuthCliError("invalid-usage", {
      message: `${flag} and --all contradict each other`,
      cause: `--all lists every stored login, and ${flag} is about one of them`,
      fix: `leave out ${flag}, or run \`auth-cli status\` without --all`,
    });
  }
  const sessions = readSessions(environment);
  const { terminal } = environment;
  const isCurrent = (session: Session): boolean =>
    session === findSession(sessions, session.identityPoolId, undefined);
  if (json) {
    await terminal.print(
      jsonLines({
        logins: sessions.map((session) => ({
          appName: session.appName,
          stage: session.stage,
          provider: session.provider ?? twitterProvider,
          ...(session.provider === undefined ? { screenName: session.screenName } : { name: session.name }),
          userId: session.userId,
          identityId: session.identityId,
          identityPoolId: session.identityPoolId,
          apiEndpoint: session.apiEndpoint,
          loggedInAt: session.loggedInAt,
          current: isCurrent(session),
        })),
      }),
    );
    return;
  }
  if (sessions.length === 0) return terminal.print("no login is stored on this computer");
  const lines = sessions.map((session) => [
    `${isCurrent(session) ? "*" : " "} ${userName(session)}`,
    session.stage ?? "unnamed",
    session.identityId,
    session.loggedInAt,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  await terminal.print(
    lines.map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
  );
}
