import type { CheckResult, SmokeReport } from "../../../../cli/src/library/types.ts";
import { healthyDescription, type Settings } from "../settings.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const longestDescription = 1024;

/** The description of a stage's alarm: one failed check with its cause and fix, and the names of the others. */
export function describeStage(
  report: Pick<SmokeReport, "stage" | "passed" | "checks">,
  settings: Settings,
): string {
  const { stage, passed, checks } = report;
  if (passed) return healthyDescription(stage, settings);
  const failed = checks.filter(({ status }) => status === "failed");
  // A known reason explains more than what the service answered to an earlier check.
  const first = failed.find(hasKnownReason) ?? failed[0];
  if (first === undefined) return limited(`The stage ${stage} was not checked: no check could run.`);
  const names = [...new Set(failed.filter((check) => check !== first).map(({ name }) => name))];
  const { cause, fix, message } = first.error ?? { message: "failed" };
  const also = names.length === 0 ? "" : ` Also failed: ${names.join(", ")}.`;
  const explained = [
    `The stage ${stage} is broken. ${sentence(`${nameOf(first)}: ${message}`)}`,
    ...(cause === undefined ? [] : [`Cause: ${sentence(cause)}`]),
    ...(fix === undefined ? [] : [`Fix: ${sentence(fix)}`]),
  ].join(" ");
  // What is known of the first failure matters more than the names of the others.
  return limited(explained.length + also.length <= longestDescription ? explained + also : explained);
}

function hasKnownReason({ error }: CheckResult): boolean {
  return error?.reason !== undefined && error.reason !== "undetermined";
}

function nameOf({ name, route }: CheckResult): string {
  return route === undefined ? name : `${name} of ${route}`;
}

function sentence(text: string): string {
  return `${text.replace(/\.+$/, "")}.`;
}

function limited(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= longestDescription ? line : `${line.slice(0, longestDescription - 1)}…`;
}
