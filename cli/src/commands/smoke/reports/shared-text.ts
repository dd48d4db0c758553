import type { ErrorReport } from "../../../errors.ts";
import type { CheckResult, SmokeReport, SmokeRun } from "../report.ts";
import { plainText } from "./plain-text.ts";

/** What every report says of a run, in the same words. */

/** Colour is never the only sign. */
export const marks = { passed: "✓", failed: "✗", skipped: "-" } as const;

const statuses = ["passed", "failed", "skipped"] as const;

export function checksOf(run: SmokeRun): CheckResult[] {
  return run.stages.flatMap(({ checks }) => checks);
}

/** `12 passed, 1 failed, 0 skipped`. */
export function countsOf(checks: readonly CheckResult[]): string {
  return statuses
    .map((status) => `${checks.filter((check) => check.status === status).length} ${status}`)
    .join(", ");
}

/** `private.signed GET /private`. */
export function titleOf({ name, route }: { name: string; route?: string | undefined }): string {
  return route === undefined ? name : `${name} ${plainText(route)}`;
}

/** Of the stage, or of a deployment that was named by its address. */
export function stageName({ stage }: SmokeReport): string {
  return plainText(stage ?? "") || "the deployment";
}

/** `smoke of prod: failed`. */
export function headlineOf(run: SmokeRun): string {
  return `smoke of ${run.stages.map(stageName).join(", ")}: ${run.passed ? "passed" : "failed"}`;
}

export interface Explained {
  check: CheckResult;
  error: ErrorReport;
  /** The first check of the report with the same cause, evidence and fix, which need not be read twice. */
  sameAs: CheckResult | undefined;
}

/** The checks that did not pass, each with why. */
export function explained(report: SmokeReport, status: "failed" | "skipped"): Explained[] {
  const first = new Map<string, CheckResult>();
  return report.checks.flatMap((check) => {
    const { error } = check;
    if (check.status !== status || error === undefined) return [];
    const { cause, evidence, fix } = error;
    if (cause === undefined) return [{ check, error, sameAs: undefined }];
    const why = JSON.stringify([cause, evidence, fix]);
    const sameAs = first.get(why);
    if (sameAs === undefined) first.set(why, check);
    return [{ check, error, sameAs }];
  });
}

/** `412 ms`, `0.4 ms`, `12.4 s`. */
export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
}

/** A check that was left out or could not run took no time. */
export function durationOf({ status, attempts, durationMs }: CheckResult): string {
  return status === "skipped" && attempts === 0 ? "" : milliseconds(durationMs);
}
