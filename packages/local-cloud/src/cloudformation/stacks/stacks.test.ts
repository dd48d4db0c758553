import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { createStacksFixture, type StacksFixture } from "../../../test/stacks-fixture.ts";
import { openState } from "../../state.ts";
import type { Stack } from "./stack.ts";

let fixture: StacksFixture;
beforeEach(() => {
  fixture = createStacksFixture();
});

const parameter = (name: string, value: unknown, more: object = {}) => ({
  Type: "AWS::SSM::Parameter",
  Properties: { Name: name, Type: "String", Value: value },
  ...more,
});

const broken = { Type: "AWS::SQS::Queue" };

const api = { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } };
const role = lambdaRole();
const source = "exports.handler = async () => 1";
const lambda = lambdaFunction(source);
const integration = {
  Type: "AWS::ApiGatewayV2::Integration",
  Properties: {
    ApiId: { Ref: "Api" },
    IntegrationType: "AWS_PROXY",
    IntegrationUri: { "Fn::GetAtt": ["Function", "Arn"] },
    PayloadFormatVersion: "2.0",
  },
};
const route = (routeKey: string, more: object = {}) => ({
  Type: "AWS::ApiGatewayV2::Route",
  Properties: {
    ApiId: { Ref: "Api" },
    RouteKey: routeKey,
    Target: { "Fn::Join": ["/", ["integrations", { Ref: "Integration" }]] },
    ...more,
  },
});
const httpApi = { Api: api, Role: role, Function: lambda, Integration: integration };

