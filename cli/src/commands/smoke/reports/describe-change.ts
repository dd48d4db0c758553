import type { Change, Comparison } from "../report.ts";
import { plainText } from "./plain-text.ts";
import { milliseconds } from "./shared-text.ts";

/** `since 2026-03-01 12:00:00 UTC, 2 changes:`. */
export function describeComparison({ previousStartedAt, changes }: Comparison): string {
  const since = plainText(previousStartedAt).replace(/^(\S+)T([\d:]+)(\.\d+)?Z$/, "$1 $2 UTC");
  if (changes.length === 0) return `since ${since}, nothing got slower or changed`;
  return `since ${since}, ${changes.length} change${changes.length === 1 ? "" : "s"}:`;
}

const sentences: Record<Change["kind"], (subject: string, was: string, is: string) => string> = {
  status: (subject, was, is) => `${subject}: was ${was}, is ${is}`,
  slower: (subject, was, is) =>
    `${subject}: slower, ${milliseconds(Number(was))} before, now ${milliseconds(Number(is))}`,
  "new-check": (subject, _was, is) => `${subject}: new, ${is}`,
  "missing-check": (subject, was) => `${subject}: no longer checked, was ${was}`,
  identity: (_subject, was, is) => `the identity: was ${was}, is ${is}`,
  endpoint: (_subject, was, is) => `the endpoint: was ${was}, is ${is}`,
  pool: (_subject, was, is) => `the identity pool: was ${was}, is ${is}`,
  "new-stage": () => "the earlier report does not know this stage",
};

/** `private.signed GET /private: was passed, is failed`. */
export function describeChange({ kind, check, route, before, after }: Change): string {
  const subject = plainText([check ?? "the whole smoke", route ?? ""].join(" "));
  return sentences[kind](
    subject,
    plainText(String(before ?? "unknown")),
    plainText(String(after ?? "unknown")),
  );
}
