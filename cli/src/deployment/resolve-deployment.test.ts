import { describe, expect, it } from "vitest";
import { formatError } from "../errors.ts";
import { createFakeEnvironment, failure } from "../../test/fakes/fake-environment.ts";
import type { DeploymentFlags, RememberedDeployment } from "./deployment.ts";
import { resolveDeployment } from "./resolve-deployment.ts";
import { parseServiceUrl } from "./service-url.ts";

const poolId = "eu-west-1:0f0e0d0c-0b0a-4900-8800-070605040302";
const otherPoolId = "us-east-1:99999999-0b0a-4900-8800-070605040302";
const endpoint = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const functionUrl = "https://url123.lambda-url.eu-west-1.on.aws/";
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
      /no deployed stage found\ncause: \/project\/\.sst\/outputs\.json does not exist or is empty\nfix: run auth-cli in the folder of a deployed app, pass --outputs <file>, or pass --endpoint and --identity-pool-id$/,
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
      "an API behind a domain of its own",
      { MyStack: { NotesUrl: "https://notes.example.com", Pool: poolId } },
      {},
      [
        `error: ApiEndpoint is missing in ${file}`,
        "cause: MyStack has the outputs NotesUrl, Pool",
        "fix: pass --api NotesUrl if that is the API, or rename the output to ApiEndpoint and deploy again",
      ],
    ],
    [
      "several APIs",
      { Api: { NotesUrl: endpoint, OrdersUrl: functionUrl }, Auth: { Pool: poolId } },
      {},
      [`error: ${file} has several APIs: NotesUrl, OrdersUrl`, "fix: choose one, for example --api NotesUrl"],
    ],
    [
      "an API of the same name in each stack",
      { Notes: { ApiEndpoint: endpoint }, Orders: { ApiEndpoint: functionUrl }, Auth: { Pool: poolId } },
      {},
      [
        `error: ${file} has several APIs: Notes.ApiEndpoint, Orders.ApiEndpoint`,
        "fix: choose one, for example --api Notes.ApiEndpoint",
      ],
    ],
    [
      "several pools",
      { MyStack: { ApiEndpoint: endpoint, Users: poolId, Admins: otherPoolId } },
      {},
      [
        `error: ${file} has several identity pools: Users, Admins`,
        `fix: choose one, for example --identity-pool-id ${poolId}`,
      ],
    ],
    [
      "no API of the name",
      { MyStack: { ApiEndpoint: endpoint, Pool: poolId } },
      { api: "Orders" },
      [`error: ${file} has no API named Orders`, "cause: it has ApiEndpoint", "fix: pass --api ApiEndpoint"],
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
        "cause: the file has dev-MyStack",
        `fix: choose a stage of the file, for example --stage dev-MyStack, pass another file with --outputs, ${both}`,
      ],
    ],
    [
      "an API and a pool in stacks that name no stage",
      { ApiStack: { Url: endpoint }, AuthStack: { Pool: poolId } },
      { stage: "prod" },
      [
        `error: the stage prod is not in ${file}`,
        "cause: its stacks name no stage: ApiStack, AuthStack",
        `fix: leave out --stage to use them together, pass another file with --outputs, ${both}`,
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

function pairs(values: Record<string, string>): { OutputKey: string; OutputValue: string }[] {
  return Object.entries(values).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
}

function own(content: unknown): { project: boolean; files: Record<string, string> } {
  return { project: false, files: { "/project/auth-cli.json": JSON.stringify(content) } };
}

const at = (name: string): string => `https://${name}.execute-api.eu-west-1.amazonaws.com`;

describe("outputs of any framework", () => {
  const appsync = "https://abc123.appsync-api.eu-west-1.amazonaws.com/graphql";
  const rest = "https://rest123.execute-api.eu-west-1.amazonaws.com/prod/";
  const local = "http://127.0.0.1:4570";

  it.each<[string, unknown, string, string, DeploymentFlags]>([
    ["SST v3", { notes: endpoint, pool: poolId, site: "https://d111.cloudfront.net" }, endpoint, "notes", {}],
    [
      "SST v3, with groups",
      { api: { url: functionUrl }, title: "x", pool: poolId },
      functionUrl,
      "api.url",
      {},
    ],
    ["CDK", { MyStack: { HttpApiUrl: endpoint, Pool: poolId } }, endpoint, "HttpApiUrl", {}],
    [
      "CDK, a REST API that two outputs name",
      { MyStack: { NotesEndpoint2C1A: rest, Url: rest.slice(0, -1), Pool: poolId } },
      rest,
      "NotesEndpoint2C1A",
      {},
    ],
    [
      "CDK, in three stacks",
      { NetworkStack: { Vpc: "vpc-1" }, ApiStack: { Url: endpoint }, AuthStack: { Pool: poolId } },
      endpoint,
      "Url",
      {},
    ],
    [
      "CDK, one API of two",
      { Api: { NotesUrl: endpoint, OrdersUrl: functionUrl }, Auth: { Pool: poolId } },
      functionUrl,
      "OrdersUrl",
      { api: "OrdersUrl" },
    ],
    [
      "Amplify with AppSync",
      {
        version: "1.3",
        auth: {
          user_pool_id: "eu-west-1_AbCdEfGhI",
          identity_pool_id: poolId,
          groups: [{ admin: { precedence: 0 } }],
        },
        data: { url: appsync, aws_region: "eu-west-1", default_authorization_type: "AWS_IAM" },
      },
      appsync,
      "data.url",
      {},
    ],
    [
      "Amplify with a REST API",
      { version: "1", auth: { identity_pool_id: poolId }, custom: { API: { notes: { endpoint: rest } } } },
      rest,
      "custom.API.notes.endpoint",
      {},
    ],
    [
      "Amplify with two APIs, by --api",
      {
        version: "1",
        auth: { identity_pool_id: poolId },
        data: { url: appsync },
        custom: { API: { notes: { endpoint: rest } } },
      },
      rest,
      "custom.API.notes.endpoint",
      { api: "notes" },
    ],
    [
      "CloudFormation's DescribeStacks",
      { Stacks: [{ StackName: "notes-dev", Outputs: pairs({ Url: rest, Pool: poolId }) }] },
      rest,
      "Url",
      {},
    ],
    [
      "DescribeStacks, with --stage",
      {
        Stacks: [
          { StackName: "notes-dev", Outputs: pairs({ Url: endpoint, Pool: poolId }) },
          { StackName: "notes-prod", Outputs: pairs({ Url: rest, Pool: poolId }) },
        ],
      },
      rest,
      "Url",
      { stage: "prod" },
    ],
    ["SAM's list of stack outputs", pairs({ Url: functionUrl, Pool: poolId }), functionUrl, "Url", {}],
    [
      "Serverless",
      { ServiceEndpoint: rest, PoolId: poolId, region: "eu-west-1" },
      rest,
      "ServiceEndpoint",
      {},
    ],
    [
      "Serverless's info",
      { info: { stage: "dev" }, outputs: pairs({ Url: rest, P: poolId }) },
      rest,
      "Url",
      {},
    ],
    ["the local cloud", { S: { Url: local, Pool: poolId } }, local, "Url", {}],
  ])("of %s are known by their values", async (_name, content, address, output, flags) => {
    const world = { project: false, files: { "/project/o.json": `\ufeff${JSON.stringify(content)}` } };
    const { deployment, isApiChosen } = await resolve({ outputs: "o.json", ...flags }, world);
    expect(deployment.apiEndpoint.href.replace(/\/$/, "")).toBe(address.replace(/\/(graphql)?$/, ""));
    expect(deployment).toMatchObject({ identityPoolId: poolId, source: `/project/o.json, output ${output}` });
    expect(isApiChosen).toBe(true);
  });

  it.each([
    ["cdk.json", "cdk-outputs.json"],
    ["cdk.json", "outputs.json"],
    ["amplify/backend.ts", "amplify_outputs.json"],
    ["samconfig.toml", "outputs.json"],
    ["serverless.yml", "stack-outputs.json"],
  ])("are found beside %s in %s", async (marker, file) => {
    const files = {
      [`/project/${marker}`]: "",
      [`/project/${file}`]: JSON.stringify({ api: endpoint, pool: poolId }),
    };
    const { deployment, isApiChosen } = await resolve({}, { project: false, files });
    expect(deployment.source).toBe(`/project/${file}, output api`);
    expect(isApiChosen).toBe(false);
  });

  it.each([
    ["cdk.json", "run `npx cdk deploy --all --outputs-file cdk-outputs.json`"],
    ["amplify/backend.ts", "run `npx ampx generate outputs"],
    ["samconfig.toml", "run `aws cloudformation describe-stacks --stack-name <stack> >outputs.json`"],
    ["serverless.yml", "run `aws cloudformation describe-stacks --stack-name <service>-prod >outputs.json`"],
  ])("are missing beside %s: %s", async (marker, fix) => {
    const world = { project: false, files: { [`/project/${marker}`]: "" } };
    const error = await failure(() => resolve({ stage: "prod" }, world));
    expect(error.fix).toContain(fix);
  });
});

describe("a stack outside of SST", () => {
  const stack = { HttpApiUrl: endpoint, PoolId: poolId };
  const cdk = (...names: string[]) => ({
    project: false,
    files: {
      "/project/cdk.json": "",
      "/project/cdk-outputs.json": JSON.stringify(Object.fromEntries(names.map((name) => [name, stack]))),
    },
  });

  it("is a stage by its whole name", async () => {
    expect((await resolve({}, cdk("notes-prod"))).deployment.stage).toBe("notes-prod");
    const world = cdk("notes-prod", "notes-dev");
    expect((await failure(() => resolve({}, world))).message).toContain("notes-prod, notes-dev");
    expect((await resolve({ stage: "notes-dev" }, world)).deployment.stackNames).toEqual(["notes-dev"]);
  });

  it("is found by the stage in its name, too", async () => {
    const world = cdk("notes-prod", "notes-dev");
    expect((await resolve({ stage: "prod" }, world)).deployment).toMatchObject({
      stage: "prod",
      stackNames: ["notes-prod"],
    });
  });
});

describe("the environment and auth-cli.json", () => {
  it("need no outputs file", async () => {
    const variables = { AUTH_CLI_ENDPOINT: endpoint, AUTH_CLI_IDENTITY_POOL_ID: poolId };
    const byVariables = await resolve({}, { project: false, variables });
    expect(byVariables.deployment).toMatchObject({
      identityPoolId: poolId,
      source: "the environment variable AUTH_CLI_ENDPOINT",
      poolSource: "the environment variable AUTH_CLI_IDENTITY_POOL_ID",
    });
    expect(byVariables.isApiChosen).toBe(true);
    const byFile = await resolve({}, own({ endpoint, identityPoolId: poolId, routes: ["GET /notes"] }));
    expect(byFile.deployment).toMatchObject({ identityPoolId: poolId, source: "/project/auth-cli.json" });
    expect(byFile.deployment.apiEndpoint.href).toBe(`${endpoint}/`);
    expect(byFile.isApiChosen).toBe(false);
    expect(byFile.settings?.routes).toEqual(["GET /notes"]);
  });

  it("give way in the order flag, environment, auth-cli.json, outputs", async () => {
    const world = own({ endpoint: at("file"), identityPoolId: poolId });
    const files = { ...world.files, "/project/.sst/outputs.json": JSON.stringify({ api: at("outputs") }) };
    const variables = { AUTH_CLI_ENDPOINT: at("variable") };
    const host = async (flags: DeploymentFlags, more: World) =>
      (await resolve(flags, { ...world, ...more })).deployment.apiEndpoint.host.split(".")[0];
    expect(await host({ endpoint: at("flag") }, { files, variables })).toBe("flag");
    expect(await host({}, { files, variables })).toBe("variable");
    expect(await host({}, { files })).toBe("file");
    const pool = { "/project/auth-cli.json": JSON.stringify({ identityPoolId: poolId }) };
    expect(await host({}, { files: { ...files, ...pool } })).toBe("outputs");
  });

  it("have other values for each stage", async () => {
    const stages = { prod: { endpoint }, dev: { endpoint: functionUrl, allowGuests: true } };
    const world = own({ identityPoolId: poolId, stages });
    const dev = await resolve({ stage: "dev" }, world);
    expect(dev.deployment).toMatchObject({ stage: "dev", service: "lambda" });
    expect(dev.settings?.allowGuests).toBe(true);
    const prod = await resolve({ stage: "prod" }, world);
    expect(prod.deployment).toMatchObject({ stage: "prod", service: "execute-api" });
    const only = await resolve({}, own({ identityPoolId: poolId, stages: { prod: { endpoint } } }));
    expect(only.deployment.stage).toBe("prod");
    const error = await failure(() => resolve({}, world));
    expect(formatError(error).join("\n")).toMatch(
      /auth-cli\.json has several stages: prod, dev\n.*--stage prod/,
    );
  });

  it("serve an SST app that is not deployed from here, with its stage", async () => {
    const { files } = own({ stages: { dev: { endpoint, identityPoolId: poolId } } });
    const world = { files: { ...files, "/project/.sst/stage": "dev\n" } };
    const { deployment, project } = await resolve({}, world);
    expect(deployment).toMatchObject({
      stage: "dev",
      identityPoolId: poolId,
      source: "/project/auth-cli.json",
    });
    expect(project).toMatchObject({ framework: "sst", appName: "notes" });
    const error = await failure(() => resolve({ stage: "qa" }, world));
    expect(error).toMatchObject({
      code: "outputs-not-found",
      fix: expect.stringContaining("sst deploy --stage qa") as string,
    });
  });

  it("name the outputs file and the API's output", async () => {
    const world = own({ outputs: "build/out.json", api: "Orders" });
    const text = JSON.stringify({ S: { Notes: endpoint, Orders: functionUrl, Pool: poolId } });
    const { deployment } = await resolve(
      {},
      { ...world, files: { ...world.files, "/project/build/out.json": text } },
    );
    expect(deployment.source).toBe("/project/build/out.json, output Orders");
  });

  it.each<[string, RegExp]>([
    ["{", /auth-cli\.json is not a JSON object.*fix: correct the file/s],
    ["[]", /is not a JSON object/],
    [
      '{"endpoint":7}',
      /invalid endpoint\ncause: endpoint is not the https address of an API\nfix: set endpoint to/,
    ],
    [
      '{"identity-pool-id":"x"}',
      /unknown field identity-pool-id\ncause: .*\nfix: rename it to identityPoolId/,
    ],
    ['{"identityPoolId":"eu-west-1_AbC"}', /invalid identityPoolId/],
    ['{"routes":"GET /notes"}', /invalid routes\ncause: routes is not a list of routes, such as/],
    ['{"routes":["notes"]}', /invalid routes/],
    [
      '{"outputs":"../../other/outputs.json"}',
      /invalid outputs\ncause: outputs is not the path of a file in the project/,
    ],
    ['{"outputs":"/etc/passwd"}', /invalid outputs/],
    ['{"allowGuests":"yes"}', /invalid allowGuests/],
    [
      '{"routes":["GET /a"],"expectations":{"GET /b":{}}}',
      /expectations\["GET \/b"\] is not for a route in routes/,
    ],
    ['{"routes":["GET /a"],"expectations":{"GET /a":{"status":"200"}}}', /status is not an HTTP status/],
    ['{"routes":["GET /a"],"expectations":{"GET /a":{"text":"x"}}}', /unknown field .*\.text/],
    ['{"stages":{"a b":{}}}', /invalid stages\.a b\ncause: stages\.a b is not a stage name/],
    ['{"stages":{"dev":{"endpoint":1}}}', /invalid stages\.dev\.endpoint/],
    ['{"stages":[]}', /invalid stages/],
    ['{"endpoint":"http://notes.example"}', /plain http \(\/project\/auth-cli\.json\)/],
  ])("%s names field, cause and fix", async (text, expected) => {
    const files = { "/project/auth-cli.json": text };
    const error = await failure(() => resolve({}, { project: false, outputs, files }));
    expect(error).toMatchObject({ code: "invalid-configuration", exitCode: 2 });
    expect(formatError(error).join("\n")).toMatch(expected);
  });

  it("that is a link to a secret is not shown", async () => {
    const files = { "/project/auth-cli.json": "[default]\naws_secret_access_key = canary" };
    const error = await failure(() => resolve({}, { project: false, files }));
    expect(formatError(error).join("\n")).not.toContain("canary");
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

  it("default to AWS_REGION for an API of a local cloud whose host names no region", async () => {
    const variables = { AWS_REGION: "ap-south-1", AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
    const regionOf = async (address: string) => {
      const { deployment } = await resolve({ endpoint: address, identityPoolId: poolId }, { variables });
      return [deployment.region, deployment.regionSource];
    };
    expect(await regionOf("http://127.0.0.1:1234")).toEqual([
      "ap-south-1",
      "the environment variable AWS_REGION",
    ]);
    expect(await regionOf("http://abc.execute-api.us-west-2.localhost:1234")).toEqual([
      "us-west-2",
      "the API's host",
    ]);
    expect(await regionOf("https://api.example.com")).toEqual(["eu-west-1", "the identity pool's id"]);
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
