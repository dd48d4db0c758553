import { describe, expect, it } from "vitest";
import { formatError } from "../errors.ts";
import { createFakeEnvironment, failure } from "../../test/fakes/fake-environment.ts";
import type { DeploymentFlags, RememberedDeployment } from "./deployment.ts";
import { resolveDeployment } from "./resolve-deployment.ts";
import { parseServiceUrl } from "./service-addresses.ts";

const poolId = "eu-west-1:0f0e0d0c-0b0a-4900-8800-070605040302";
const otherPoolId = "us-east-1:99999999-0b0a-4900-8800-070605040302";
const endpoint = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const outputs = { ApiEndpoint: endpoint, IdentityPoolId: poolId };
const config = 'export default { config: () => ({ name: "notes", region: "eu-west-1" }) };';

interface World {
  outputs?: unknown;
  files?: Record<string, string>;
  variables?: Record<string, string>;
  remembered?: RememberedDeployment[];
  /** False for a folder without sst.config.ts. */
  project?: boolean;
}

function resolve(flags: DeploymentFlags, world: World = {}) {
  const text = typeof world.outputs === "string" ? world.outputs : JSON.stringify(world.outputs);
  const environment = createFakeEnvironment({
    variables: world.variables ?? {},
    files: {
      ...(world.project === false ? {} : { "/project/sst.config.ts": config }),
      ...(world.outputs === undefined ? {} : { "/project/.sst/outputs.json": text }),
      ...world.files,
    },
  });
  return resolveDeployment(environment, flags, () => world.remembered ?? []);
}

const stored = (stage: string | undefined, pool = otherPoolId): RememberedDeployment => ({
  appName: "notes",
  stage,
  apiEndpoint: "https://remembered.example",
  identityPoolId: pool,
});

