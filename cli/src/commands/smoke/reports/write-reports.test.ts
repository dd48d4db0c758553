import { describe, expect, it } from "vitest";
import {
  createFakeEnvironment,
  type FakeEnvironmentOptions,
} from "../../../../test/fakes/fake-environment.ts";
import { sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { summaryBytes } from "./github-summary.ts";
import { writeReports } from "./write-reports.ts";
import { AuthCliError } from "../../../errors.ts";

const flags = { json: true, reportJson: "r.json", reportHtml: "r.html", reportJunit: "r.xml" };
const summary = "/runner/summary.md";
const inActions = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };

function environmentWith(options: FakeEnvironmentOptions = {}) {
  return createFakeEnvironment({ variables: inActions, ...options });
}

describe("writeReports", () => {
  it("writes all reports, and only JSON to standard output", async () => {
    const environment = environmentWith({ files: { [summary]: "# Before\n" } });
    await writeReports(sampleRun(), flags, environment);
    const files = environment.fileTexts();
    expect(JSON.parse(environment.stdout())).toEqual(JSON.parse(files["/project/r.json"] ?? ""));
    expect(files["/project/r.html"]).toMatch(/^<!doctype html>/);
    expect(files["/project/r.xml"]).toMatch(/^<\?xml/);
    expect(files[summary]).toMatch(/^# Before\n## ❌ smoke of prod: failed\n/);
    expect(environment.stderr()).toMatch(/^::error title=/);
  });

  it("writes nothing for GitHub outside Actions", async () => {
    const environment = environmentWith({ variables: {} });
    await writeReports(sampleRun(), {}, environment);
    expect(environment.stderr()).toBe("");
    expect(environment.fileTexts()).toEqual({});
  });

  it("masks secrets in every field", async () => {
    const secret = 's3cr&t<in>every"field|`x';
    const poison = <T>(value: T, key = ""): T => {
      if (typeof value === "string") {
        return (
          ["name", "status", "code", "kind", "reason", "startedAt"].includes(key)
            ? value
            : `${value} ${secret}`
        ) as T;
      }
      if (Array.isArray(value)) return value.map((each) => poison(each)) as T;
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, poison(inner, name)]),
      ) as T;
    };
    const environment = environmentWith();
    environment.redactor.add("token secret", secret);
    const run = poison({
      ...sampleRun(),
      stages: [
        poison({
          ...sampleReport(),
          comparison: {
            previousStartedAt: secret,
            changes: [{ kind: "identity" as const, before: secret, after: "b" }],
          },
        }),
      ],
    });
    await writeReports(run, flags, environment);
    const texts = { ...environment.fileTexts(), stdout: environment.stdout() };
    expect(Object.keys(texts)).toHaveLength(5);
    for (const text of [...Object.values(texts), environment.stderr().replace(/^::add-mask::.*\n/gm, "")]) {
      expect(text).toMatch(/token secret/);
      expect(text).not.toMatch(/s3cr|every|field\|/);
    }
  });

  it("writes the others when one report fails", async () => {
    const environment = environmentWith();
    const real = { ...environment.files };
    environment.files.writeStream = async (path, chunks) => {
      if (path.endsWith("r.json"))
        throw new AuthCliError("write-failed", { message: `cannot write ${path}` });
      await real.writeStream(path, chunks);
    };
    await expect(writeReports(sampleRun(), flags, environment)).rejects.toMatchObject({
      code: "write-failed",
      message: "cannot write /project/r.json",
    });
    expect(Object.keys(environment.fileTexts()).toSorted()).toEqual([
      "/project/r.html",
      "/project/r.xml",
      summary,
    ]);
    expect(JSON.parse(environment.stdout())).toMatchObject({ passed: false });
  });

  it("keeps the summary within GitHub's limit", async () => {
    const before = "x".repeat(summaryBytes - 2000);
    const environment = environmentWith({ files: { [summary]: before } });
    await writeReports(sampleRun(), {}, environment);
    const text = environment.fileTexts()[summary] ?? "";
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(summaryBytes);
    expect(text.slice(before.length)).toContain("smoke of prod: failed");
    expect(text.slice(before.length)).toContain("_Truncated");
  });
});
