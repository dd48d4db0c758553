import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { reasons } from "../../../reasons.ts";
import { errorCodes } from "../../../errors.ts";
import { changeKinds, checkNames, type SmokeReport, type SmokeRun } from "../report.ts";
import { sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { compareRuns } from "./compare.ts";

interface Definition {
  properties: Record<string, { enum?: string[] }>;
}

const schema = JSON.parse(
  readFileSync(new URL("../../../../schema/smoke-report.schema.json", import.meta.url), "utf8"),
) as { $defs: Record<string, Definition> };
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
ajvFormats.default(ajv);
const validate = ajv.compile(schema);

/** As JSON, without undefined fields. */
function violations(report: unknown): unknown {
  validate(JSON.parse(JSON.stringify(report)));
  return validate.errors ?? [];
}

function enumOf(definition: string, property: string): string[] | undefined {
  return schema.$defs[definition]?.properties[property]?.enum;
}

describe("the schema of --report-json", () => {
  it("lists the names and codes of the program", () => {
    expect(enumOf("check", "name")).toEqual(checkNames);
    expect(enumOf("error", "code")).toEqual(errorCodes);
    expect(enumOf("error", "reason")).toEqual(reasons);
    expect(enumOf("change", "kind")).toEqual(changeKinds);
  });

  const compared = compareRuns(sampleRun({ durationMs: 900 }), [sampleReport()]);
  it.each<[string, SmokeReport | SmokeRun | undefined]>([
    ["one stage", sampleReport()],
    ["one stage, compared", compared.stages[0]],
    ["several stages", { ...compared, stages: [...compared.stages, sampleReport()] }],
    ["a deployment named by its addresses", { ...sampleReport(), stage: undefined, identityId: undefined }],
  ])("accepts %s", (_what, report) => {
    expect(violations(report)).toEqual([]);
  });

  it("accepts fields of later versions", () => {
    expect(violations({ ...sampleReport(), later: 1 })).toEqual([]);
  });

  const [first, ...others] = sampleReport().checks;
  const withFirst = (change: object): object => ({
    ...sampleReport(),
    checks: [{ ...first, ...change }, ...others],
  });
  it.each<[string, unknown, string]>([
    ["another version", { ...sampleReport(), schemaVersion: 2 }, "/schemaVersion"],
    ["an invalid time", { ...sampleReport(), startedAt: "yesterday" }, "/startedAt"],
    ["no checks", { ...sampleReport(), checks: undefined }, ""],
    ["no stages", { ...sampleRun(), stages: [] }, "/stages"],
    ["a broken stage among several", { ...sampleRun(), stages: [{}] }, "/stages/0"],
    ["an unknown check", withFirst({ name: "private.other" }), "/checks/0/name"],
    ["an unknown status", withFirst({ status: "maybe" }), "/checks/0/status"],
    ["a negative duration", withFirst({ durationMs: -1 }), "/checks/0/durationMs"],
    ["a failure without an error", withFirst({ status: "failed" }), "/checks/0"],
    [
      "an error with an unknown code",
      withFirst({ status: "failed", error: { code: "x", message: "" } }),
      "/checks/0/error/code",
    ],
    [
      "an unknown kind of change",
      {
        ...sampleReport(),
        comparison: { previousStartedAt: "2026-03-01T12:00:00Z", changes: [{ kind: "x" }] },
      },
      "/comparison/changes/0/kind",
    ],
  ])("rejects %s", (_what, report, path) => {
    expect(violations(report)).toContainEqual(expect.objectContaining({ instancePath: path }));
  });
});
