import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { findLogin } from "../../session/find-login.ts";
import { requireChosenApi, resolveForLogin } from "../../session/login-addresses.ts";
import { readSessions, type Session } from "../../session/sessions.ts";
import { runChain } from "./chain.ts";
import { CheckRunner } from "./check-runner.ts";
import { type Selection, selectChecks } from "./check-selection.ts";
import {
  type CheckName,
  checkNames,
  type CheckResult,
  type OnProgress,
  type Progress,
  type SmokeReport,
  type SmokeRun,
} from "./report.ts";
import { Retries } from "./retry.ts";
import { chooseRoutes, type RouteFlags } from "./routes/choose-routes.ts";
import { RunLimits, type RunLimitOptions } from "./run-limits.ts";

export interface RunOptions extends DeploymentFlags, RouteFlags, RunLimitOptions {
  /** At least one. Undefined stands for the project's own stage. */
  stages: readonly (string | undefined)[];
  user?: string;
  /** How long failed checks run again, from the start. In milliseconds. */
  retryFor?: number;
  only?: readonly CheckName[];
  skip?: readonly CheckName[];
}

/**
 * Checks the stages in parallel.
 * @throws AuthCliError `invalid-usage` for a selection without checks, `interrupted`, and an error for stored logins of a
 *   newer auth-cli
 */
export async function runStages(
  options: RunOptions,
  environment: Environment,
  onProgress: OnProgress = () => {},
): Promise<SmokeRun> {
  const selection = selectChecks(options.only, options.skip);
  const limits = new RunLimits(environment, options);
  const run: Run = {
    options,
    selection,
    limits,
    retries: new Retries(environment, limits, options.retryFor),
    sessions: readSessions(environment),
  };
  const stages = await Promise.all(
    options.stages.map((stage, index) =>
      runStage(run, stage, environment, (event) => onProgress(index, event)),
    ),
  );
  return {
    schemaVersion: 1,
    startedAt: new Date(limits.startedMs).toISOString(),
    durationMs: limits.elapsedMs,
    passed: stages.every(({ passed }) => passed),
    stages,
  };
}

/** Shared by the stages. */
interface Run {
  options: RunOptions;
  selection: Selection;
  limits: RunLimits;
  retries: Retries;
  sessions: readonly Session[];
}

async function runStage(
  { options, selection, limits, retries, sessions }: Run,
  stage: string | undefined,
  environment: Environment,
  report: (event: Progress) => void,
): Promise<SmokeReport> {
  const flags = { ...options, stage };
  const checks = new CheckRunner({ environment, limits, retries, selection, report, flags });
  const { value: resolved } = await checks.run("outputs", (send) =>
    resolveDeployment({ ...environment, send }, flags, () => sessions),
  );
  let identityId: string | undefined;
  let routes: string[] = [];
  if (resolved === undefined) {
    for (const name of checkNames) if (name !== "outputs") checks.skipFor(name, "outputs");
  } else {
    const bounded = { ...environment, send: limits.boundByTime(environment.send) };
    const login = await findLogin(environment, resolved, sessions, options.user).then(
      (found) => ({ found }),
      (error: unknown) => ({ error }),
    );
    const ofLogin = "found" in login ? resolveForLogin(resolved, login.found, sessions) : resolved;
    const chain = { environment: bounded, resolved: ofLogin, checks };
    const outcome = await runChain(
      chain,
      async () => {
        if ("error" in login) throw login.error;
        requireChosenApi(ofLogin);
        return login.found.load();
      },
      () => chooseRoutes(chain, flags),
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

/** Finding the deployment alone is not a pass, unless nothing else is selected. */
function hasPassed(results: readonly CheckResult[], { wanted }: Selection): boolean {
  const ran = results.some(({ name, status }) => status === "passed" && wanted.includes(name));
  return ran && results.every(({ status }) => status !== "failed");
}
