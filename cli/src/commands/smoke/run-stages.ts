import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { findLogin } from "../../session/find-login.ts";
import { readSessions, type Session } from "../../session/sessions.ts";
import { runChain } from "./chain.ts";
import { type Selection, selectChecks } from "./check-selection.ts";
import { Checks } from "./check-runner.ts";
import { findRoutes } from "./routes/find-routes.ts";
import type { RouteWishes } from "./routes/choose-routes.ts";
import {
  type CheckName,
  checkNames,
  type CheckResult,
  type OnProgress,
  type Progress,
  type SmokeReport,
  type SmokeRun,
} from "./report.ts";
import { RunLimits, type RunLimitOptions } from "./run-limits.ts";

export interface SmokeOptions extends DeploymentFlags, RouteWishes, RunLimitOptions {
  /** At least one; undefined stands for the stage that the project says. */
  stages: readonly (string | undefined)[];
  user?: string;
  only?: readonly CheckName[];
  skip?: readonly CheckName[];
}

/**
 * Checks the stages side by side.
 * @throws AuthCliError `invalid-usage` for a selection that leaves nothing, `interrupted`, and what the store of logins
 *   throws when it is of a newer auth-cli
 */
export async function runSmoke(
  options: SmokeOptions,
  environment: Environment,
  onProgress: OnProgress = () => {},
): Promise<SmokeRun> {
  const run: Run = {
    options,
    selection: selectChecks(options.only, options.skip),
    limits: new RunLimits(environment, options),
    sessions: readSessions(environment),
  };
  const stages = await Promise.all(
    options.stages.map((stage, index) =>
      runStage(run, stage, environment, (event) => onProgress(index, event)),
    ),
  );
  return {
    schemaVersion: 1,
    startedAt: new Date(run.limits.startedMs).toISOString(),
    durationMs: run.limits.elapsedMs,
    passed: stages.every(({ passed }) => passed),
    stages,
  };
}

/** What the stages of a run share. */
interface Run {
  options: SmokeOptions;
  selection: Selection;
  limits: RunLimits;
  sessions: readonly Session[];
}

async function runStage(
  { options, selection, limits, sessions }: Run,
  stage: string | undefined,
  environment: Environment,
  tell: (event: Progress) => void,
): Promise<SmokeReport> {
  const flags = { ...options, stage };
  const checks = new Checks({ environment, limits, selection, tell, stage });
  const { value: resolved } = await checks.run("outputs", (send) =>
    resolveDeployment({ ...environment, send }, flags, () => sessions),
  );
  let identityId: string | undefined;
  let routes: string[] = [];
  if (resolved === undefined) {
    for (const name of checkNames) if (name !== "outputs") checks.skipFor(name, "outputs");
  } else {
    const bounded = { ...environment, send: limits.boundByTime(environment.send) };
    const chain = { environment: bounded, resolved, checks };
    const outcome = await runChain(
      chain,
      async () => (await findLogin(environment, resolved, sessions, options.user)).load(),
      () => findRoutes(chain, flags),
    );
    ({ identityId } = outcome);
    routes = [...outcome.plan.open, ...outcome.plan.protected].map(({ key }) => key);
  }
  const results = checks.results(routes);
  return {
    schemaVersion: 1,
    stage: resolved?.deployment.stage ?? stage,
    ...(resolved === undefined
      ? {}
      : {
          apiEndpoint: resolved.deployment.apiEndpoint.href.replace(/\/$/, ""),
          identityPoolId: resolved.deployment.identityPoolId,
        }),
    startedAt: new Date(limits.startedMs).toISOString(),
    durationMs: limits.elapsedMs,
    identityId,
    passed: hasPassed(results, selection),
    checks: results,
  };
}

/** To have found the deployment is no smoke, unless no more was asked for. */
function hasPassed(results: readonly CheckResult[], { wanted }: Selection): boolean {
  const ran = results.some(({ name, status }) => status === "passed" && wanted.includes(name));
  return ran && results.every(({ status }) => status !== "failed");
}
