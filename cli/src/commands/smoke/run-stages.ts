import type { DeploymentFlags } from "../../deployment/deployment.ts";
import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import type { LoadedLogin } from "../../session/find-login.ts";
import { runChain } from "./chain.ts";
import { CheckRunner } from "./check-runner.ts";
import { type Selection, selectChecks } from "./check-selection.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
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
import type { RouteFlags } from "./routes/plan-routes.ts";
import { RunLimits, type RunLimitOptions } from "./run-limits.ts";
import { shareSources } from "./shared-sources.ts";
import { createSignal } from "./signal.ts";
import { createStageSources, type LiveStage, liveRefused, type StageSources } from "./stage-sources.ts";

export interface RunOptions extends DeploymentFlags, RouteFlags, RunLimitOptions {
  /** At least one. Undefined stands for the project's own stage. */
  stages: readonly (string | undefined)[];
  /** How long failed checks run again, from the start. In milliseconds. */
  retryFor?: number | undefined;
  only?: readonly CheckName[] | undefined;
  skip?: readonly CheckName[] | undefined;
  /** Also in CI, check a stage of `sst dev`. */
  allowLive?: boolean;
  /** The identity pool means to issue identities without a login. */
  allowGuests?: boolean;
}

/** Finds the stages of a run and their logins. */
export interface StageFinder {
  /** @param environment its `send` is that of the check `outputs` */
  findDeployment(environment: Environment, flags: DeploymentFlags): Promise<ResolvedDeployment>;
  findLogin(resolved: ResolvedDeployment): Promise<StageLogin>;
}

interface StageLogin {
  /** The deployment, with the addresses where the login's secrets may go. */
  resolved: ResolvedDeployment;
  load: () => Promise<LoadedLogin>;
}

/** Each stage has a dozen connections, and may start a process for the OS keyring. */
const stagesAtOnce = 16;

/**
 * Checks the stages, several at once.
 * @throws AuthCliError `invalid-usage` for a selection without checks, `interrupted`
 */
export async function runStages(
  options: RunOptions,
  surroundings: Environment,
  finder: StageFinder,
  onProgress: OnProgress = () => {},
): Promise<SmokeRun> {
  const environment = shareSources(surroundings);
  const selection = selectChecks(options.only, options.skip);
  const limits = new RunLimits(environment, options);
  const run: Run = {
    options,
    selection,
    limits,
    retries: new Retries(environment, limits, options.retryFor),
    finder,
  };
  const limit = new ConcurrencyLimit(stagesAtOnce);
  const stages = await Promise.all(
    options.stages.map((stage, index) =>
      limit.run(() => runStage(run, stage, environment, (event) => onProgress(index, event))),
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
  finder: StageFinder;
}

async function runStage(
  { options, selection, limits, retries, finder }: Run,
  stage: string | undefined,
  environment: Environment,
  report: (event: Progress) => void,
): Promise<SmokeReport> {
  const flags = { ...options, stage };
  const checks = new CheckRunner({ environment, limits, retries, selection, report, flags });
  const bounded = { ...environment, send: limits.boundByTime(environment.send) };
  const found = createSignal<Found | undefined>();
  const outputs = checks.run("outputs", async (send) => {
    const resolved = await finder.findDeployment({ ...environment, send }, flags);
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
    const login = await finder
      .findLogin(resolved)
      .catch((error: unknown): StageLogin => ({ resolved, load: () => Promise.reject(error) }));
    const { identityId, plan, live } = await runChain(
      {
        environment: bounded,
        resolved: login.resolved,
        checks,
        concurrency: concurrencyOf(options.stages.length),
      },
      login.load,
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
  return Math.min(64, Math.floor(128 / Math.min(stages, stagesAtOnce)));
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
