import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { demandReportFiles } from "./reports/demand-report-files.ts";
import { createLiveTable } from "./reports/live-table.ts";
import { type ReportFlags, writeReports } from "./reports/write-reports.ts";
import { exitCodeOf, hasNothingRun } from "./exit-code.ts";
import { demandConsistent } from "./routes/named-route.ts";
import type { SmokeReport, SmokeRun } from "./report.ts";
import { runSmoke, type SmokeOptions } from "./run-stages.ts";

export interface SmokeFlags extends Omit<SmokeOptions, "stages">, ReportFlags {
  /** Each `--stage`; none leaves the choice to the project. */
  stages?: readonly string[];
}

/**
 * `auth-cli smoke`: the whole chain with its negative controls, of one stage or of several.
 * @returns the exit code: 0 when no check failed, 2 without a deployment, 4 without a login, else 1; of several stages
 *   the worst
 * @throws AuthCliError `invalid-usage`, `write-failed` for a report
 */
export async function smoke(flags: SmokeFlags, environment: Environment): Promise<number> {
  const stages = [...new Set(flags.stages ?? [])];
  if (stages.length > 1 && (flags.endpoint !== undefined || flags.identityPoolId !== undefined)) {
    throw new AuthCliError("invalid-usage", {
      message: `--endpoint and --identity-pool-id name one deployment, and the stages are ${stages.join(", ")}`,
      fix: "leave them out, or check one stage at a time",
    });
  }
  demandConsistent(flags.routes ?? [], flags.expected ?? {});
  demandReportFiles(flags, environment);
  const { terminal } = environment;
  const previous = await findPrevious(flags, environment);
  const asked = stages.length === 0 ? [flags.stage] : stages;
  const table = createLiveTable(asked, environment.now, terminal);
  const hide = terminal.animate(table.draw);
  let run: SmokeRun;
  try {
    run = await runSmoke({ ...flags, stages: asked }, environment, table.onProgress);
  } finally {
    hide();
  }
  await writeReports(previous === undefined ? run : previous.compare(run), flags, environment);
  const unchecked = run.stages.find((stage) => hasNothingRun(stage));
  if (unchecked !== undefined) throw nothingChecked(unchecked);
  return exitCodeOf(run);
}

/** The report that `--compare` names. What is wrong with it is said before anything is sent. */
async function findPrevious(
  { compare }: SmokeFlags,
  environment: Environment,
): Promise<{ compare(run: SmokeRun): SmokeRun } | undefined> {
  if (compare === undefined) return undefined;
  const { compareRuns, readPreviousReport } = await import("./reports/compare.ts");
  const previous = readPreviousReport(environment, compare);
  return { compare: (run) => compareRuns(run, previous) };
}

/** A smoke that could check nothing is refused: it must not pass for one that found nothing wrong. */
function nothingChecked({ stage, checks }: SmokeReport): AuthCliError {
  const reasons = new Set(checks.flatMap(({ error }) => (error === undefined ? [] : [error.message])));
  return new AuthCliError("missing-configuration", {
    message: `no check of ${stage ?? "the deployment"} could run`,
    cause: [...reasons].join("; "),
    fix: "set what is missing, or choose other checks with --only and --skip",
  });
}
