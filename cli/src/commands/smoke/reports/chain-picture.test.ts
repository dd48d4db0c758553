import { describe, expect, it } from "vitest";
import type { CheckName, CheckResult } from "../report.ts";
import { sampleReport } from "../../../../test/fakes/sample-run.ts";
import { linksOf } from "./chain-picture.ts";

const passing = (): CheckResult[] =>
  sampleReport().checks.map(({ error: _error, ...check }) => ({ ...check, status: "passed" as const }));

const breaking = (name: CheckName, changes: Partial<CheckResult> = {}): CheckResult[] =>
  passing().map((check) =>
    check.name === name ? { ...check, status: "failed" as const, ...changes } : check,
  );

const states = (checks: CheckResult[]): string =>
  linksOf({ ...sampleReport(), checks })
    .map(({ state }) => state)
    .join(" ");

describe("the picture of the chain", () => {
  it("passes every service when all checks passed", () => {
    expect(states(passing())).toBe("passed passed passed passed");
  });

  it.each<[string, CheckName, Partial<CheckResult>, string]>([
    ["Twitter", "twitter.token", {}, "failed passed passed passed"],
    ["Cognito", "cognito.get-id", {}, "passed failed passed passed"],
    ["Cognito, for a guest", "cognito.guest", {}, "passed failed passed passed"],
    ["API Gateway, for an admitted control", "private.tampered", {}, "passed passed failed passed"],
    ["API Gateway, for a refusal", "private.signed", { httpStatus: 403 }, "passed passed failed passed"],
    ["the function, for its failure", "private.signed", { httpStatus: 500 }, "passed passed passed failed"],
    ["the function, for another identity", "identity.match", {}, "passed passed passed failed"],
  ])("blames %s", (_service, name, changes, expected) => {
    expect(states(breaking(name, changes))).toBe(expected);
  });

  it("shows the failed check and its time", () => {
    const [, , gateway] = linksOf({
      ...sampleReport(),
      checks: breaking("private.signed", { httpStatus: 403, durationMs: 77 }),
    });
    expect(gateway).toMatchObject({ state: "failed", durationMs: 77, failed: [{ name: "private.signed" }] });
  });

  it("shows services that no check reached", () => {
    const [twitter, cognito, gateway, lambda] = linksOf({ ...sampleReport(), checks: [] });
    for (const link of [twitter, cognito, gateway, lambda])
      expect(link).toMatchObject({ state: "skipped", durationMs: undefined });
  });

  it("adds the times of the token exchange", () => {
    expect(linksOf({ ...sampleReport(), checks: passing() })[1]?.durationMs).toBe(96 + 61);
  });
});
