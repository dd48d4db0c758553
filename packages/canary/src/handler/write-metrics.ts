import { Metrics } from "@aws-lambda-powertools/metrics";
import type { CheckResult, SmokeReport } from "../../../../cli/src/library/types.ts";
import { metricNames, type Settings } from "../settings.ts";

/**
 * Writes a line for each check, with its metrics, and one for the stage. The alarm watches the stage's.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function writeMetrics(
  { stage, passed, durationMs, identityId, checks }: SmokeReport,
  { namespace, checkMetrics }: Settings,
): void {
  for (const check of checks) {
    const line = describeCheck(check);
    if (!checkMetrics || check.status === "skipped") writeLine({ Stage: stage, Check: check.name, ...line });
    else {
      const { name: Check, status } = check;
      writeMetric(namespace, { Stage: stage, Check }, status === "failed" ? 1 : 0, check.durationMs, line);
    }
  }
  const failed = checks.filter(({ status }) => status === "failed").length;
  // A stage of which nothing could be checked is not healthy.
  writeMetric(namespace, { Stage: stage }, passed ? 0 : Math.max(1, failed), durationMs, {
    status: passed ? "passed" : "failed",
    ...(identityId === undefined ? {} : { identityId }),
  });
}

export function writeLine(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function writeMetric(
  namespace: string,
  dimensions: Record<string, string>,
  failed: number,
  durationMs: number,
  line: Readonly<Record<string, string>>,
): void {
  const metrics = new Metrics({ namespace });
  // A service of Powertools would be a further dimension.
  metrics.clearDefaultDimensions();
  metrics.addDimensions(dimensions);
  metrics.addMetric(metricNames.failed, "Count", failed);
  metrics.addMetric(metricNames.duration, "Milliseconds", durationMs);
  for (const [name, value] of Object.entries(line)) metrics.addMetadata(name, value);
  metrics.publishStoredMetrics();
}

function describeCheck({ status, route, httpStatus, requestId, error }: CheckResult): Record<string, string> {
  const { code, reason, message, cause, fix, evidence } = error ?? {};
  const texts = {
    status,
    route,
    httpStatus: httpStatus?.toString(),
    requestId,
    code,
    reason,
    message,
    cause,
    fix,
    evidence: evidence?.join("; "),
  };
  return Object.fromEntries(
    Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
