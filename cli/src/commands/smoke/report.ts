import type { ErrorReport } from "../../errors.ts";
import type { Timings } from "../../http.ts";

/** In the order of the chain, which is the order of the report. */
export const checkNames = [
  "outputs",
  "twitter.token",
  "cognito.get-id",
  "cognito.get-credentials",
  "public.open",
  "private.unsigned",
  "private.tampered",
  "private.no-session-token",
  "private.expired-signature",
  "private.wrong-region",
  "cognito.guest",
  "private.signed",
  "identity.match",
] as const;

export type CheckName = (typeof checkNames)[number];

/** One request and its response, for the waterfall. All times in milliseconds. */
export interface Hop extends Timings {
  /** `cognito.get-id`, `api.call`. */
  step: string;
  host: string;
  /** Since the run began. */
  startedMs: number;
  httpStatus?: number;
}

export interface CheckResult {
  name: CheckName;
  /** Of a check on one route: `GET /private`. */
  route?: string;
  status: "passed" | "failed" | "skipped";
  /** Since the run began. */
  startedMs?: number;
  durationMs: number;
  /** Of the last response that decided the check. */
  httpStatus?: number;
  requestId?: string;
  /** Requests sent; 0 when none was needed. */
  attempts: number;
  /** In the order of their start. */
  hops?: Hop[];
  /** Why it failed, or why it was skipped. */
  error?: ErrorReport;
}

/**
 * What is told of a stage while it is checked. Every check of the report finishes once; one that could not run, or was
 * left out, finishes without having started. `route` is as in the result.
 */
export type Progress =
  | { kind: "started"; name: CheckName; route?: string }
  | { kind: "finished"; name: CheckName; route?: string; result: CheckResult };

/** @param stageIndex of the stages, in the order in which they were asked for */
export type OnProgress = (stageIndex: number, event: Progress) => void;

/** `smoke --json` of one stage. */
export interface SmokeReport {
  schemaVersion: 1;
  stage: string | undefined;
  apiEndpoint?: string;
  identityPoolId?: string;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  identityId: string | undefined;
  /** No check failed, every negative control was refused, and at least one check ran. */
  passed: boolean;
  checks: CheckResult[];
  /** With `--compare`. */
  comparison?: Comparison;
}

/** What an earlier report and this one do not have in common, of one stage. */
export interface Comparison {
  /** `startedAt` of the earlier report, ISO 8601. */
  previousStartedAt: string;
  changes: Change[];
}

export const changeKinds = [
  "status",
  "slower",
  "new-check",
  "missing-check",
  "identity",
  "endpoint",
  "pool",
  "new-stage",
] as const;

export interface Change {
  kind: (typeof changeKinds)[number];
  /** The check; without one it is the stage as a whole. A report of another version may know other names. */
  check?: string;
  route?: string;
  /** Statuses, ids and addresses, or milliseconds of what is `slower`. */
  before?: string | number;
  after?: string | number;
}

/** A whole run. `smoke --json` of several stages; of one stage it is that stage's report alone. */
export interface SmokeRun {
  schemaVersion: 1;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  passed: boolean;
  stages: SmokeReport[];
}