describe("creating", () => {
  it("creates the resources in dependency order, with events and outputs", async () => {
    const stack = await fixture.deploy({
      Resources: {
        Second: parameter("/second", { "Fn::Sub": "${First.Type}:${First}" }),
        First: parameter("/first", "one"),
      },
      Outputs: { Value: { Value: { "Fn::GetAtt": ["Second", "Value"] }, Description: "what it is" } },
    });
    expect(stack.status).toBe("CREATE_COMPLETE");
    expect(fixture.parameterStore.find("/second")?.value).toBe("String:/first");
    expect(stack.outputs).toEqual([
      { key: "Value", value: "String:/first", description: "what it is", exportName: undefined },
    ]);
    expect(fixture.events(stack)).toEqual([
      "test CREATE_IN_PROGRESS: User Initiated",
      "First CREATE_IN_PROGRESS",
      "First CREATE_COMPLETE",
      "Second CREATE_IN_PROGRESS",
      "Second CREATE_COMPLETE",
      "test CREATE_COMPLETE",
    ]);
  });

  it("deletes the created resources in reverse order when one fails, and reports the reason", async () => {
    const stack = await fixture.deploy({
      Resources: {
        A: parameter("/a", "1"),
        B: parameter("/b", { Ref: "A" }),
        C: { ...broken, DependsOn: "B" },
      },
    });
    expect(stack.status).toBe("ROLLBACK_COMPLETE");
    expect(fixture.parameterStore.find("/a")).toBeUndefined();
    expect(fixture.parameterStore.find("/b")).toBeUndefined();
    expect(fixture.events(stack).slice(-8)).toEqual([
      "C CREATE_IN_PROGRESS",
      "C CREATE_FAILED: The local cloud does not support the resource type AWS::SQS::Queue.",
      "test ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [C]. Rollback requested by user.",
      "B DELETE_IN_PROGRESS",
      "B DELETE_COMPLETE",
      "A DELETE_IN_PROGRESS",
      "A DELETE_COMPLETE",
      "test ROLLBACK_COMPLETE",
    ]);
    expect(stack.resources.get("C")?.statusReason).toContain("AWS::SQS::Queue");
    await expect(fixture.deploy({ Resources: { A: parameter("/a", "1") } })).rejects.toThrow(
      "is in ROLLBACK_COMPLETE state and can not be updated",
    );
  });

  it("gives each operation an id, also a rollback", async () => {
    const resources = { A: parameter("/a", "1") };
    await fixture.deploy({ Resources: resources });
    await failingUpdate();
    const stack = await failingUpdate();
    const events = stack.events.toReversed();
    const ids = new Set(events.map(({ operationId }) => operationId));
    const statuses = Array.from(ids, (id) =>
      events.filter(({ operationId }) => operationId === id).map(({ status }) => status),
    );
    expect(statuses).toEqual([
      ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_COMPLETE"],
      ["UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_FAILED"],
      ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"],
      ["UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_FAILED"],
      ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"],
    ]);

    function failingUpdate(): Promise<Stack> {
      return fixture.deploy({ Resources: { ...resources, B: broken } });
    }
  });

  it("leaves out resources and outputs whose condition is false", async () => {
    await fixture.deploy({
      Parameters: { Stage: { Type: "String", Default: "dev" } },
      Conditions: { IsProd: { "Fn::Equals": [{ Ref: "Stage" }, "prod"] } },
      Resources: { A: parameter("/a", "1"), B: parameter("/b", "2", { Condition: "IsProd" }) },
      Outputs: { B: { Value: { Ref: "B" }, Condition: "IsProd" } },
    });
    expect(fixture.parameterStore.find("/a")).toBeDefined();
    expect(fixture.parameterStore.find("/b")).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ["no resources", {}, "At least one Resources member"],
    ["an unknown section", { Resource: {} }, "Invalid template property or properties [Resource]"],
    [
      "an invalid type",
      { Resources: { A: { Type: "Nonsense" } } },
      "Unrecognized resource types: [Nonsense]",
    ],
    [
      "a reference to an unknown resource",
      { Resources: { A: parameter("/a", { Ref: "Ghost" }) } },
      "Unresolved resource dependencies [Ghost] in the Resources block",
    ],
    [
      "an output of an unknown resource",
      { Resources: { A: parameter("/a", "1") }, Outputs: { O: { Value: { Ref: "Ghost" } } } },
      "Unresolved resource dependencies [Ghost] in the Outputs block",
    ],
    [
      "circular dependencies",
      { Resources: { A: parameter("/a", { Ref: "B" }), B: parameter("/b", { Ref: "A" }) } },
      "Circular dependency between resources: [A, B]",
    ],
    [
      "a macro",
      { Transform: "AWS::Serverless-2016-10-31", Resources: { A: api } },
      "does not support macros",
    ],
    [
      "a rule that does not hold",
      {
        Parameters: { P: { Type: "String", Default: "1" } },
        Rules: {
          R: {
            Assertions: [
              {
                Assert: { "Fn::Not": [{ "Fn::Contains": [["1", "2"], { Ref: "P" }] }] },
                AssertDescription: "version 3 required",
              },
            ],
          },
        },
        Resources: { A: parameter("/a", "1") },
      },
      "version 3 required",
    ],
    [
      "a parameter without a value",
      { Parameters: { P: { Type: "String" } }, Resources: { A: api } },
      "Parameters: [P] must have values",
    ],
    [
      "an unknown SSM parameter",
      {
        Parameters: { P: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/no" } },
        Resources: { A: api },
      },
      "Unable to fetch parameters [/no]",
    ],
  ])("rejects %s before it creates a resource", async (_name, template, message) => {
    await expect(fixture.deploy(template)).rejects.toThrow(message);
    expect(fixture.stacks.list()).toEqual([]);
  });

  it("rejects IAM resources without the capability", async () => {
    await expect(fixture.deploy({ Resources: { Role: role } }, { capabilities: [] })).rejects.toMatchObject({
      code: "InsufficientCapabilitiesException",
      message: "Requires capabilities : [CAPABILITY_IAM]",
    });
  });

  it.each<[string, object, string]>([
    [
      "a missing property",
      { Resources: { A: { Type: "AWS::SSM::Parameter", Properties: { Type: "String" } } } },
      "Properties validation failed for resource A with message:\n#: required key [Value] not found",
    ],
    [
      "an unknown property",
      { Resources: { A: { ...api, Properties: { ...api.Properties, Colour: "red" } } } },
      "#: extraneous key [Colour] is not permitted",
    ],
    [
      "a value of the wrong type",
      {
        Resources: {
          Role: role,
          Function: lambdaFunction(source, { Timeout: "soon" }),
        },
      },
      "#/Timeout: expected type: Integer, found: String",
    ],
    [
      "a route to an unknown integration",
      { Resources: { Api: api, Route: route("GET /a", { Target: "integrations/ghost" }) } },
      "Invalid integration target specified: integrations/ghost",
    ],
    [
      "a malformed route key",
      { Resources: { ...httpApi, Route: route("GET private") } },
      "The provided route key is not formatted properly",
    ],
    [
      "two routes with one key",
      { Resources: { ...httpApi, One: route("GET /a"), Two: route("GET /a") } },
      "Route with key GET /a already exists",
    ],
    [
      "a function whose code does not exist",
      {
        Resources: {
          Role: role,
          Bucket: { Type: "AWS::S3::Bucket" },
          Function: lambdaFunction(source, { Code: { S3Bucket: { Ref: "Bucket" }, S3Key: "no.zip" } }),
        },
      },
      "S3 Error Code: NoSuchKey",
    ],
    [
      "a function whose role does not trust Lambda",
      {
        Resources: {
          Function: lambdaFunction(source, { Role: "arn:aws:iam::000000000000:role/x" }),
        },
      },
      "cannot be assumed by Lambda",
    ],
    [
      "a policy for an unknown role",
      {
        Resources: {
          Policy: {
            Type: "AWS::IAM::Policy",
            Properties: {
              PolicyName: "p",
              Roles: ["ghost"],
              PolicyDocument: { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
            },
          },
        },
      },
      "The role with name ghost cannot be found",
    ],
    [
      "a custom resource with a function",
      {
        Resources: {
          Role: role,
          Function: lambda,
          C: { Type: "Custom::Seed", Properties: { ServiceToken: { "Fn::GetAtt": ["Function", "Arn"] } } },
        },
      },
      "does not support the resource type Custom::Seed",
    ],
    [
      "an attribute that the type lacks",
      { Resources: { Api: api, P: parameter("/p", { "Fn::GetAtt": ["Api", "Url"] }) } },
      "resource Api does not support attribute type Url",
    ],
    [
      "Twitter's consumer key without its secret",
      {
        Resources: {
          Pool: {
            Type: "AWS::Cognito::IdentityPool",
            Properties: {
              AllowUnauthenticatedIdentities: false,
              SupportedLoginProviders: { "api.twitter.com": "k" },
            },
          },
        },
      },
      "must be <consumer key>;<consumer secret>",
    ],
  ])("rolls back for %s", async (_name, template, reason) => {
    const stack = await fixture.deploy(template);
    expect(stack.status).toBe("ROLLBACK_COMPLETE");
    expect(fixture.events(stack).join("\n")).toContain(reason);
    expect(fixture.account.functions.size + fixture.account.httpApis.size + fixture.account.roles.size).toBe(
      0,
    );
    expect(fixture.listening.size).toBe(0);
  });
});

describe("updating", () => {
  it("rejects an update without changes", async () => {
    const template = { Resources: { A: parameter("/a", "1") } };
    await fixture.deploy(template);
    await expect(fixture.deploy({ ...template, Description: "new words" })).rejects.toThrow(
      /^No updates are to be performed\.$/,
    );
  });

  it("updates only the changed resources in place", async () => {
    const resources = { ...httpApi, Route: route("GET /a", { AuthorizationType: "AWS_IAM" }) };
    const created = await fixture.deploy({ Resources: resources });
    const [before] = fixture.account.httpApis.values();
    const eventsBefore = created.events.length;
    const stack = await fixture.deploy({
      Resources: { ...resources, Route: route("GET /a", { AuthorizationType: "NONE" }) },
    });
    expect(stack.status).toBe("UPDATE_COMPLETE");
    expect(fixture.events(stack).slice(eventsBefore)).toEqual([
      "test UPDATE_IN_PROGRESS: User Initiated",
      "Route UPDATE_IN_PROGRESS",
      "Route UPDATE_COMPLETE",
      "test UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
      "test UPDATE_COMPLETE",
    ]);
    const [after] = fixture.account.httpApis.values();
    expect(after?.apiId).toBe(before?.apiId);
    expect([...(after?.routes.values() ?? [])]).toMatchObject([{ authorizationType: "NONE" }]);
    // Back to the first template: the record holds the last deployment.
    await fixture.deploy({ Resources: resources });
    expect([...(after?.routes.values() ?? [])]).toMatchObject([{ authorizationType: "AWS_IAM" }]);
  });

  it("replaces a resource that cannot change in place, and deletes the old one last", async () => {
    const created = await fixture.deploy({
      Resources: { A: parameter("/old", "1"), B: parameter("/b", { Ref: "A" }) },
    });
    const eventsBefore = created.events.length;
    const stack = await fixture.deploy({
      Resources: { A: parameter("/new", "1"), B: parameter("/b", { Ref: "A" }) },
    });
    expect(fixture.events(stack).slice(eventsBefore + 1)).toEqual([
      expect.stringContaining(
        "A UPDATE_IN_PROGRESS: Requested update requires the creation of a new physical resource",
      ),
      "A UPDATE_COMPLETE",
      "B UPDATE_IN_PROGRESS",
      "B UPDATE_COMPLETE",
      "test UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
      "A DELETE_IN_PROGRESS",
      "A DELETE_COMPLETE",
      "test UPDATE_COMPLETE",
    ]);
    expect(fixture.parameterStore.find("/old")).toBeUndefined();
    expect(fixture.parameterStore.find("/b")?.value).toBe("/new");
    expect(stack.resources.get("A")?.physicalId).toBe("/new");
  });

  it("deletes removed resources unless their policy retains them", async () => {
    await fixture.deploy({
      Resources: {
        Stays: parameter("/stays", "1"),
        Goes: parameter("/goes", "1"),
        Kept: parameter("/kept", "1", { DeletionPolicy: "Retain" }),
      },
    });
    const stack = await fixture.deploy({ Resources: { Stays: parameter("/stays", "1") } });
    expect([...stack.resources.keys()]).toEqual(["Stays"]);
    expect(fixture.parameterStore.find("/goes")).toBeUndefined();
    expect(fixture.parameterStore.find("/kept")).toBeDefined();
    expect(fixture.events(stack)).toContain("Kept DELETE_SKIPPED");
  });

  it("rolls every change back when a resource fails", async () => {
    const original = {
      Resources: {
        Changed: parameter("/changed", "before"),
        Replaced: parameter("/replaced", "before"),
        Gone: parameter("/gone", "before"),
        ...httpApi,
        Route: route("GET /a"),
      },
      Outputs: { Value: { Value: { "Fn::GetAtt": ["Changed", "Value"] } } },
    };
    const before = await fixture.deploy(original);
    const outputs = before.outputs;
    const { apiId } = [...fixture.account.httpApis.values()][0] ?? {};
    const stack = await fixture.deploy({
      Resources: {
        Changed: parameter("/changed", "after"),
        Replaced: parameter("/replaced-by", "after"),
        Added: parameter("/added", "after"),
        ...httpApi,
        Route: route("GET /b"),
        Broken: { ...broken, DependsOn: ["Changed", "Replaced", "Added", "Route"] },
      },
    });
    expect(stack.status).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(stack.outputs).toEqual(outputs);
    const values = ["/changed", "/replaced", "/gone", "/added", "/replaced-by"].map(
      (name) => fixture.parameterStore.find(name)?.value,
    );
    expect(values).toEqual(["before", "before", "before", undefined, undefined]);
    const deployed = fixture.account.httpApis.get(apiId ?? "");
    expect([...(deployed?.routes.values() ?? [])].map(({ routeKey }) => routeKey)).toEqual(["GET /a"]);
    expect(stack.resources.get("Broken")?.statusReason).toContain("AWS::SQS::Queue");
    // The deployed template is the old one.
    await expect(fixture.deploy(original)).rejects.toThrow("No updates are to be performed.");
  });

  it("reports why an update in place failed, and leaves the resource unchanged", async () => {
    await fixture.deploy({ Resources: { ...httpApi, Route: route("GET /a") } });
    const stack = await fixture.deploy({ Resources: { ...httpApi, Route: route("GET a") } });
    expect(stack.status).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(stack.resources.get("Route")).toMatchObject({
      status: "UPDATE_COMPLETE",
      statusReason: expect.stringContaining("route key is not formatted properly") as string,
      properties: { RouteKey: "GET /a" },
    });
  });

  it("applies new tags and outputs", async () => {
    const resources = { Resources: { A: parameter("/a", "1") } };
    await fixture.deploy(resources);
    const tagged = await fixture.deploy(resources, { tags: [{ key: "k", value: "v" }] });
    expect(tagged.status).toBe("UPDATE_COMPLETE");
    const stack = await fixture.deploy({ ...resources, Outputs: { O: { Value: { Ref: "A" } } } });
    expect(stack.outputs).toMatchObject([{ key: "O", value: "/a" }]);
  });

  it("keeps previous parameter values with UsePreviousValue", async () => {
    const template = {
      Parameters: { P: { Type: "String" } },
      Resources: { A: parameter("/a", { Ref: "P" }), B: parameter("/b", "1") },
    };
    await fixture.deploy(template, { parameters: [{ key: "P", value: "x", usePreviousValue: false }] });
    await fixture.deploy(
      { ...template, Resources: { ...template.Resources, B: parameter("/b", "2") } },
      { parameters: [{ key: "P", value: undefined, usePreviousValue: true }] },
    );
    expect(fixture.parameterStore.find("/a")?.value).toBe("x");
    expect(fixture.parameterStore.find("/b")?.value).toBe("2");
  });

  it("loads code again only when it changes", async () => {
    await fixture.deploy({ Resources: { Role: role, Function: lambda } });
    const [deployed] = fixture.account.functions.values();
    const code = deployed?.code;
    await fixture.deploy({
      Resources: { Role: role, Function: lambdaFunction(source, { Timeout: 5 }) },
    });
    expect(deployed).toMatchObject({ timeoutSeconds: 5 });
    expect(deployed?.code).toBe(code);
    await fixture.deploy({
      Resources: { Role: role, Function: lambdaFunction("exports.handler = async () => 2") },
    });
    expect(deployed?.code).not.toBe(code);
  });
});

const withValue = (value: string, more: object = {}) => ({
  Resources: { P: parameter("p", value), ...more },
});
const updateWithoutRollback = async (template: object): Promise<void> => {
  await fixture.stacks.update(stackInput(template), { disableRollback: true });
  await fixture.stacks.settled();
};
const rollBack = async (): Promise<void> => {
  await fixture.stacks.rollBack("test");
  await fixture.stacks.settled();
};
const valueOfP = (): string | undefined => fixture.parameterStore.find("p")?.value;

describe("a failed operation without a rollback", () => {
  it("keeps what an update did, until it is rolled back", async () => {
    const stack = await fixture.deploy(withValue("1"));
    await updateWithoutRollback(withValue("2", { Broken: broken }));
    expect([stack.status, valueOfP()]).toEqual(["UPDATE_FAILED", "2"]);
    await rollBack();
    expect([stack.status, valueOfP()]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "1"]);
    await expect(fixture.stacks.rollBack("test")).rejects.toThrow("Rollback is not supported");
  });

  it("rolls back several updates that failed, to the last one that did not", async () => {
    const stack = await fixture.deploy(withValue("1"));
    await updateWithoutRollback(withValue("2", { Broken: broken }));
    await updateWithoutRollback(withValue("3", { Other: broken }));
    await rollBack();
    expect([stack.status, valueOfP()]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "1"]);
  });

  it("may be tried again, and then cannot be rolled back", async () => {
    const stack = await fixture.deploy(withValue("1"));
    await updateWithoutRollback(withValue("2", { Broken: broken }));
    await updateWithoutRollback(withValue("2"));
    expect([stack.status, valueOfP()]).toEqual(["UPDATE_COMPLETE", "2"]);
    await expect(fixture.stacks.rollBack("test")).rejects.toThrow("Rollback is not supported");
  });

  it("is saved, and may be tried again but not rolled back after a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "local-cloud-stacks-"));
    try {
      const first = openState(folder);
      fixture = createStacksFixture(undefined, { state: first });
      await fixture.stacks.create(stackInput(withValue("1", { Broken: broken })), { disableRollback: true });
      await fixture.stacks.settled();
      await first.save();
      first.release();
      const second = openState(folder);
      fixture = createStacksFixture(undefined, { state: second });
      await expect(fixture.stacks.rollBack("test")).rejects.toThrow("cannot roll it back. Deploy it again");
      const stack = await fixture.deploy(withValue("2"));
      expect([stack.status, fixture.events(stack).at(-1)]).toEqual([
        "UPDATE_COMPLETE",
        "test UPDATE_COMPLETE",
      ]);
      await second.save();
      second.release();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("deletes what a creation made when it is rolled back", async () => {
    const stack = await fixture.stacks.create(stackInput(withValue("1", { Broken: broken })), {
      disableRollback: true,
    });
    await fixture.stacks.settled();
    expect([stack.status, valueOfP()]).toEqual(["CREATE_FAILED", "1"]);
    await rollBack();
    expect([stack.status, valueOfP()]).toEqual(["ROLLBACK_COMPLETE", undefined]);
  });
});

describe("drift", () => {
  it("finds changed variables of a function and a deleted bucket, and says what it does not check", async () => {
    const stack = await fixture.deploy({
      Resources: {
        Role: role,
        Function: lambdaFunction(source, { Environment: { Variables: { MODE: "1" } } }),
        Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "drifting" } },
      },
    });
    expect(stack.status, fixture.events(stack).join("\n")).toBe("CREATE_COMPLETE");
    const found = (): Record<string, string> =>
      Object.fromEntries(
        fixture.stacks.drift
          .get(fixture.stacks.drift.detect(stack))
          .resources.map(({ resource, status }) => [resource.logicalId, status]),
      );
    expect(found()).toEqual({ Role: "NOT_CHECKED", Function: "IN_SYNC", Bucket: "IN_SYNC" });
    const [deployed] = fixture.account.functions.values();
    if (deployed !== undefined) deployed.environment = { MODE: "2" };
    fixture.buckets.remove("drifting");
    expect(found()).toEqual({ Role: "NOT_CHECKED", Function: "MODIFIED", Bucket: "DELETED" });
    expect(
      fixture.stacks.drift.last(stack)?.resources.find(({ status }) => status === "MODIFIED")?.differences,
    ).toEqual([{ path: "/Environment/Variables", expected: { MODE: "1" }, actual: { MODE: "2" } }]);
  });
});

