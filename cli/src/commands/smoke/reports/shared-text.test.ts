import { describe, expect, it } from "vitest";
import { formatLines } from "../../../lines.ts";
import type { SmokeRun } from "../report.ts";
import { fiftyStages, sampleError, sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { formatHtml } from "./html.ts";
import { formatSummary } from "./github-summary.ts";
import { formatRun } from "./terminal.ts";
import { explained, splitStages } from "./shared-text.ts";

/** A run in which two checks failed for one cause, with different messages. */
function alike(ofTheSecond: Partial<typeof sampleError> = {}): SmokeRun {
  const error = { ...sampleError, message: "another message", ...ofTheSecond };
  const checks = sampleReport().checks.map((check) =>
    check.name === "cognito.guest"
      ? { ...check, status: "failed" as const, error: sampleError }
      : check.name === "private.signed"
        ? { ...check, error }
        : check,
  );
  return sampleRun({ checks });
}

const formats: [string, (run: SmokeRun) => string, string][] = [
  [
    "on a terminal",
    (run) => formatLines(formatRun(run, { colour: false, unicode: true, columns: undefined })),
    "  cause: same as cognito.guest\n",
  ],
  ["in a step summary", (run) => formatSummary(run), "- **cause:** same as <code>cognito.guest</code>\n"],
  ["in the HTML report", formatHtml, '<dd>same as <a class="mono" href="#'],
];

describe("fifty stages", () => {
  it("are in a step summary the failed ones, then a table of the healthy ones", () => {
    const text = formatSummary(fiftyStages());
    expect(text).toMatch(/^## ❌ smoke of 50 stages: failed in s7, s33\n/);
    expect(text.match(/^### .*$/gm)).toEqual(["### ❌ s7", "### ❌ s33"]);
    const rows = text.match(/^\| ✅ s\d+ \| 13 passed \| 196 ms \| .*$/gm);
    expect(rows).toHaveLength(48);
    expect(text.match(/```mermaid$/gm)).toHaveLength(2);
  });

  it("are shown in full where a comparison found a change", () => {
    const run = fiftyStages();
    const changes = [{ kind: "slower", check: "outputs", before: 1, after: 9 }] as const;
    const [first] = run.stages;
    if (first !== undefined) first.comparison = { previousStartedAt: run.startedAt, changes: [...changes] };
    expect(splitStages(run).full.map(({ stage }) => stage)).toEqual(["s0", "s7", "s33"]);
  });
});

describe("two failures with one cause", () => {
  it.each(formats)("show it once %s, with a reference", (_where, format, pointer) => {
    const text = format(alike());
    const [before = "", after = "", ...more] = text.split(pointer);
    expect(more).toEqual([]);
    const words = "does not allow execute-api:Invoke on GET /private";
    expect(before).toContain(words);
    expect(before).toContain("attachPermissionsForAuthUsers");
    expect(text.split(words)).toHaveLength(2);
    expect(`${before}${after}`).toContain("another message");
  });

  it("are shown separately when the fix, the evidence or the cause differs", () => {
    for (const other of [{ fix: "another fix" }, { evidence: ["another"] }, { cause: "another cause" }]) {
      const [report] = alike(other).stages;
      const failed = report === undefined ? [] : explained(report, "failed");
      expect(failed.map(({ sameAs }) => sameAs)).toEqual([undefined, undefined]);
    }
  });

  it("have no reference without a cause", () => {
    const { cause: _cause, evidence: _evidence, fix: _fix, ...bare } = sampleError;
    const checks = sampleReport().checks.map((check) => ({
      ...check,
      status: "failed" as const,
      error: bare,
    }));
    expect(explained({ ...sampleReport(), checks }, "failed").map(({ sameAs }) => sameAs)).toEqual(
      checks.map(() => undefined),
    );
  });
});

it("links to the failure with the cause in the HTML report", () => {
  const page = formatHtml(alike());
  const [, id = ""] = /same as <a class="mono" href="#([^"]+)"/.exec(page) ?? [];
  const [, article = ""] = new RegExp(`<article [^>]*id="${id}">([^]*?)</article>`).exec(page) ?? [];
  expect(article).toContain("does not allow execute-api:Invoke");
});