describe("an outputs file", () => {
  it.each<[string, unknown, DeploymentFlags, string | undefined]>([
    ["of SST v2", { "prod-notes-ExampleStack": outputs }, {}, "prod"],
    ["with dashes in the stage", { "my-long-stage-notes-ExampleStack": outputs }, {}, "my-long-stage"],
    [
      "with a stage that ends like the app",
      { "my-notes-notes-Stack": outputs },
      { stage: "my-notes" },
      "my-notes",
    ],
    ["in the flat format of SST v3", outputs, {}, undefined],
    ["in the flat format, with other values", { ...outputs, app: 1, list: [] }, {}, undefined],
    [
      "with a stage's outputs in two stacks",
      { "prod-notes-Api": { ApiEndpoint: endpoint }, "prod-notes-Auth": { IdentityPoolId: poolId } },
      {},
      "prod",
    ],
    [
      "of several stages, with --stage",
      { "dev-notes-S": { ...outputs, ApiEndpoint: "https://other.example" }, "prod-notes-S": outputs },
      { stage: "prod" },
      "prod",
    ],
    [
      "of several stages, one of them partial",
      { "dev-notes-S": { ApiEndpoint: "https://other.example" }, "prod-notes-S": outputs },
      { stage: "prod" },
      "prod",
    ],
    ["of two apps", { "prod-shop-S": {}, "prod-notes-S": outputs }, {}, "prod"],
  ])("%s has a stage", async (_name, content, flags, stage) => {
    const { deployment } = await resolve(flags, { outputs: content });
    expect(deployment).toMatchObject({ stage, identityPoolId: poolId, region: "eu-west-1" });
    expect(deployment.apiEndpoint.href).toBe(`${endpoint}/`);
    expect(deployment.source).toBe("/project/.sst/outputs.json");
  });

  it("of CDK needs --stage outside a project", async () => {
    const content = { "my-prod-notes-Stack": outputs };
    const { deployment } = await resolve({ stage: "my-prod" }, { project: false, outputs: content });
    expect(deployment.stage).toBe("my-prod");
  });

  it("comes from --outputs", async () => {
    const files = { "/elsewhere/o.json": JSON.stringify({ "prod-notes-S": outputs }) };
    for (const named of ["/elsewhere/o.json", "../elsewhere/o.json"]) {
      const { deployment } = await resolve({ outputs: named }, { files });
      expect(deployment.source).toBe("/elsewhere/o.json");
    }
  });

  it.each<[string, World, DeploymentFlags, string, RegExp]>([
    ["absent", {}, {}, "outputs-not-found", /outputs\.json.*sst deploy --stage <stage>/s],
    [
      "absent, with --stage",
      {},
      { stage: "prod" },
      "outputs-not-found",
      /stage prod.*sst deploy --stage prod/s,
    ],
    ["absent, with --outputs", {}, { outputs: "no.json" }, "outputs-not-found", /\/project\/no\.json/],
    [
      "without the stage",
      { outputs: { "dev-notes-S": outputs, "qa-notes-S": outputs } },
      { stage: "prod" },
      "unknown-stage",
      /prod.*outputs\.json.*dev, qa.*sst deploy --stage prod/s,
    ],
    [
      "without the stage, with another partial one",
      { outputs: { "dev-notes-S": { ApiEndpoint: endpoint } } },
      { stage: "prod" },
      "unknown-stage",
      /prod.*outputs\.json.*dev/s,
    ],
    [
      "of several stages, without --stage",
      { outputs: { "dev-notes-S": outputs, "qa-notes-S": outputs } },
      {},
      "missing-configuration",
      /dev, qa.*--stage dev/s,
    ],
    [
      "of another app",
      { outputs: { "prod-shop-S": outputs } },
      {},
      "invalid-outputs",
      /outputs\.json.*notes.*prod-shop-S.*--outputs/s,
    ],
    [
      "without a pool",
      { outputs: { "prod-notes-S": { ApiEndpoint: endpoint, Other: 1 } } },
      {},
      "invalid-outputs",
      /IdentityPoolId is missing in .*outputs\.json \(stage prod\).*ApiEndpoint, Other.*--stage prod/s,
    ],
    [
      "with an endpoint that is not a string",
      { outputs: { "prod-notes-S": { ...outputs, ApiEndpoint: 7 } } },
      {},
      "invalid-outputs",
      /ApiEndpoint is (missing|not a string)/,
    ],
    [
      "flat, without an endpoint",
      { outputs: { IdentityPoolId: poolId } },
      {},
      "invalid-outputs",
      /ApiEndpoint is (missing|not a string)/,
    ],
    ["with an empty object", { outputs: "{}" }, {}, "invalid-outputs", /no outputs/],
    ["cut off", { outputs: '{"prod-notes-S":{"Api' }, {}, "invalid-outputs", /not an outputs file.*cut off/s],
    [
      "empty, as SST sometimes leaves it",
      { outputs: "" },
      {},
      "outputs-not-found",
      /outputs\.json does not exist or is empty.*sst deploy/s,
    ],
    ["a list", { outputs: "[1]" }, {}, "invalid-outputs", /not an outputs file/],
    ["null", { outputs: "null" }, {}, "invalid-outputs", /not an outputs file/],
    ["HTML", { outputs: "<html>" }, {}, "invalid-outputs", /not an outputs file/],
    [
      "absent, outside a project",
      { project: false },
      {},
      "outputs-not-found",
      /no deployed stage found\ncause: \/project\/\.sst\/outputs\.json does not exist or is empty\nfix: run auth-cli in the folder of a deployed SST app, pass --outputs <file> for CDK, or pass --endpoint and --identity-pool-id$/,
    ],
    [
      "absent, with --endpoint",
      {},
      { endpoint },
      "outputs-not-found",
      /--identity-pool-id is missing: without an outputs file, --endpoint needs it\n/,
    ],
    [
      "absent, with --identity-pool-id",
      {},
      { identityPoolId: poolId },
      "outputs-not-found",
      /--endpoint is missing: without an outputs file, --identity-pool-id needs it\n/,
    ],
  ])("%s is an error with a fix", async (_name, world, flags, code, text) => {
    const error = await failure(() => resolve(flags, world));
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(2);
    expect(formatError(error).join("\n")).toMatch(text);
    expect(error.fix).toBeDefined();
  });
});

describe("a file of the project that is a link to a secret", () => {
  const secret = "[default]\naws_secret_access_key = canary";

  it.each<[string, World]>([
    ["outputs.json", { outputs: secret }],
    ["stage", { files: { "/project/.sst/stage": secret } }],
  ])("is not shown: %s", async (name, world) => {
    const error = await failure(() => resolve({}, world));
    expect(formatError(error).join("\n")).toContain(`/project/.sst/${name}`);
    expect(formatError(error).join("\n")).not.toContain("canary");
  });
});

describe("a stack's name with characters for the shell", () => {
  it.each(["$(id)", "a;id", "`id`", "a b", "'a"])("names no stage: %s", async (name) => {
    const error = await failure(() => resolve({}, { outputs: { [`${name}-notes-S`]: outputs } }));
    expect(error.code).toBe("invalid-outputs");
    expect(error.fix).not.toContain(name);
  });
});