describe("secrets", () => {
  const pool = {
    Type: "AWS::Cognito::IdentityPool",
    Properties: {
      AllowUnauthenticatedIdentities: false,
      SupportedLoginProviders: {
        "api.twitter.com":
          "{{resolve:secretsmanager:twitter:SecretString:key}};{{resolve:secretsmanager:twitter:SecretString:secret}}",
      },
    },
  };

  it("reach the resource and are not stored in the stack", async () => {
    fixture.secretsManager.create({ name: "twitter", secretString: '{"key":"thekey","secret":"thesecret"}' });
    const stack = await fixture.deploy({ Resources: { Pool: pool } });
    expect([...fixture.account.identityPools.values()]).toMatchObject([
      { supportedLoginProviders: { "api.twitter.com": "thekey;thesecret" } },
    ]);
    expect(
      JSON.stringify([...stack.resources.values(), stack.events, stack.request?.template.body]),
    ).not.toMatch(/thekey|thesecret/);
  });

  it("fail the resource when they do not exist", async () => {
    const stack = await fixture.deploy({ Resources: { Pool: pool } });
    expect(stack.status).toBe("ROLLBACK_COMPLETE");
    expect(stack.resources.get("Pool")?.statusReason).toContain(
      "Secrets Manager can't find the specified secret",
    );
  });
});

