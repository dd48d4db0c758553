import { toAuthCliError, toErrorReport } from "../../../../cli/src/errors.ts";
import type { SmokeOptions, SmokeReport, SmokeRun, SmokeStage } from "../../../../cli/src/library/types.ts";
import type { Settings } from "../settings.ts";
import type { AwsServices } from "./aws-services.ts";
import { describeStage } from "./describe-failure.ts";
import { type LoginOf, readLogins } from "./read-logins.ts";
import { writeLine, writeMetrics } from "./write-metrics.ts";

export interface CanaryOptions {
  settings: Settings;
  stages: Readonly<Record<string, SmokeStage>>;
  smoke: (options: SmokeOptions) => Promise<SmokeRun>;
  services: AwsServices;
  /** For the checks, in milliseconds. */
  timeout: number;
  /** Of the function. */
  variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Checks the stages, then writes the cause of a failure into the stage's alarm, and then the metrics that raise it: who
 * gets the alarm reads the cause in it.
 * @returns whether each stage is healthy
 */
export async function runCanary(options: CanaryOptions): Promise<Record<string, boolean>> {
  const { settings, stages, smoke, services, timeout, variables } = options;
  // Read once. A secret that cannot be read fails the checks that need it, and the others still run.
  let logins: Promise<LoginOf> | undefined;
  const run = await smoke({
    stages,
    login: async (stage) => (await (logins ??= readLogins(services, settings.secret)))(stage),
    timeout,
    variables,
    framework: settings.framework,
  });
  const reports = run.stages.map(nameTimeout);
  await describeAlarms(reports, settings, services);
  for (const report of reports) writeMetrics(report, settings);
  return Object.fromEntries(reports.map(({ stage, passed }) => [stage, passed]));
}

/** The limit of a run is the property `timeout` of the construct, which names no checks to skip. */
function nameTimeout(report: SmokeReport): SmokeReport {
  const checks = report.checks.map((check) =>
    check.error?.code === "timeout" && check.error.fix?.includes("`timeout`")
      ? { ...check, error: { ...check.error, fix: "raise `timeout` of the canary in the stack and deploy" } }
      : check,
  );
  return { ...report, checks };
}

/** A description that cannot be changed does not keep the metrics from raising the alarm. */
async function describeAlarms(
  stages: readonly SmokeReport[],
  settings: Settings,
  services: AwsServices,
): Promise<void> {
  const wanted = new Map(
    stages.map((report) => [settings.alarms + report.stage, describeStage(report, settings)]),
  );
  try {
    const alarms = await services.findAlarms([...wanted.keys()]);
    await Promise.all(
      alarms.map(async (alarm) => {
        const description = wanted.get(alarm.name);
        if (description === undefined || description === alarm.description) return;
        try {
          await services.describeAlarm(alarm, description);
        } catch (error) {
          writeFailure(alarm.name, error);
        }
      }),
    );
  } catch (error) {
    writeFailure(settings.alarms, error);
  }
}

function writeFailure(alarm: string, error: unknown): void {
  const { message, ...report } = toErrorReport(toAuthCliError(error));
  writeLine({
    level: "ERROR",
    alarm,
    message: `cannot write the cause into the alarm: ${message}`,
    ...report,
  });
}
