import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment, type ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
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
import type { RouteFlags } from "./routes/choose-routes.ts";
import { RunLimits, type RunLimitOptions } from "./run-limits.ts";
import { createSignal } from "./signal.ts";
import { createStageSources, type LiveStage, liveRefused, type StageSources } from "./stage-sources.ts";

export interface RunOptions extends DeploymentFlags, RouteFlags, RunLimitOptions {
  /** At least one. Undefined stands for the project's own stage. */
  stages: readonly (string | undefined)[];
  user?: string;
  /** How long failed checks run again, from the start. In milliseconds. */
  retryFor?: number;
  only?: readonly CheckName[];
  skip?: readonly CheckName[];
  /** Also in CI, check a stage of `sst dev`. */
  allowLive?: boolean;
  /** The identity pool means to issue identities without a login. */
  allowGuests?: boolean;
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
  const bounded = { ...environment, send: limits.boundByTime(environment.send) };
  const found = createSignal<Found | undefined>();
  const outputs = checks.run("outputs", async (send) => {
    const resolved = await resolveDeployment({ ...environment, send }, flags, () => sessions);
    const sources = createStageSources(bounded, resolved, flags);
    // The other checks begin, while this one waits for CloudFormation.
    found.resolve({ resolved, sources });
    const live = isCi(environment) && options.allowLive !== true ? await sources.findLive(true) : undefined;
    if (live !== undefined) throw liveRefused(live);
  });
  const [, outcome] = await Promise.all([
    outputs.finally(() => found.resolve(undefined)),
    found.promise.then((known) => known && checkStage(known)),
  ]);

  async function checkStage({ resolved, sources }: Found): Promise<StageOutcome> {
    const login = await findLogin(environment, resolved, sessions, options.user).then(
      (stored) => ({ stored }),
      (error: unknown) => ({ error }),
    );
    const ofLogin = "stored" in login ? resolveForLogin(resolved, login.stored, sessions) : resolved;
    const { identityId, plan, live } = await runChain(
      { environment: bounded, resolved: ofLogin, checks, concurrency: concurrencyOf(options.stages.length) },
      async () => {
        if ("error" in login) throw login.error;
        requireChosenApi(ofLogin);
        return login.stored.load();
      },
      sources,
      options,
    );
    const routes = [...plan.open, ...plan.protected].map(({ key }) => key);
    return { resolved, identityId, live, routes };
  }

  if (outcome === undefined)
    for (const name of checkNames) if (name !== "outputs") checks.skipFor(name, "outputs");
  const { resolved, identityId, live, routes = [] } = outcome ?? {};
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
    ...(live === undefined ? {} : { live: true }),
    passed: hasPassed(results, selection),
    checks: results,
  };
}

/**
 * Checks of routes at once, of each stage. An API with fifty routes would get three hundred connections. Over a slow link
 * their number decides how long the checks take, and some systems let a process open 256 files only.
 */
function concurrencyOf(stages: number): number {
  return Math.min(64, Math.max(8, Math.floor(128 / stages)));
}

interface Found {
  resolved: ResolvedDeployment;
  sources: StageSources;
}

interface StageOutcome {
  resolved: ResolvedDeployment;
  identityId: string | undefined;
  live: LiveStage | undefined;
  routes: string[];
}

function isCi({ variables: { CI: ci } }: Environment): boolean {
  return ci !== undefined && ci !== "" && ci !== "false";
}

/** Finding the deployment alone is not a pass, unless nothing else is selected. */
function hasPassed(results: readonly CheckResult[], { wanted }: Selection): boolean {
  const ran = results.some(({ name, status }) => status === "passed" && wanted.includes(name));
  return ran && results.every(({ status }) => status !== "failed");
}