describe("exports", () => {
  const exporting = (value: string) => ({
    Resources: { A: parameter("/a", value) },
    Outputs: { Out: { Value: { "Fn::GetAtt": ["A", "Value"] }, Export: { Name: "shared" } } },
  });
  const importing = { Resources: { B: parameter("/b", { "Fn::ImportValue": "shared" }) } };

  it("reach other stacks, and cannot be deleted while one imports them", async () => {
    await fixture.deploy(exporting("1"), { stackName: "one" });
    await fixture.deploy(importing, { stackName: "two" });
    expect(fixture.parameterStore.find("/b")?.value).toBe("1");
    expect(fixture.stacks.importsOf("shared")).toEqual(["two"]);
    const changed = await fixture.deploy(exporting("2"), { stackName: "one" });
    expect(changed.status).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(fixture.events(changed).join()).toContain(
      "Export shared cannot be updated as it is in use by two",
    );
    await fixture.stacks.remove("one", [], undefined);
    await fixture.stacks.settled();
    expect(fixture.stacks.get("one").status).toBe("DELETE_FAILED");
    await fixture.stacks.remove("two", [], undefined);
    await fixture.stacks.settled();
    await fixture.stacks.remove("one", [], undefined);
    await fixture.stacks.settled();
    expect(fixture.stacks.find("one")).toBeUndefined();
  });

  it("have one exporting stack", async () => {
    await fixture.deploy(exporting("1"), { stackName: "one" });
    const stack = await fixture.deploy(
      { ...exporting("1"), Resources: { A: parameter("/other", "1") } },
      { stackName: "two" },
    );
    expect(stack.statusReason ?? fixture.events(stack).join()).toContain("is already exported by stack one");
    expect(fixture.parameterStore.find("/other")).toBeUndefined();
  });
});

