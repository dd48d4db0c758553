import { exitCodeFor } from "../../errors.ts";
import type { SmokeReport, SmokeRun } from "./report.ts";

/** What is wrong with the set-up comes before what is wrong with the chain: until it is mended, nothing is known. */
const worstFirst = [2, 4, 1, 0];

/**
 * 0 when no check failed, 2 when a deployment is missing or nothing could be checked, 4 when nobody is logged in, else 1;
 * the worst of the stages.
 */
export function exitCodeOf({ stages }: SmokeRun): number {
  const codes = new Set(stages.map(exitCodeOfStage));
  return worstFirst.find((code) => codes.has(code)) ?? 0;
}

/** Nothing failed, and still the stage has not passed. */
export function hasNothingRun({ checks, passed }: SmokeReport): boolean {
  return !passed && checks.every(({ status }) => status !== "failed");
}

function exitCodeOfStage(report: SmokeReport): number {
  if (hasNothingRun(report)) return 2;
  const failed = report.checks.filter(({ status }) => status === "failed");
  if (failed.length === 0) return 0;
  // Not so when CloudFormation could not be reached: that is a check that failed.
  const outputs = failed.find(({ name }) => name === "outputs")?.error;
  if (outputs !== undefined && exitCodeFor(outputs.code) === 2) return 2;
  return failed.some(({ error }) => error?.code === "not-logged-in") ? 4 : 1;
}
