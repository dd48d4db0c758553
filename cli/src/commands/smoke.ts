import { resolve } from "node:path";
import { type DeploymentFlags, resolveDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { findLogin } from "../identity.ts";
import { runChain } from "../smoke/chain.ts";
import { runCheck, skipped } from "../smoke/check.ts";
import { formatReport } from "../reports/terminal.ts";
import { checkNames, type CheckResult, type SmokeReport } from "../smoke/report.ts";
import { readSessions } from "../store/sessions.ts";

export interface SmokeFlags extends DeploymentFlags {
  user?: string;
  json?: boolean;
  reportJson?: string;
}

/**
 * `auth-cli smoke`: the whole chain with its negative controls.
 * @returns the exit code: 0 when no check failed, 2 without a deployment, 4 without a login, else 1
 */
export async function smoke(flags: SmokeFlags, environment: Environment): Promise<number> {
  const started = environment.now();
  const sessions = readSessions(environment);
  const { result: outputs, value: resolved } = await runCheck("outputs", environment, () =>
    resolveDeployment(environment, flags, () => sessions),
  );
  const chain =
    resolved === undefined
      ? {
          checks: checkNames.filter((name) => name !== "outputs").map((name) => skipped(name, "outputs")),
          identityId: undefined,
        }
      : await environment.terminal.during(
          `checking ${resolved.deployment.apiEndpoint.host}`,
          runChain({ environment, resolved, routes: { public: "/public", private: "/private" } }, async () =>
            (await findLogin(environment, resolved, sessions, flags.user)).loadToken(),
          ),
        );
  const checks = [outputs, ...chain.checks].toSorted(
    (a, b) => checkNames.indexOf(a.name) - checkNames.indexOf(b.name),
  );
  const report: SmokeReport = {
    schemaVersion: 1,
    stage: resolved?.deployment.stage ?? flags.stage,
    startedAt: new Date(started).toISOString(),
    durationMs: environment.now() - started,
    identityId: chain.identityId,
    passed: checks.every(({ status }) => status !== "failed"),
    checks,
  };

  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  if (flags.reportJson !== undefined) {
    const path = resolve(environment.workingDirectory, flags.reportJson);
    await environment.files.writeStream(path, toChunks(environment.redactor.redact(json)));
  }
  const target =
    resolved === undefined
      ? "smoke"
      : `smoke of ${resolved.deployment.stage ?? "the deployment"}: ${resolved.deployment.apiEndpoint.origin}, pool ${resolved.deployment.identityPoolId}`;
  await environment.terminal.print(
    flags.json ? json : formatReport(report, target, environment.terminal.colour),
  );
  return exitCodeOf(checks);
}

function exitCodeOf(checks: readonly CheckResult[]): number {
  const failed = checks.filter(({ status }) => status === "failed");
  if (failed.length === 0) return 0;
  if (failed.some(({ name }) => name === "outputs")) return 2;
  return failed.some(({ error }) => error?.code === "not-logged-in") ? 4 : 1;
}

async function* toChunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