describe("deleting", () => {
  it("deletes dependents first, closes the API, and keeps the stack's ARN", async () => {
    const created = await fixture.deploy({ Resources: { ...httpApi, Route: route("GET /a") } });
    expect(fixture.listening.size).toBe(1);
    await fixture.stacks.remove("test", [], undefined);
    await fixture.stacks.settled();
    expect(fixture.events(created).at(-1)).toBe("test DELETE_COMPLETE");
    expect(fixture.listening.size).toBe(0);
    const { httpApis, functions, roles } = fixture.account;
    expect(httpApis.size + functions.size + roles.size).toBe(0);
    expect(() => fixture.stacks.get("test")).toThrow("Stack with id test does not exist");
    expect(fixture.stacks.get(created.stackId).status).toBe("DELETE_COMPLETE");
  });

  it("fails for a bucket with objects, and can retain it on the second try", async () => {
    await fixture.deploy({
      Resources: {
        Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "full-bucket" } },
        A: parameter("/a", "1"),
      },
    });
    const { objects } = fixture.buckets.get("full-bucket");
    objects.set("k", {
      key: "k",
      body: new Uint8Array(),
      etag: '""',
      lastModified: new Date(0),
      headers: {},
    });
    await fixture.stacks.remove("test", [], undefined);
    await fixture.stacks.settled();
    const stack = fixture.stacks.get("test");
    expect(stack).toMatchObject({
      status: "DELETE_FAILED",
      statusReason: "The following resource(s) failed to delete: [Bucket]. ",
    });
    expect(fixture.events(stack).join()).toContain("The bucket you tried to delete is not empty");
    expect(fixture.parameterStore.find("/a")).toBeUndefined();
    await fixture.stacks.remove("test", ["Bucket"], undefined);
    await fixture.stacks.settled();
    expect(fixture.stacks.find("test")).toBeUndefined();
    expect(fixture.buckets.find("full-bucket")).toBeDefined();
  });

  it("ignores an unknown stack", async () => {
    await expect(fixture.stacks.remove("ghost", [], undefined)).resolves.toBeUndefined();
  });
});

