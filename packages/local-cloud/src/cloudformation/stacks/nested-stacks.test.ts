import { beforeEach, describe, expect, it } from "vitest";
import { createStacksFixture, type StacksFixture } from "../../../test/stacks-fixture.ts";
import { describeStack } from "../describe.ts";
import type { Stack } from "./stack.ts";

let fixture: StacksFixture;

const parameter = (Value: unknown, more: object = {}) => ({
  Type: "AWS::SSM::Parameter",
  Properties: { Type: "String", Value, ...more },
});
const broken = parameter("v", { Type: "Nothing" });

/** Puts a template into a bucket. @returns its address, as the CDK writes it */
function upload(template: object): string {
  const bucket = fixture.buckets.find("assets") ?? fixture.buckets.create("assets", "us-east-1");
  const key = `${bucket.objects.size}.json`;
  const body = Buffer.from(JSON.stringify(template));
  bucket.objects.set(key, { key, body, etag: "", lastModified: new Date(0), headers: {} });
  return `https://s3.us-east-1.amazonaws.com/assets/${key}`;
}

/** A nested stack with a parameter in SSM, and one more resource of each name. */
const nestedTemplate = (more: object = {}) => ({
  Parameters: { Value: { Type: "String" }, Names: { Type: "CommaDelimitedList", Default: "" } },
  Resources: { P: parameter({ Ref: "Value" }, { Name: "/nested" }), ...more },
  Outputs: {
    Name: { Value: { Ref: "P" } },
    Second: { Value: { "Fn::Select": [1, { "Fn::Split": [",", "a,b"] }] } },
  },
});

const nested = (TemplateURL: string, Value: string, more: object = {}) => ({
  Type: "AWS::CloudFormation::Stack",
  Properties: { TemplateURL, Parameters: { Value, Names: ["a", "b"] }, ...more },
});

const valueOf = (name: string): string | undefined => fixture.parameterStore.find(name)?.value;

const nestedStacks = (): Stack[] => fixture.stacks.list().filter(({ parentId }) => parentId !== undefined);

beforeEach(() => {
  fixture = createStacksFixture();
});

