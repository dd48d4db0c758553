import type { DeploymentFlags } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import { demandReportFiles } from "../reports/demand-report-files.ts";
import { type ReportFlags, writeReports } from "../reports/write-reports.ts";
import { exitCodeOf } from "../smoke/exit-code.ts";
import type { Expected, NamedRoute } from "../smoke/named-route.ts";
import type { CheckName } from "../smoke/report.ts";
import { runSmoke } from "../smoke/run-smoke.ts";

export interface SmokeFlags extends DeploymentFlags, ReportFlags {
  /** Each `--stage`; none leaves the choice to `resolveDeployment`. */
  stages?: readonly string[];
  user?: string;
  /** What `--route` and `--public` name. */
  routes?: readonly NamedRoute[];
  /** What the first protected route answers, when no route is named before `--expect-…`. */
  expected?: Expected;
  only?: readonly CheckName[];
  skip?: readonly CheckName[];
  /** Milliseconds. */
  retryFor?: number;
  /** Milliseconds. */
  timeout?: number;
  failFast?: boolean;
}

/**
 * `auth-cli smoke`: the whole chain with its negative controls, of one stage or of several.
 * @returns the exit code: 0 when no check failed, 2 without a deployment, 4 without a login, else 1; of several stages
 *   the worst
 * @throws AuthCliError `invalid-usage`
 */
export async function smoke(flags: SmokeFlags, environment: Environment): Promise<number> {
  const stages = [...new Set(flags.stages ?? [])];
  if (stages.length > 1 && (flags.endpoint !== undefined || flags.identityPoolId !== undefined)) {
    throw new AuthCliError("invalid-usage", {
      message: `--endpoint and --identity-pool-id name one deployment, and the stages are ${stages.join(", ")}`,
      fix: "leave them out, or check one stage at a time",
    });
  }
  demandReportFiles(flags, environment);
  const run = await environment.terminal.during(
    `checking ${stages.length === 0 ? "the deployment" : stages.join(", ")}`,
    runSmoke({ ...flags, stages: stages.length === 0 ? [flags.stage] : stages }, environment),
  );
  await writeReports(run, flags, environment);
  return exitCodeOf(run);
}