describe("an outputs file of CDK", () => {
  const file = "/project/cdk.json";
  const both = "or pass --endpoint and --identity-pool-id";

  it.each<[string, unknown, DeploymentFlags, string[]]>([
    [
      "one output with another name",
      { MyStack: { ApiUrl: endpoint } },
      {},
      [
        `error: ApiEndpoint is missing in ${file}`,
        "cause: MyStack has only the output ApiUrl",
        "fix: rename the output to ApiEndpoint and deploy again, or pass --endpoint with the value of ApiUrl",
      ],
    ],
    [
      "the pool under another name",
      { MyStack: { ApiEndpoint: endpoint, Pool: poolId } },
      {},
      [
        `error: IdentityPoolId is missing in ${file}`,
        "cause: MyStack has the outputs ApiEndpoint, Pool",
        "fix: rename the output Pool to IdentityPoolId and deploy again, or pass --identity-pool-id with the value of Pool",
      ],
    ],
    [
      "no pool",
      { MyStack: { ApiEndpoint: endpoint } },
      {},
      [
        `error: IdentityPoolId is missing in ${file}`,
        "cause: MyStack has only the output ApiEndpoint",
        "fix: add the output IdentityPoolId to the stack and deploy again, or pass --identity-pool-id",
      ],
    ],
    [
      "no outputs",
      {},
      {},
      [
        `error: ApiEndpoint is missing in ${file}`,
        "cause: the file has no outputs",
        "fix: add the output ApiEndpoint to the stack and deploy again, or pass --endpoint",
      ],
    ],
    [
      "another stage",
      { "dev-MyStack": outputs },
      { stage: "prod" },
      [
        `error: the stage prod is not in ${file}`,
        "cause: the file has dev",
        `fix: choose a stage of the file, for example --stage dev, pass another file with --outputs, ${both}`,
      ],
    ],
    [
      "no object",
      [],
      {},
      [
        `error: ${file} is not an outputs file`,
        "cause: it does not contain a JSON object, or was cut off",
        `fix: pass the file that \`cdk deploy --outputs-file\` wrote, ${both}`,
      ],
    ],
  ])("with %s gets a fix without SST", async (_name, content, flags, lines) => {
    const world = { project: false, files: { [file]: JSON.stringify(content) } };
    const error = await failure(() => resolve({ outputs: "cdk.json", ...flags }, world));
    expect(formatError(error)).toEqual(lines);
  });
});

describe("the stage", () => {
  const all = Object.fromEntries(["flag", "env", "file"].map((stage) => [`${stage}-notes-S`, outputs]));
  const files = { "/project/.sst/stage": "file\n" };

  it.each<[string, DeploymentFlags, World, string]>([
    ["--stage wins over all", { stage: "flag" }, { variables: { SST_STAGE: "env" }, files }, "flag"],
    ["SST_STAGE wins over the file", {}, { variables: { SST_STAGE: "env" }, files }, "env"],
    [".sst/stage is read without its line end", {}, { files }, "file"],
    ["an empty SST_STAGE counts as unset", {}, { variables: { SST_STAGE: "" }, files }, "file"],
  ])("%s", async (_name, flags, world, stage) => {
    expect((await resolve(flags, { outputs: all, ...world })).deployment.stage).toBe(stage);
  });

  it("is the only one in the file", async () => {
    expect((await resolve({}, { outputs: { "one-notes-S": outputs } })).deployment.stage).toBe("one");
  });

  it.each(["", "1st", "-x", "a b", "a/b", "../x", "a_b", "é"])("rejects %j", async (stage) => {
    const error = await failure(() => resolve({ stage }, { outputs: all }));
    expect(error.code).toBe("invalid-configuration");
    expect(error.message).toContain("--stage");
  });

  it("is reported with its source when it is invalid", async () => {
    const error = await failure(() => resolve({}, { files: { "/project/.sst/stage": "a b" } }));
    expect(error.message).toContain("/project/.sst/stage");
  });
});