describe("a nested stack", () => {
  it("gets parameters, and gives outputs to its parent", async () => {
    const parent = await fixture.deploy(
      {
        Resources: {
          N: nested(upload(nestedTemplate()), "one", { Tags: [{ Key: "a", Value: "own" }] }),
          Copy: parameter({ "Fn::GetAtt": ["N", "Outputs.Name"] }, { Name: "/copy" }),
        },
        Outputs: { Id: { Value: { Ref: "N" } } },
      },
      {
        tags: [
          { key: "a", value: "1" },
          { key: "b", value: "2" },
        ],
      },
    );
    expect(parent.status, fixture.events(parent).join("\n")).toBe("CREATE_COMPLETE");
    expect([valueOf("/nested"), valueOf("/copy")]).toEqual(["one", "/nested"]);
    const [stack] = nestedStacks();
    expect(stack && describeStack(stack)).toMatchObject({
      StackId: parent.outputs[0]?.value,
      StackName: expect.stringMatching(/^test-N-\w{12}$/) as string,
      StackStatus: "CREATE_COMPLETE",
      ParentId: parent.stackId,
      RootId: parent.stackId,
      Parameters: [
        { ParameterKey: "Value", ParameterValue: "one" },
        { ParameterKey: "Names", ParameterValue: "a,b" },
      ],
      Tags: [
        { Key: "b", Value: "2" },
        { Key: "a", Value: "own" },
      ],
    });
    expect(describeStack(parent)).toMatchObject({ ParentId: undefined, RootId: undefined });
  });

  it("is updated and deleted with its parent", async () => {
    await fixture.deploy({ Resources: { N: nested(upload(nestedTemplate()), "one") } });
    const [before] = nestedStacks();
    const more = nestedTemplate({ Q: parameter("q", { Name: "/more" }) });
    const parent = await fixture.deploy({ Resources: { N: nested(upload(more), "two") } });
    expect([parent.status, before?.status]).toEqual(["UPDATE_COMPLETE", "UPDATE_COMPLETE"]);
    expect(nestedStacks()).toEqual([before]);
    expect([valueOf("/nested"), valueOf("/more")]).toEqual(["two", "q"]);
    await fixture.stacks.remove("test", [], undefined);
    await fixture.stacks.settled();
    expect([parent.status, before?.status, valueOf("/nested")]).toEqual([
      "DELETE_COMPLETE",
      "DELETE_COMPLETE",
      undefined,
    ]);
  });

  it("is deleted when it or its parent fails to be created", async () => {
    const failing = upload(nestedTemplate({ Broken: broken }));
    const parent = await fixture.deploy({ Resources: { N: nested(failing, "one") } });
    expect(parent.status).toBe("ROLLBACK_COMPLETE");
    expect(fixture.events(parent).join("\n")).toMatch(
      /N CREATE_FAILED: Embedded stack arn:\S+ was not successfully created: The following resource\(s\) failed to create: \[Broken\]\./,
    );
    const Resources = { N: nested(upload(nestedTemplate()), "one"), Broken: { ...broken, DependsOn: "N" } };
    await fixture.deploy({ Resources }, { stackName: "other" });
    expect(nestedStacks().map(({ status }) => status)).toEqual(["DELETE_COMPLETE", "DELETE_COMPLETE"]);
    expect(valueOf("/nested")).toBeUndefined();
  });

  it.each([
    ["its own update", nestedTemplate({ Broken: { ...broken, DependsOn: "P" } }), {}],
    ["a later resource of its parent", nestedTemplate(), { Broken: { ...broken, DependsOn: "N" } }],
  ])("has what it had before when %s fails", async (_what, after, more) => {
    const Kept = parameter("kept", { Name: "/kept" });
    await fixture.deploy({ Resources: { N: nested(upload(nestedTemplate({ Kept })), "one") } });
    const [stack] = nestedStacks();
    const kept = stack?.resources.get("Kept");
    const parent = await fixture.deploy({ Resources: { N: nested(upload(after), "two"), ...more } });
    expect([parent.status, stack?.status]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]);
    expect([valueOf("/nested"), valueOf("/kept")]).toEqual(["one", "kept"]);
    // It was not deleted and created again.
    expect(stack?.resources.get("Kept")).toBe(kept);
    const again = await fixture.deploy({ Resources: { N: nested(upload(nestedTemplate()), "three") } });
    expect([again.status, valueOf("/nested"), valueOf("/kept")]).toEqual([
      "UPDATE_COMPLETE",
      "three",
      undefined,
    ]);
  });

  it("may be nested in a nested stack", async () => {
    const inner = upload(nestedTemplate());
    const outer = upload({ Resources: { Inner: nested(inner, "deep") } });
    const parent = await fixture.deploy({
      Resources: { Outer: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: outer } } },
    });
    const [deepest, middle] = nestedStacks();
    expect(valueOf("/nested")).toBe("deep");
    expect([middle?.parentId, middle?.rootId]).toEqual([parent.stackId, parent.stackId]);
    expect([deepest?.parentId, deepest?.rootId]).toEqual([middle?.stackId, parent.stackId]);
  });

  it("fails with the reason when its template is missing or needs another parameter", async () => {
    const missing = await fixture.deploy({
      Resources: { N: nested("https://s3.us-east-1.amazonaws.com/none/a.json", "one") },
    });
    expect(fixture.events(missing).join("\n")).toContain("N CREATE_FAILED: S3 error: ");
    const url = upload({ Parameters: { Other: { Type: "String" } }, Resources: { P: parameter("v") } });
    const unknown = await fixture.deploy({ Resources: { N: nested(url, "one") } }, { stackName: "other" });
    expect(fixture.events(unknown).join("\n")).toMatch(/N CREATE_FAILED: Parameters: \[Value, Names\]/);
    expect(nestedStacks()).toEqual([]);
  });
});
