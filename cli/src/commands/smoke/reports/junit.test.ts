import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parse, type TestSuites } from "junit2json";
import { describe, expect, it } from "vitest";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { fiftyStages, sampleError, sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { formatJunit } from "./junit.ts";

const hostile = "a<b>&\"'\u0000\u0008\u001b[31m\ufffe\ud800]]>\n<!-- x --> é 🙂";

function hostileRun(): ReturnType<typeof sampleRun> {
  return sampleRun({
    stage: hostile,
    apiEndpoint: hostile,
    identityId: hostile,
    checks: sampleReport().checks.map((check) => ({
      ...check,
      ...(check.route === undefined ? {} : { route: hostile }),
      ...(check.error === undefined
        ? {}
        : { error: { ...check.error, message: hostile, cause: hostile, evidence: [hostile], fix: hostile } }),
    })),
  });
}

const several = { ...sampleRun(), stages: [sampleReport(), { ...sampleReport(), stage: "dev" }] };

async function suitesOf(xml: string): Promise<TestSuites["testsuite"]> {
  return ((await parse(xml)) as TestSuites).testsuite;
}

describe("formatJunit", () => {
  const xmllint = findPeer("xmllint");
  describe.skipIf(xmllint === undefined)("with xmllint", () => {
    const schema = join(import.meta.dirname, "fixtures/junit.xsd");
    const lint = (xml: string): { status: number | null; stderr: string } =>
      spawnSync(xmllint ?? "", ["--noout", "--nonet", "--schema", schema, "-"], {
        input: xml,
        encoding: "utf8",
        timeout: 20_000,
      });

    it.each([
      ["one stage", sampleRun()],
      ["several stages", several],
      ["hostile texts", hostileRun()],
    ])("is valid: %s", (_what, run) => {
      const { status, stderr } = lint(formatJunit(run));
      expect(stderr).toBe("- validates\n");
      expect(status).toBe(0);
    });

    it("detects invalid times and elements", () => {
      const xml = formatJunit(sampleRun());
      expect(lint(xml.replace('time="0.198"', 'time="198 ms"')).status).toBe(3);
      expect(lint(xml.replaceAll("skipped message", "omitted message")).status).toBe(3);
    });
  });

  it("has the failed ones of fifty stages first, and every check", async () => {
    const suites = (await suitesOf(formatJunit(fiftyStages()))) ?? [];
    expect(suites.slice(0, 3).map(({ name }) => name)).toEqual([
      "smoke of s7",
      "smoke of s33",
      "smoke of s0",
    ]);
    expect(suites.map(({ tests }) => tests)).toEqual(Array.from({ length: 50 }, () => 13));
  });

  it("has a suite for each stage with counts and seconds", async () => {
    const suites = await suitesOf(formatJunit(several));
    expect(suites).toMatchObject([
      { name: "smoke of prod", tests: 13, failures: 1, errors: 0, skipped: 1, time: 0.198 },
      { name: "smoke of dev", tests: 13, failures: 1, errors: 0, skipped: 1, time: 0.198 },
    ]);
  });

  it("explains failed and skipped checks", async () => {
    const cases = (await suitesOf(formatJunit(sampleRun())))?.[0]?.testcase;
    const failed = cases?.find(({ name }) => name === "private.signed GET /private");
    expect(failed?.time).toBe(0.031);
    const failure = failed?.failure?.[0];
    expect(failure).toMatchObject({ message: sampleError.message, type: "permission-missing" });
    for (const text of [sampleError.cause, ...(sampleError.evidence ?? []), sampleError.fix]) {
      expect(failure?.inner).toContain(text);
    }
    const skipped = cases?.find(({ name }) => name === "identity.match GET /private");
    expect(skipped?.skipped?.[0]).toMatchObject({ message: "needs private.signed, which did not pass" });
  });

  it("keeps hostile text, and escapes the characters that XML forbids", async () => {
    const suite = (await suitesOf(formatJunit(hostileRun())))?.[0];
    const kept = "a<b>&\"'\\u0000\\u0008\\u001b[31m\\ufffe\\ud800]]> <!-- x --> é 🙂";
    expect(suite?.name).toBe(`smoke of ${kept}`);
    expect(suite?.testcase?.flatMap(({ failure }) => failure ?? [])[0]?.message).toBe(kept);
  });
});
