import { checkStageName } from "../../deployment/stage.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError, exitCodeFor } from "../../errors.ts";
import type { SmokeReport, SmokeRun } from "./report.ts";
import type { LiveTable } from "./reports/live-table.ts";
import { type ReportFlags, requireReportFolders, writeReports } from "./reports/write-reports.ts";
import { requireConsistentRoutes } from "./routes/named-route.ts";
import { projectStages } from "./project-stages.ts";
import { runStages, type RunOptions } from "./run-stages.ts";

export interface SmokeFlags extends Omit<RunOptions, "stages">, ReportFlags {
  /** Each `--stage`. Without one, the project decides. */
  stages?: readonly string[];
  user?: string;
}

/**
 * `auth-cli smoke`: checks the whole chain with its negative controls, of one or several stages.
 * @returns the exit code of the worst stage: 0 when no check failed, 2 without a deployment, 4 without a login, else 1
 * @throws AuthCliError `invalid-usage`, `missing-configuration` when no check could run, `write-failed` for a report
 */
export async function smoke(flags: SmokeFlags, environment: Environment): Promise<number> {
  const stages = [...new Set(flags.stages ?? [])];
  if (stages.length > 1 && (flags.endpoint !== undefined || flags.identityPoolId !== undefined)) {
    throw new AuthCliError("invalid-usage", {
      message: `--endpoint and --identity-pool-id name one deployment, but the stages are ${stages.join(", ")}`,
      fix: "remove both flags, or check one stage at a time",
    });
  }
  for (const stage of stages) checkStageName(stage, "--stage");
  requireConsistentRoutes(flags.routes ?? [], flags.expected ?? {});
  requireReportFolders(flags, environment);
  const previous = await readPrevious(flags, environment);
  const { terminal } = environment;
  const asked = stages.length === 0 ? [flags.stage] : stages;
  const table = terminal.animated ? await loadLiveTable(asked, environment) : undefined;
  const hide = table && terminal.animate(table.draw);
  let run: SmokeRun;
  try {
    run = await runStages(
      { ...flags, stages: asked },
      environment,
      projectStages(environment, flags.user),
      table?.onProgress,
    );
  } finally {
    hide?.();
  }
  await writeReports(previous === undefined ? run : previous.compare(run), flags, environment);
  const unchecked = run.stages.find((stage) => isUnchecked(stage));
  if (unchecked !== undefined) throw nothingChecked(unchecked);
  return exitCodeOf(run);
}

/** Loaded on demand: what measures text takes a fifth of the start. */
async function loadLiveTable(
  stages: readonly (string | undefined)[],
  { now, terminal }: Environment,
): Promise<LiveTable> {
  const { createLiveTable } = await import("./reports/live-table.ts");
  return createLiveTable(stages, now, terminal);
}

/** Reads the report of `--compare` before the run, so that a faulty one fails early. */
async function readPrevious(
  { compare }: SmokeFlags,
  environment: Environment,
): Promise<{ compare(run: SmokeRun): SmokeRun } | undefined> {
  if (compare === undefined) return undefined;
  const { compareRuns, readPreviousReport } = await import("./reports/compare.ts");
  const previous = readPreviousReport(environment, compare);
  return { compare: (run) => compareRuns(run, previous) };
}

/** A run without a verdict must not look like one without a fault. */
function nothingChecked({ stage, checks }: SmokeReport): AuthCliError {
  const reasons = new Set(checks.flatMap(({ error }) => (error === undefined ? [] : [error.message])));
  return new AuthCliError("missing-configuration", {
    message: `no check of ${stage ?? "the deployment"} could run`,
    cause: [...reasons].join("; "),
    fix: "set the missing values, or select other checks with --only and --skip",
  });
}

/** Set-up faults come first: until they are fixed, the checks prove nothing. */
const worstFirst = [2, 4, 1, 0];

function exitCodeOf({ stages }: SmokeRun): number {
  const codes = new Set(stages.map(exitCodeOfStage));
  return worstFirst.find((code) => codes.has(code)) ?? 0;
}

function exitCodeOfStage(report: SmokeReport): number {
  if (isUnchecked(report)) return 2;
  const failed = report.checks.filter(({ status }) => status === "failed");
  if (failed.length === 0) return 0;
  // An unreachable CloudFormation is a failed check, not a missing deployment.
  const outputs = failed.find(({ name }) => name === "outputs")?.error;
  if (outputs !== undefined && exitCodeFor(outputs.code) === 2) return 2;
  return failed.some(({ error }) => error?.code === "not-logged-in") ? 4 : 1;
}

/** No check failed, yet the stage has not passed. */
function isUnchecked({ checks, passed }: SmokeReport): boolean {
  return !passed && checks.every(({ status }) => status !== "failed");
}
