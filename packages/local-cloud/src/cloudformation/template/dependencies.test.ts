import { describe, expect, it } from "vitest";
import { dependenciesOf, inDependencyOrder } from "./dependencies.ts";
import { parseTemplate } from "./template.ts";

const template = async (resources: Record<string, object>) =>
  parseTemplate(
    JSON.stringify({
      Resources: Object.fromEntries(
        Object.entries(resources).map(([name, rest]) => [name, { Type: "AWS::S3::Bucket", ...rest }]),
      ),
    }),
  );

describe("inDependencyOrder", () => {
  it("puts targets of Ref, GetAtt, Sub and DependsOn first, and otherwise keeps the template's order", async () => {
    const resources = await template({
      Last: { DependsOn: ["ByRef", "Free"] },
      ByRef: { Properties: { a: [{ Ref: "ByAttribute" }] } },
      ByAttribute: { Properties: { a: { "Fn::GetAtt": ["BySub", "Arn"] } } },
      BySub: { Properties: { a: { "Fn::Sub": ["${Root.Arn}${own}", { own: { Ref: "OfOwn" } }] } } },
      Root: {},
      Free: {},
      OfOwn: {},
    });
    expect(inDependencyOrder(dependenciesOf(resources))).toEqual([
      "Root",
      "Free",
      "OfOwn",
      "BySub",
      "ByAttribute",
      "ByRef",
      "Last",
    ]);
  });

  it("ignores a resource that a variable of Sub shadows", async () => {
    const resources = await template({
      A: { Properties: { x: { "Fn::Sub": ["${B}", { B: "text" }] } } },
      B: {},
    });
    expect(dependenciesOf(resources).get("A")).toEqual([]);
  });

  it("names the resources of a circle, without those that only depend on it", async () => {
    const resources = await template({
      A: { Properties: { x: { Ref: "B" } } },
      B: { DependsOn: "C" },
      C: { Properties: { x: { "Fn::GetAtt": "A.Arn" } } },
      Waiting: { DependsOn: "A" },
      Before: {},
    });
    expect(() => inDependencyOrder(dependenciesOf(resources))).toThrow(
      "Circular dependency between resources: [A, B, C]",
    );
  });
});
