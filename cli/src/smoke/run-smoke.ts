import type { DeploymentFlags } from "../deployment/resolve-deployment.ts";
import { resolveDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { findLogin } from "../identity.ts";
import { readSessions } from "../store/sessions.ts";
import { runChain } from "./chain.ts";
import { runCheck, skipped } from "./check.ts";
import { type CheckResult, checkNames, type OnProgress, type SmokeReport, type SmokeRun } from "./report.ts";

export interface SmokeOptions extends DeploymentFlags {
  /** At least one; undefined stands for the stage that the project says. */
  stages: readonly (string | undefined)[];
  user?: string;
}

/** Checks the stages side by side. Rejects only with `interrupted`, and with what nobody foresaw. */
export async function runSmoke(
  options: SmokeOptions,
  environment: Environment,
  onProgress: OnProgress = () => {},
): Promise<SmokeRun> {
  const started = environment.now();
  const stages = await Promise.all(
    options.stages.map((stage, index) =>
      runStage({ ...options, stage }, environment, (event) => onProgress(index, event)),
    ),
  );
  return {
    schemaVersion: 1,
    startedAt: new Date(started).toISOString(),
    durationMs: environment.now() - started,
    passed: stages.every(({ passed }) => passed),
    stages,
  };
}

async function runStage(
  options: SmokeOptions & { stage: string | undefined },
  environment: Environment,
  tell: (event: Parameters<OnProgress>[1]) => void,
): Promise<SmokeReport> {
  const started = environment.now();
  const sessions = readSessions(environment);
  tell({ kind: "started", name: "outputs" });
  const { result: outputs, value: resolved } = await runCheck("outputs", environment, () =>
    resolveDeployment(environment, options, () => sessions),
  );
  tell({ kind: "finished", name: "outputs", result: outputs });
  const chain =
    resolved === undefined
      ? { checks: skipRest(tell), identityId: undefined }
      : await runChain(
          { environment, resolved, routes: { public: "/public", private: "/private" }, tell },
          async () => (await findLogin(environment, resolved, sessions, options.user)).loadToken(),
        );
  const checks = [outputs, ...chain.checks].toSorted(
    (a, b) => checkNames.indexOf(a.name) - checkNames.indexOf(b.name),
  );
  return {
    schemaVersion: 1,
    stage: resolved?.deployment.stage ?? options.stage,
    ...(resolved === undefined
      ? {}
      : {
          apiEndpoint: resolved.deployment.apiEndpoint.origin,
          identityPoolId: resolved.deployment.identityPoolId,
        }),
    startedAt: new Date(started).toISOString(),
    durationMs: environment.now() - started,
    identityId: chain.identityId,
    passed: checks.every(({ status }) => status !== "failed"),
    checks,
  };
}

function skipRest(tell: (event: Parameters<OnProgress>[1]) => void): CheckResult[] {
  return checkNames
    .filter((name) => name !== "outputs")
    .map((name) => {
      const result = skipped(name, "outputs");
      tell({ kind: "finished", name, result });
      return result;
    });
}
