import { describe, expect, it } from "vitest";
import { sampleError, sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { formatCommand } from "../../../workflow-command.ts";
import { annotationsOf } from "./github-annotations.ts";

const formatAnnotations = (...[run]: Parameters<typeof annotationsOf>): string =>
  annotationsOf(run).map(formatCommand).join("");

describe("annotations", () => {
  it("prints one annotation for each failed check, with its whole error", () => {
    const text = formatAnnotations(sampleRun());
    expect(text).toBe(
      `::error title=prod%3A private.signed GET /private failed::${[
        sampleError.message,
        `cause: ${sampleError.cause}`,
        ...(sampleError.evidence ?? []).map((each) => `evidence: ${each}`),
        `fix: ${sampleError.fix}`,
      ].join("%0A")}\n`,
    );
  });

  it("escapes foreign text, which cannot end an annotation or start a command", () => {
    const message = "100%\r\n::set-env name=A::b\n,:%0A";
    const checks = sampleReport().checks.map((check) =>
      check.status === "failed"
        ? { ...check, route: "GET /a,b:c%", error: { ...sampleError, message } }
        : check,
    );
    const text = formatAnnotations(sampleRun({ stage: "a,b::c", checks }));
    expect(text.trimEnd()).not.toMatch(/[\r\n]/);
    expect(text).toContain(
      "title=a%2Cb%3A%3Ac%3A private.signed GET /a%2Cb%3Ac%25 failed::100%25 ::set-env name=A::b ,:%250A%0Acause",
    );
  });

  it("prints nothing when all checks passed", () => {
    const checks = sampleReport().checks.filter(({ status }) => status === "passed");
    expect(formatAnnotations(sampleRun({ checks, passed: true }))).toBe("");
  });
});
