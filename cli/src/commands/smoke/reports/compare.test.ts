import { describe, expect, it } from "vitest";
import type { CheckResult, SmokeRun } from "../report.ts";
import { sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { createWorld, runIn } from "../../../../test/fakes/world.ts";
import { compareRuns } from "./compare.ts";
import { formatHtml } from "./html.ts";
import { formatSummary } from "./github-summary.ts";
import { formatRun } from "./terminal.ts";

/** The changes of the sample run with one check changed. */
function changesWhen(name: CheckResult["name"], change: Partial<CheckResult>) {
  const checks = sampleReport().checks.map((check) =>
    check.name === name ? { ...check, ...change } : check,
  );
  return compareRuns(sampleRun({ checks }), [sampleReport()]).stages[0]?.comparison?.changes;
}

/** The changes of a run with this duration since one of a second. */
function changesAfterSecond(durationMs: number) {
  const previous = { ...sampleReport(), durationMs: 1000 };
  return compareRuns(sampleRun({ durationMs }), [previous]).stages[0]?.comparison?.changes;
}

async function smokeAgainst(previous: string | undefined) {
  const world = createWorld({
    loggedIn: true,
    files: previous === undefined ? {} : { "/project/previous.json": previous },
  });
  const ran = await runIn(["smoke", "--json", "--compare", "previous.json"], world);
  return { ...ran, world };
}

describe("compareRuns", () => {
  it("finds no changes in the same run", () => {
    expect(changesWhen("outputs", {})).toEqual([]);
  });

  // The sample's twitter.token takes 142 ms, its public.open 118 ms, its outputs 4 ms.
  it.each<[CheckResult["name"], number, boolean]>([
    ["twitter.token", 242, true],
    ["twitter.token", 241, false],
    ["outputs", 103, false],
    ["outputs", 104, true],
  ])("of %s at %i ms reports slower: %s", (check, after, slower) => {
    const changes = changesWhen(check, { durationMs: after });
    expect(changes?.map(({ kind, after: now }) => ({ kind, now }))).toEqual(
      slower ? [{ kind: "slower", now: after }] : [],
    );
  });

  it("reports a run slower by half", () => {
    expect(changesAfterSecond(1499)).toEqual([]);
    expect(changesAfterSecond(1500)).toEqual([{ kind: "slower", before: 1000, after: 1500 }]);
  });

  it("names each change", () => {
    expect(changesWhen("outputs", { status: "failed" })).toEqual([
      { kind: "status", check: "outputs", before: "passed", after: "failed" },
    ]);
    const moved = compareRuns(
      sampleRun({
        apiEndpoint: "https://b",
        identityPoolId: "p2",
        identityId: "i2",
        checks: sampleReport().checks.slice(1),
      }),
      [{ ...sampleReport(), checks: sampleReport().checks.slice(0, -1) }],
    );
    expect(moved.stages[0]?.comparison?.changes.map(({ kind }) => kind)).toEqual([
      "endpoint",
      "pool",
      "identity",
      "new-check",
      "missing-check",
    ]);
    const other = compareRuns(sampleRun({ stage: "dev" }), [sampleReport()]);
    expect(other.stages[0]?.comparison?.changes).toEqual([{ kind: "new-stage", after: "dev" }]);
  });

  it("is shown in terminal, HTML report and summary", () => {
    const checks = sampleReport().checks.map((check) => ({ ...check, durationMs: check.durationMs + 500 }));
    const run = compareRuns(sampleRun({ checks }), [sampleReport()]);
    const texts = [
      formatRun(run, { colour: false, unicode: true, columns: undefined }).join("\n"),
      formatHtml(run),
      formatSummary(run),
    ];
    for (const text of texts) {
      expect(text).toContain("since 2026-03-01 12:00:00 UTC");
      expect(text).toContain("slower, was 142 ms, is 642 ms");
    }
  });
});

describe("--compare", () => {
  // Results without routes, like those of a run without --route.
  const checks = sampleReport().checks.map(({ route: _route, ...check }) => check);
  const one = { ...sampleReport(), checks };
  const several: SmokeRun = { ...sampleRun(), stages: [{ ...one, stage: "dev" }, one] };
  it.each([
    ["one stage", one],
    ["several stages", several],
  ])("reads a report of %s", async (_what, report) => {
    const { code, stdout } = await smokeAgainst(JSON.stringify(report));
    expect(code).toBe(0);
    const { comparison } = JSON.parse(stdout);
    expect(comparison.previousStartedAt).toBe("2026-03-01T12:00:00.000Z");
    expect(comparison.changes).toContainEqual({
      kind: "status",
      check: "private.signed",
      before: "failed",
      after: "passed",
    });
  });

  it.each([
    ["missing", undefined, "the file does not exist"],
    ["empty", "", "it is empty"],
    ["corrupt", '{"schemaVersion": 1,', "it is not JSON"],
    ["foreign", '{"name":"notes"}', "it is not a smoke report"],
    ["not an object", "null", "it is not a smoke report"],
    ["newer", JSON.stringify({ ...sampleReport(), schemaVersion: 2 }), "its schemaVersion is 2"],
    ["without a stage", JSON.stringify({ ...sampleRun(), stages: [] }), "it contains no stage"],
    ["without a valid time", JSON.stringify({ ...sampleReport(), startedAt: "yesterday" }), "lacks its name"],
    ["with broken checks", JSON.stringify({ ...sampleReport(), checks: [{}] }), "lacks its name"],
  ])("rejects a report before the first request: %s", async (_what, previous, cause) => {
    const { code, stderr, world } = await smokeAgainst(previous);
    expect(code).toBe(2);
    expect(stderr).toContain("previous.json");
    expect(stderr).toContain(cause);
    expect(world.environment.requests).toEqual([]);
  });
});