describe("flags", () => {
  it("for endpoint and pool need no file", async () => {
    const { deployment } = await resolve({ endpoint: "https://x.example/prod", identityPoolId: poolId });
    expect(deployment).toMatchObject({ stage: undefined, identityPoolId: poolId, region: "eu-west-1" });
    expect(deployment.apiEndpoint.href).toBe("https://x.example/prod");
  });

  it("override single values", async () => {
    const world = { outputs: { "prod-notes-S": outputs } };
    const moved = await resolve({ endpoint: "https://x.example" }, world);
    expect(moved.deployment).toMatchObject({ stage: "prod", identityPoolId: poolId });
    expect(moved.deployment.apiEndpoint.host).toBe("x.example");
    const pooled = await resolve({ identityPoolId: otherPoolId }, world);
    expect(pooled.deployment).toMatchObject({ identityPoolId: otherPoolId });
    const elsewhere = await resolve({ region: "ap-south-1" }, world);
    expect(elsewhere.deployment.region).toBe("ap-south-1");
  });

  it("for service and region override the API's host", async () => {
    const choice = { endpoint: "https://abc.lambda-url.eu-west-1.on.aws", identityPoolId: otherPoolId };
    const named = await resolve(choice);
    expect(named.deployment).toMatchObject({ service: "lambda", region: "eu-west-1", isScopeAssumed: false });
    const scope = { service: "execute-api", region: "ap-south-1" };
    const set = await resolve({ ...choice, ...scope });
    expect(set.deployment).toMatchObject({ ...scope, isScopeAssumed: false });
    const custom = { endpoint: "https://api.example.com", identityPoolId: otherPoolId };
    expect((await resolve(custom)).deployment).toMatchObject({
      service: "execute-api",
      region: "us-east-1",
      isScopeAssumed: true,
    });
    expect((await resolve({ ...custom, service: "appsync" })).deployment).toMatchObject({
      service: "appsync",
      isScopeAssumed: true,
    });
  });

  it("default to the region of the API, whatever AWS_REGION says", async () => {
    const world = { outputs: { "prod-notes-S": outputs }, variables: { AWS_REGION: "ap-south-1" } };
    expect((await resolve({}, world)).deployment.region).toBe("eu-west-1");
  });

  it.each([
    "us-east-1_AbCdEfGhI",
    "",
    "us-east-1",
    ":abc",
    "us-east-1:",
    "us-east-1:XYZ",
    `us-east-1:${"a".repeat(60)}`,
    "us-east-1:abc\n",
  ])("reject --identity-pool-id %j", async (identityPoolId) => {
    const error = await failure(() => resolve({ endpoint, identityPoolId }));
    expect(error).toMatchObject({ code: "invalid-configuration", exitCode: 2 });
    expect(error.fix).toContain("IdentityPoolId");
  });
});

describe("parseServiceUrl", () => {
  it.each([
    "https://api.example",
    "https://api.example:8443/prod",
    "http://127.0.0.1:4568",
    "http://127.1.2.3",
    "http://localhost:4568",
    "http://api.localhost:4568",
    "http://[::1]:4568",
  ])("accepts %s", (value) => {
    expect(parseServiceUrl(value, "--endpoint").href).toContain(value);
  });

  it.each([
    "",
    "api.example",
    "/private",
    "ftp://api.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://",
    "https://api.example?x=1",
    "https://api.example/#x",
    "https://user@api.example",
    "https://user:hush@api.example",
    "https://:hush@api.example",
    "https:user:hush@api.example",
    "https://user:hu/hush@api.example",
  ])("rejects %j and hides its password", async (value) => {
    const error = await failure(() => parseServiceUrl(value, "--endpoint"));
    expect(error).toMatchObject({ code: "invalid-configuration", exitCode: 2 });
    expect(error.message).toContain("--endpoint");
    expect(formatError(error).join("\n")).not.toContain("hush");
  });

  it.each([
    "http://api.example",
    "http://10.0.0.1",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://0.0.0.0",
  ])("rejects %s, because plain http would leave this computer", async (value) => {
    const error = await failure(() => parseServiceUrl(value, "--endpoint"));
    expect(error.message).toContain("plain http");
    expect(error.fix).toContain("https");
  });
});

describe("the deployment of the last login", () => {
  it("is used when the file has another stage, and named as the source", async () => {
    const world = { outputs: { "dev-notes-S": outputs }, remembered: [stored("prod")] };
    const { deployment } = await resolve({ stage: "prod" }, world);
    expect(deployment).toMatchObject({ stage: "prod", identityPoolId: otherPoolId, region: "us-east-1" });
    expect(deployment.source).toContain("last login to prod");
  });

  it("is used when the file has another, partial stage", async () => {
    const world = { outputs: { "dev-notes-S": { Other: 1 } }, remembered: [stored("prod")] };
    expect((await resolve({ stage: "prod" }, world)).deployment.identityPoolId).toBe(otherPoolId);
  });

  it("is used without a file", async () => {
    const { deployment } = await resolve({ stage: "prod" }, { remembered: [stored("prod")] });
    expect(deployment.identityPoolId).toBe(otherPoolId);
  });

  it("never wins over the file", async () => {
    const world = { outputs: { "prod-notes-S": outputs }, remembered: [stored("prod")] };
    expect((await resolve({ stage: "prod" }, world)).deployment.identityPoolId).toBe(poolId);
  });

  it("of another app is not used", async () => {
    const other = { ...stored("prod"), appName: "shop" };
    const error = await failure(() => resolve({ stage: "prod" }, { remembered: [other] }));
    expect(error.code).toBe("outputs-not-found");
  });

  it("is listed when it is of another stage", async () => {
    const error = await failure(() => resolve({ stage: "prod" }, { remembered: [stored("qa")] }));
    expect(error.cause).toContain("stored logins exist for qa");
  });
});
