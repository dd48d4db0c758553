import { describe, expect, it } from "vitest";
import { evaluateCondition, resolve, type Scope } from "./intrinsics.ts";
import { validationError } from "../validation-error.ts";

const scope: Scope = {
  parameters: new Map<string, string | string[]>([
    ["Stage", "prod"],
    ["Zones", ["a", "b"]],
    ["AWS::Region", "us-east-1"],
  ]),
  mappings: { Sizes: { prod: { memory: "1024", zones: ["x", "y"] } } },
  conditions: {
    IsProd: { "Fn::Equals": [{ Ref: "Stage" }, "prod"] },
    IsDev: { "Fn::Not": [{ Condition: "IsProd" }] },
    Both: { "Fn::And": [{ Condition: "IsProd" }, { "Fn::Not": [{ Condition: "IsDev" }] }] },
    Either: { "Fn::Or": [{ Condition: "IsDev" }, { Condition: "IsProd" }] },
    Around: { "Fn::Not": [{ Condition: "AroundAgain" }] },
    AroundAgain: { "Fn::Not": [{ Condition: "Around" }] },
  },
  availabilityZones: ["us-east-1a", "us-east-1b"],
  ref(logicalId) {
    if (logicalId === "Bucket") return "bucket-1";
    throw validationError(`no ${logicalId}`);
  },
  attribute(logicalId, name) {
    if (logicalId === "Bucket" && name === "Arn") return "arn:aws:s3:::bucket-1";
    if (logicalId === "Bucket" && name === "Endpoint.Port") return "443";
    throw validationError(`no ${logicalId}.${name}`);
  },
  importValue: (name) => `import of ${name}`,
  localAddresses: (text) => text.replace("https://api.at.aws", "http://127.0.0.1:4000"),
};

describe("resolve", () => {
  it.each<[string, unknown, unknown]>([
    ["Ref of a parameter", { Ref: "Stage" }, "prod"],
    ["Ref of a list parameter", { Ref: "Zones" }, ["a", "b"]],
    ["Ref of a pseudo parameter", { Ref: "AWS::Region" }, "us-east-1"],
    ["Ref of a resource", { Ref: "Bucket" }, "bucket-1"],
    ["GetAtt as a list", { "Fn::GetAtt": ["Bucket", "Arn"] }, "arn:aws:s3:::bucket-1"],
    ["GetAtt as text", { "Fn::GetAtt": "Bucket.Arn" }, "arn:aws:s3:::bucket-1"],
    ["GetAtt of a dotted attribute", { "Fn::GetAtt": "Bucket.Endpoint.Port" }, "443"],
    ["Join", { "Fn::Join": ["-", ["a", { Ref: "Stage" }, 3, true]] }, "a-prod-3-true"],
    ["Join of an address", { "Fn::Join": ["", ["https://", "api", ".at.aws/"]] }, "http://127.0.0.1:4000/"],
    ["Sub of an address", { "Fn::Sub": ["https://${x}.at.aws", { x: "api" }] }, "http://127.0.0.1:4000"],
    ["Join of a list parameter", { "Fn::Join": [",", { Ref: "Zones" }] }, "a,b"],
    ["Split", { "Fn::Split": ["/", "a/b//c"] }, ["a", "b", "", "c"]],
    ["Select", { "Fn::Select": ["1", { "Fn::Split": [",", "a,b"] }] }, "b"],
    [
      "Sub",
      { "Fn::Sub": "${AWS::Region}/${Bucket}/${Bucket.Arn}" },
      "us-east-1/bucket-1/arn:aws:s3:::bucket-1",
    ],
    ["Sub with variables", { "Fn::Sub": ["${x}-${Stage}", { x: { Ref: "Bucket" } }] }, "bucket-1-prod"],
    ["Sub's literal", { "Fn::Sub": "${!Stage} $Stage ${Stage}" }, "${Stage} $Stage prod"],
    ["Sub does not substitute in its values", { "Fn::Sub": ["${x}", { x: "${Stage}" }] }, "${Stage}"],
    ["If", { "Fn::If": ["IsProd", { Ref: "Stage" }, { Ref: "Nothing" }] }, "prod"],
    ["If, otherwise", { "Fn::If": ["IsDev", { Ref: "Nothing" }, [1]] }, [1]],
    ["FindInMap", { "Fn::FindInMap": ["Sizes", { Ref: "Stage" }, "memory"] }, "1024"],
    ["FindInMap of a list", { "Fn::FindInMap": ["Sizes", "prod", "zones"] }, ["x", "y"]],
    ["ImportValue", { "Fn::ImportValue": { "Fn::Sub": "${Stage}-vpc" } }, "import of prod-vpc"],
    ["GetAZs", { "Fn::Select": [0, { "Fn::GetAZs": "" }] }, "us-east-1a"],
    ["Base64", { "Fn::Base64": "héllo" }, "aMOpbGxv"],
    ["a condition as a value", { "Fn::Equals": ["a", "b"] }, false],
    ["NoValue in an object", { a: { Ref: "AWS::NoValue" }, b: 1 }, { b: 1 }],
    ["NoValue in a list", [1, { "Fn::If": ["IsDev", 2, { Ref: "AWS::NoValue" }] }], [1]],
    ["NoValue alone", { Ref: "AWS::NoValue" }, undefined],
    ["an object with a function's key and other keys", { Ref: "x", other: 1 }, { Ref: "x", other: 1 }],
    [
      "a policy's Condition",
      { Condition: { StringEquals: { a: "b" } } },
      { Condition: { StringEquals: { a: "b" } } },
    ],
    [
      "nesting",
      { a: [{ b: { "Fn::Join": ["", [{ Ref: "Bucket" }, "/*"]] } }] },
      { a: [{ b: "bucket-1/*" }] },
    ],
  ])("%s", (_name, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });

  it.each<[string, unknown, string]>([
    ["an unknown function", { "Fn::Transform": {} }, "does not support Fn::Transform"],
    ["Select out of range", { "Fn::Select": [2, ["a"]] }, "nonexistent value at index 2"],
    ["Join without a list", { "Fn::Join": ["-", "a"] }, "Fn::Join expects a list"],
    [
      "a missing map entry",
      { "Fn::FindInMap": ["Sizes", "dev", "memory"] },
      "Unable to get mapping for Sizes::dev::memory",
    ],
    ["a missing condition", { "Fn::If": ["Nope", 1, 2] }, "Unresolved condition dependency Nope"],
    ["Ref of an object", { Ref: {} }, "Ref must be a string"],
    ["an object in Sub", { "Fn::Sub": ["${x}", { x: {} }] }, "must resolve to a string"],
  ])("rejects %s", (_name, value, message) => {
    expect(() => resolve(value, scope)).toThrow(message);
  });
});

describe("evaluateCondition", () => {
  it.each([
    ["IsProd", true],
    ["IsDev", false],
    ["Both", true],
    ["Either", true],
  ])("%s is %s", (name, expected) => {
    expect(evaluateCondition(name, scope)).toBe(expected);
  });

  it("rejects circular conditions", () => {
    expect(() => evaluateCondition("Around", scope)).toThrow("circular dependency between conditions");
  });
});