const stackInput = (template: object) => ({
  stackName: "test",
  templateBody: JSON.stringify(template),
  parameters: [],
  tags: undefined,
  capabilities: [],
  roleArn: undefined,
  clientRequestToken: undefined,
});

describe("change sets", () => {
  const options = { changeSetName: "change", type: "CREATE", description: undefined } as const;

  it("create a stack when executed", async () => {
    const changeSet = await fixture.stacks.createChangeSet(
      stackInput({ Resources: { A: parameter("/a", "1") } }),
      options,
    );
    expect(changeSet.changes).toMatchObject([{ action: "Add", logicalId: "A" }]);
    expect(fixture.stacks.get("test").status).toBe("REVIEW_IN_PROGRESS");
    expect(fixture.parameterStore.find("/a")).toBeUndefined();
    await fixture.stacks.executeChangeSet(changeSet, { disableRollback: false });
    await fixture.stacks.settled();
    expect(fixture.stacks.get("test").status).toBe("CREATE_COMPLETE");
    expect(() => fixture.stacks.getChangeSet("change", "test")).toThrow("does not exist");
  });

  it("show replacement, the changes that depend on it, and removal", async () => {
    await fixture.deploy({
      Resources: {
        A: parameter("/a", "1"),
        B: parameter("/b", { Ref: "A" }),
        C: parameter("/c", "1"),
        D: parameter("/d", "1"),
      },
    });
    const next = { A: parameter("/z", "1"), B: parameter("/b", { Ref: "A" }), C: parameter("/c", "2") };
    const changeSet = await fixture.stacks.createChangeSet(stackInput({ Resources: next }), {
      ...options,
      type: "UPDATE",
    });
    expect(changeSet.changes).toMatchObject([
      { action: "Modify", logicalId: "A", replacement: "True", changedProperties: ["Name"] },
      { action: "Modify", logicalId: "C", replacement: "False", changedProperties: ["Value"] },
      { action: "Modify", logicalId: "B", replacement: "False", changedProperties: ["Value"] },
      { action: "Remove", logicalId: "D" },
    ]);
  });

  it("fail without changes", async () => {
    const template = { Resources: { A: parameter("/a", "1") } };
    await fixture.deploy(template);
    const changeSet = await fixture.stacks.createChangeSet(stackInput(template), {
      ...options,
      type: "UPDATE",
    });
    expect(changeSet).toMatchObject({
      status: "FAILED",
      statusReason: expect.stringMatching(/^The submitted information didn't contain changes/) as string,
    });
    expect(() => fixture.stacks.executeChangeSet(changeSet, { disableRollback: false })).toThrow(
      "cannot be executed",
    );
  });
});
