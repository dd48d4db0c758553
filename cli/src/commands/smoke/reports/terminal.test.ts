import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { formatLines } from "../../../lines.ts";
import type { CheckName, CheckResult, SmokeRun } from "../report.ts";
import { hostileText } from "../../../../test/fakes/hostile-text.ts";
import { fiftyStages, sampleError, sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { formatRun, type TerminalStyle } from "./terminal.ts";

const plain: TerminalStyle = { colour: false, unicode: true, columns: undefined };
const lines = (run: SmokeRun, style: Partial<TerminalStyle> = {}): string[] =>
  formatLines(formatRun(run, { ...plain, ...style })).split("\n");

const several: SmokeRun = {
  ...sampleRun(),
  stages: [sampleReport(), { ...sampleReport(), stage: "dev", passed: true, checks: [] }],
};

const waiting = (name: CheckName, needed: string): CheckResult => ({
  name,
  status: "skipped",
  durationMs: 0,
  attempts: 0,
  error: { code: "check-failed", step: name, message: `needs ${needed}, which did not pass` },
});

describe("fifty stages", () => {
  it.each([undefined, 60, 120])(
    "show the failed ones first and each healthy one in a line, in %s columns",
    (columns) => {
      const text = lines(fiftyStages(), { columns });
      const titles = text.filter((line) => line.startsWith("smoke of s"));
      expect(titles.map((line) => line.split(/[ :]/)[2])).toEqual(["s7", "s33"]);
      const healthy = text.filter((line) => line.startsWith("✓ s"));
      expect(healthy).toHaveLength(48);
      expect(healthy[0]).toMatch(/^✓ s0 +13 passed +196 ms/);
      expect(text.indexOf(healthy[0] ?? "")).toBeGreaterThan(text.indexOf(titles[1] ?? ""));
      expect(text.slice(-3)).toEqual([
        "smoke of 50 stages: failed in s7, s33",
        "646 passed, 2 failed, 2 skipped in 198 ms",
        "",
      ]);
    },
  );
});

describe("formatRun", () => {
  it("prints a searchable table, the errors and the counts into a pipe", () => {
    const text = lines(sampleRun());
    expect(text).toContain("✗ private.signed             failed      31 ms  HTTP 403  GET /private");
    expect(text).toContain("✓ outputs                    passed       4 ms");
    expect(text).toContain("- identity.match             skipped                      GET /private");
    expect(text).toContain(`private.signed GET /private failed: ${sampleError.message}`);
    expect(text).toContain(`  cause: ${sampleError.cause}`);
    for (const sentence of sampleError.evidence ?? []) expect(text).toContain(`  evidence: ${sentence}`);
    expect(text).toContain(`  fix: ${sampleError.fix}`);
    expect(text).toContain("identity.match GET /private skipped: needs private.signed, which did not pass");
    expect(text.at(-2)).toBe("11 passed, 1 failed, 1 skipped in 198 ms");
    expect(text.join("\n")).not.toContain("\u001B");
  });

  it("groups one-line notes and separates longer ones", () => {
    const checks = [
      ...sampleReport().checks.filter(({ name }) => name === "private.signed"),
      waiting("private.tampered", "twitter.token"),
      waiting("identity.match", "private.signed"),
    ];
    expect(lines(sampleRun({ checks })).join("\n")).toContain(
      [
        `  fix: ${sampleError.fix}`,
        "",
        "private.tampered skipped: needs twitter.token, which did not pass",
        "identity.match skipped: needs private.signed, which did not pass",
        "",
        "0 passed, 1 failed, 2 skipped",
      ].join("\n"),
    );
  });

  it("prints one line for checks with the same reason", () => {
    const excluded = (name: CheckName): CheckResult => ({
      ...waiting(name, ""),
      error: { code: "check-failed", step: name, message: "excluded by --only" },
    });
    const checks = [
      waiting("twitter.token", "outputs"),
      excluded("public.open"),
      waiting("private.signed", "outputs"),
      waiting("identity.match", "private.signed"),
      excluded("cognito.guest"),
    ];
    expect(lines(sampleRun({ checks })).slice(-6, -2)).toEqual([
      "2 checks skipped: they need outputs",
      "2 checks skipped: excluded by --only",
      "identity.match skipped: needs private.signed, which did not pass",
      "",
    ]);
  });

  it("prints failed checks before skipped ones", () => {
    const text = lines(sampleRun()).join("\n");
    expect(text.indexOf("private.signed GET /private failed")).toBeLessThan(
      text.indexOf("identity.match GET /private skipped"),
    );
  });

  it.each([24, 40, 60, 80, 100, 200])("fits %i columns with a waterfall", (columns) => {
    const text = lines(sampleRun(), { columns });
    const words = text.flatMap((line) => line.split(" ")).map((word) => stringWidth(word));
    // A long word stays whole, so that an address can be copied.
    for (const line of text)
      expect(stringWidth(line) <= columns || Math.max(...words) + 4 > columns, line).toBe(true);
    const table = text.slice(0, text.indexOf("needs") < 0 ? undefined : text.indexOf("needs"));
    expect(table.some((line) => line.includes("█"))).toBe(true);
    expect(text.join("\n")).toMatch(/░\s+DNS.*▒\s+TCP/s);
  });

  it("draws later requests further right", () => {
    const text = lines(sampleRun(), { columns: 100 });
    const column = (name: string): number =>
      (text.find((line) => line.includes(name)) ?? "").search(/[░▒▓█]/);
    expect(column("cognito.get-id")).toBeGreaterThan(0);
    expect(column("cognito.get-credentials")).toBeGreaterThan(column("cognito.get-id"));
    expect(column("private.signed")).toBeGreaterThan(column("cognito.get-credentials"));
  });

  it("prints ASCII only without Unicode", () => {
    const text = lines(sampleRun(), { unicode: false, columns: 100 })
      .join("\n")
      // Quoted sentences can contain other characters.
      .split("private.signed GET /private failed")[0];
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toContain("x private.signed");
    expect(text).toMatch(/=+/);
  });

  it("shortens with an ASCII mark on a narrow terminal", () => {
    const checks = sampleReport().checks.map((check) => ({
      ...check,
      route: "GET /private/notes/{noteId}/comments/{commentId}",
    }));
    const [table = ""] = lines(sampleRun({ checks }), { unicode: false, columns: 40 })
      .join("\n")
      .split(" failed: ");
    expect(table).toContain("GET /private/notes/{noteId}/comments/~");
    expect(table).toMatch(/^[\n -~]*$/);
  });

  it("prints the same with colour", () => {
    const coloured = formatLines(formatRun(sampleRun(), { ...plain, colour: true }));
    expect(coloured).toContain("\u001B[31m");
    expect(stripVTControlCharacters(coloured)).toBe(formatLines(formatRun(sampleRun(), plain)));
  });

  it("names each stage and counts all checks", () => {
    const text = lines(several);
    expect(text.filter((line) => line.startsWith("smoke of "))).toEqual([
      expect.stringMatching(/^smoke of prod: https:\/\/abc123/),
      expect.stringMatching(/^smoke of dev: /),
    ]);
    expect(text.at(-2)).toBe("11 passed, 1 failed, 1 skipped in 198 ms");
  });

  it("works without times and hops", () => {
    const checks = sampleReport().checks.map(({ hops: _hops, startedMs: _startedMs, ...check }) => check);
    const text = lines(sampleRun({ checks }), { columns: 80 }).join("\n");
    expect(text).toContain("private.signed");
    expect(text).not.toContain("DNS");
  });

  it("escapes control characters in foreign text", () => {
    const error = { ...sampleError, message: hostileText, cause: hostileText, evidence: [hostileText] };
    const checks = sampleReport().checks.map((check) =>
      check.status === "failed" ? { ...check, error } : check,
    );
    const text = formatRun(sampleRun({ checks, stage: hostileText }), { ...plain, columns: 80 }).join("\n");
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E\uD800]/);
    expect(text).toContain("<script>alert(1)</script>");
    expect(text).toContain("\\u001b[31m\\u202e\\ud800");
  });

  it("prints changes since an earlier report", () => {
    const comparison = {
      previousStartedAt: "2026-02-28T12:00:00.000Z",
      changes: [
        { kind: "status", check: "private.signed", before: "passed", after: "failed" } as const,
        { kind: "slower", check: "public.open", before: 20, after: 400 } as const,
      ],
    };
    const text = lines(sampleRun({ comparison })).join("\n");
    expect(text).toMatch(/private\.signed.*passed.*failed/);
    expect(text).toMatch(/public\.open.*20 ms.*400 ms/);
  });
});
