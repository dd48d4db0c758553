import type { ErrorReport } from "../../errors.ts";
import type * as published from "../../library/types.ts";

/** In the order of the chain and of the report. */
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

export type Hop = published.Hop;

export interface CheckResult extends published.CheckResult {
  error?: ErrorReport;
}

/**
 * Progress of one stage. Every check of the report finishes once. A check that cannot run or is excluded finishes
 * without a start. `route` is the route of the result.
 */
export type Progress =
  | { kind: "started"; name: CheckName; route?: string }
  | { kind: "finished"; name: CheckName; route?: string; result: CheckResult };

/** @param stageIndex in the order of the `--stage` flags */
export type OnProgress = (stageIndex: number, event: Progress) => void;

/** `smoke --json` for one stage. */
export interface SmokeReport extends Omit<published.SmokeReport, "stage" | "identityId"> {
  stage: string | undefined;
  identityId: string | undefined;
  /** Functions of the stage run on somebody's computer (`sst dev`). Absent when none does, or when it is not known. */
  live?: boolean;
  checks: CheckResult[];
  /** With `--compare`. */
  comparison?: Comparison;
}

/** The differences between an earlier report of a stage and this one. */
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
  /** Without a check, the whole stage. A report of another version can contain other names. */
  check?: string;
  route?: string;
  /** Statuses, ids, addresses, or for `slower` milliseconds. */
  before?: string | number;
  after?: string | number;
}

/** A whole run. `smoke --json` prints it for several stages, and for one stage that stage's report alone. */
export interface SmokeRun extends Omit<published.SmokeRun, "stages"> {
  stages: SmokeReport[];
}
