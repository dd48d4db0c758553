/** Text that all reports share. */
import type { ErrorReport } from "../../../errors.ts";
import { visible } from "../../../lines.ts";
import { listNames } from "../../../list-names.ts";
import type { Change, CheckResult, Comparison, SmokeReport, SmokeRun } from "../report.ts";

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

/** The stage, or a phrase for a deployment that was named by its addresses. */
export function stageName({ stage }: SmokeReport): string {
  return plainText(stage ?? "") || "the deployment";
}

/** From so many stages on, a healthy one is a line. */
const manyStages = 5;

/** The stages in the order of a report: those that are shown in full, then those that are a line. */
export function splitStages({ stages }: SmokeRun): { full: SmokeReport[]; brief: SmokeReport[] } {
  const isBrief = ({ passed, comparison }: SmokeReport): boolean =>
    stages.length >= manyStages && passed && (comparison?.changes ?? []).length === 0;
  return { full: stages.filter((each) => !isBrief(each)), brief: stages.filter(isBrief) };
}

/** `smoke of prod: failed`, `smoke of 50 stages: failed in qa, prod`. */
export function headlineOf(run: SmokeRun): string {
  const { stages, passed } = run;
  const verdict = passed ? "passed" : "failed";
  if (stages.length < manyStages) return `smoke of ${stages.map(stageName).join(", ")}: ${verdict}`;
  const failed = stages.filter((stage) => !stage.passed).map(stageName);
  return `smoke of ${stages.length} stages: ${verdict}${passed ? "" : ` in ${listNames(failed)}`}`;
}

/** `13 passed`, `12 passed, 1 skipped`. For a healthy stage. */
export function briefCounts({ checks }: SmokeReport): string {
  return statuses
    .map((status) => [checks.filter((check) => check.status === status).length, status] as const)
    .flatMap(([count, status]) => (count === 0 ? [] : [`${count} ${status}`]))
    .join(", ");
}

export interface Explained {
  check: CheckResult;
  error: ErrorReport;
  /** An earlier check with the same cause, evidence and fix, so that the report shows them once. */
  sameAs: CheckResult | undefined;
}

/** The failed or the skipped checks, with their errors. */
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

/** Empty for a check that did not run. */
export function durationOf({ status, attempts, durationMs }: CheckResult): string {
  return status === "skipped" && attempts === 0 ? "" : milliseconds(durationMs);
}

/** `2 changes since 2026-03-01 12:00:00 UTC:`. */
export function describeComparison({ previousStartedAt, changes }: Comparison): string {
  const since = plainText(previousStartedAt).replace(/^(\S+)T([\d:]+)(\.\d+)?Z$/, "$1 $2 UTC");
  if (changes.length === 0) return `no changes since ${since}`;
  return `${changes.length} change${changes.length === 1 ? "" : "s"} since ${since}:`;
}

const sentences: Record<Change["kind"], (subject: string, was: string, is: string) => string> = {
  status: (subject, was, is) => `${subject}: was ${was}, is ${is}`,
  slower: (subject, was, is) =>
    `${subject}: slower, was ${milliseconds(Number(was))}, is ${milliseconds(Number(is))}`,
  "new-check": (subject, _was, is) => `${subject}: new, ${is}`,
  "missing-check": (subject, was) => `${subject}: no longer checked, was ${was}`,
  identity: (_subject, was, is) => `the identity: was ${was}, is ${is}`,
  endpoint: (_subject, was, is) => `the endpoint: was ${was}, is ${is}`,
  pool: (_subject, was, is) => `the identity pool: was ${was}, is ${is}`,
  "new-stage": () => "the earlier report does not contain this stage",
};

/** `private.signed GET /private: was passed, is failed`. */
export function describeChange({ kind, check, route, before, after }: Change): string {
  const subject = plainText([check ?? "the whole run", route ?? ""].join(" "));
  return sentences[kind](
    subject,
    plainText(String(before ?? "unknown")),
    plainText(String(after ?? "unknown")),
  );
}

/** Foreign text on one line, without characters that a terminal obeys, a browser hides or XML forbids. */
export function plainText(text: string): string {
  return visible(text.replace(/\s+/g, " ").trim());
}

/** Splits at backticks. @returns text and code in turns, text first */
export function textAndCode(sentence: string): string[] {
  const parts = plainText(sentence).split("`");
  // An unpaired backtick is text.
  return parts.length % 2 === 1 ? parts : [parts.join("`")];
}
