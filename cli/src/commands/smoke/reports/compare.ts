import { resolve } from "node:path";
import type { Environment } from "../../../environment/environment.ts";
import { AuthCliError } from "../../../errors.ts";
import { isJsonObject, parseJson } from "../../../json.ts";
import type { Change, Comparison, SmokeReport, SmokeRun } from "../report.ts";

/** Smaller slowdowns are noise. Both limits apply: a share of the earlier duration, and milliseconds. */
const noticeable = { share: 0.5, ms: 100 };

/** The part of an earlier report that is compared. Another version can have other checks. */
interface PreviousStage {
  stage: string | undefined;
  startedAt: string;
  durationMs: number;
  apiEndpoint?: string;
  identityPoolId?: string;
  identityId?: string | undefined;
  checks: PreviousCheck[];
}

interface PreviousCheck {
  name: string;
  route?: string;
  status: string;
  durationMs: number;
}

/** @returns the run with the changes of each stage since an earlier run */
export function compareRuns(run: SmokeRun, previous: readonly PreviousStage[]): SmokeRun {
  return {
    ...run,
    stages: run.stages.map((report) => ({ ...report, comparison: compareStage(report, previous) })),
  };
}

function compareStage(report: SmokeReport, previous: readonly PreviousStage[]): Comparison {
  const before = previous.find(({ stage }) => stage === report.stage);
  if (before === undefined) {
    return {
      previousStartedAt: previous[0]?.startedAt ?? "",
      changes: [{ kind: "new-stage", ...(report.stage === undefined ? {} : { after: report.stage }) }],
    };
  }
  return {
    previousStartedAt: before.startedAt,
    changes: [
      ...changed("endpoint", before.apiEndpoint, report.apiEndpoint),
      ...changed("pool", before.identityPoolId, report.identityPoolId),
      ...changed("identity", before.identityId, report.identityId),
      ...slower(before.durationMs, report.durationMs),
      ...checkChanges(before.checks, report.checks),
    ],
  };
}

function checkChanges(before: readonly PreviousCheck[], after: readonly PreviousCheck[]): Change[] {
  const earlier = new Map(before.map((check) => [keyOf(check), check]));
  const now = new Set(after.map(keyOf));
  return [
    ...after.flatMap((check): Change[] => {
      const previous = earlier.get(keyOf(check));
      const subject = subjectOf(check);
      if (previous === undefined) return [{ kind: "new-check", ...subject, after: check.status }];
      if (previous.status !== check.status) {
        return [{ kind: "status", ...subject, before: previous.status, after: check.status }];
      }
      return check.status === "skipped"
        ? []
        : slower(previous.durationMs, check.durationMs).map((change) => ({ ...change, ...subject }));
    }),
    ...before
      .filter((check) => !now.has(keyOf(check)))
      .map((check): Change => ({ kind: "missing-check", ...subjectOf(check), before: check.status })),
  ];
}

function keyOf({ name, route }: PreviousCheck): string {
  return `${name} ${route ?? ""}`;
}

function subjectOf({ name, route }: PreviousCheck): Pick<Change, "check" | "route"> {
  return { check: name, ...(route === undefined ? {} : { route }) };
}

function changed(kind: Change["kind"], before: string | undefined, after: string | undefined): Change[] {
  // A value that one of the runs does not know counts as unchanged.
  return before === undefined || after === undefined || before === after ? [] : [{ kind, before, after }];
}

function slower(before: number, after: number): Change[] {
  const grown = after - before;
  return grown >= noticeable.ms && grown >= before * noticeable.share
    ? [{ kind: "slower", before, after }]
    : [];
}

/**
 * Reads an earlier report of one or several stages.
 * @throws AuthCliError `invalid-usage` that names the file
 */
export function readPreviousReport(
  { files, workingDirectory }: Pick<Environment, "files" | "workingDirectory">,
  file: string,
): PreviousStage[] {
  const refuse = (cause: string): AuthCliError =>
    new AuthCliError("invalid-usage", {
      message: `cannot compare with ${file} (--compare)`,
      cause,
      fix: "use a file that an earlier run wrote with --report-json",
    });
  const text = files.readText(resolve(workingDirectory, file));
  if (text === undefined) throw refuse("the file does not exist");
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw refuse(text.trim() === "" ? "it is empty" : "it is not JSON");
  }
  if (!isJsonObject(value) || !("schemaVersion" in value)) throw refuse("it is not a smoke report");
  if (value["schemaVersion"] !== 1) {
    throw refuse(`its schemaVersion is ${JSON.stringify(value["schemaVersion"])}; this auth-cli reads 1`);
  }
  const stages: unknown[] = Array.isArray(value["stages"]) ? value["stages"] : [value];
  if (stages.length === 0) throw refuse("it contains no stage");
  if (!stages.every(isStage)) throw refuse("a stage or a check lacks its name, status, time or duration");
  return stages;
}

function isStage(value: unknown): value is PreviousStage {
  return (
    isJsonObject(value) &&
    isTime(value["startedAt"]) &&
    isNumber(value["durationMs"]) &&
    ["stage", "apiEndpoint", "identityPoolId", "identityId"].every((key) => isOptionalText(value[key])) &&
    Array.isArray(value["checks"]) &&
    value["checks"].every(isCheck)
  );
}

function isCheck(value: unknown): value is PreviousCheck {
  return (
    isJsonObject(value) &&
    isText(value["name"]) &&
    isText(value["status"]) &&
    isNumber(value["durationMs"]) &&
    isOptionalText(value["route"])
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** ISO 8601, in UTC. */
function isTime(value: unknown): value is string {
  return isText(value) && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || isText(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
