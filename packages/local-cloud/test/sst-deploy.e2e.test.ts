import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayStack } from "@api-auth-twitter/test-support/replay-stack";
import { copySstApp, type SstApp } from "@api-auth-twitter/test-support/sst-app";
import { synthesizedStack } from "@api-auth-twitter/test-support/synthesized-stack";
import { inLongRun } from "@api-auth-twitter/test-support/test-runs";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from "@aws-sdk/client-cloudformation";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../src/index.ts";

const stackFile = "stacks/ExampleStack.ts";

/** A resource that the local cloud refuses. */
const queue = 'new CfnResource(stack, "Queue", { type: "AWS::SQS::Nothing" });';

interface Outputs {
  ApiEndpoint: string;
  IdentityPoolId: string;
}

/**
 * Runs the unmodified `sst` against the local cloud. Each test continues from the one before. The tests of the whole chain
 * deploy into a new account.
 */
describe("sst deploy and diff", () => {
  let cloud: LocalCloud;
  let app: SstApp;
  let lines: string[];
  /** The replay's. */
  let first: Outputs;
  /** With a PATH, the npm that is on it. */
  let npm: { PATH?: string | undefined } = {};

  beforeAll(async () => {
    lines = [];
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => lines.push(line) });
    app = await copySstApp();
    const request = { folder: app.folder, stage: "one", variables: {} };
    await replayStack(await synthesizedStack(inject("synthesisUrl"), request), cloud.environment, app.folder);
    first = await outputs("one");
  });
  afterAll(async () => {
    await cloud.close();
    await app.remove();
  });

  const sst = (...args: string[]) =>
    app.sst(args, {
      ...npm,
      HOME: app.folder,
      NO_COLOR: "1",
      CI: "1",
      ...cloud.environment,
    });

  async function succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await sst(...args);
    expect(code, `${stdout}\n${stderr}\n${lines.slice(-20).join("\n")}`).toBe(0);
    return stdout + stderr;
  }

  async function outputs(stage: string): Promise<Outputs> {
    const file = JSON.parse(await readFile(join(app.folder, ".sst/outputs.json"), "utf8")) as Record<
      string,
      Outputs
    >;
    const found = file[`${stage}-api-auth-twitter-ExampleStack`];
    if (found === undefined) throw new Error(`no outputs of ${stage}: ${JSON.stringify(file)}`);
    return found;
  }

  it("has nothing to deploy after a replay of the same app", async () => {
    await succeed("deploy", "--stage", "one");
    expect(lines.some((line) => line.includes("No updates are to be performed"))).toBe(true);
    expect(await outputs("one")).toEqual(first);
    expect(first.ApiEndpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(first.IdentityPoolId).toMatch(/^us-east-1:[0-9a-f-]{36}$/);
    const open = await fetch(`${first.ApiEndpoint}/public`);
    expect([open.status, await open.text()]).toEqual([200, "Hello stranger!"]);
    const unsigned = await fetch(`${first.ApiEndpoint}/private`);
    expect([unsigned.status, await unsigned.text()]).toEqual([403, '{"message":"Forbidden"}']);
  });

  it("updates the app in place: a new route, new code, and a route without its authorizer", async () => {
    expect((await fetch(`${first.ApiEndpoint}/more`)).status).toBe(404);
    await app.edit(
      stackFile,
      '"GET /public":',
      '"GET /more": { function: "packages/functions/src/public.handler", authorizer: "none" },\n      "GET /public":',
    );
    await app.edit("packages/functions/src/public.ts", "Hello stranger!", "Hello again!");
    await app.edit(stackFile, 'defaults: { authorizer: "iam" }', 'defaults: { authorizer: "none" }');
    const diff = await succeed("diff", "--stage", "one");
    expect(diff).toContain("AWS::ApiGatewayV2::Route Api/Route_GET_--more");
    // It does not change.
    expect(diff).not.toContain("AWS::Cognito::IdentityPool");
    npm = { PATH: process.env["PATH"] };
    await succeed("deploy", "--stage", "one");
    npm = {};
    expect(await outputs("one")).toEqual(first);
    for (const path of ["more", "public"]) {
      const added = await fetch(`${first.ApiEndpoint}/${path}`);
      expect([added.status, await added.text()]).toEqual([200, "Hello again!"]);
    }
    expect((await fetch(`${first.ApiEndpoint}/private`)).status).not.toBe(403);
  });

  it("deploys the same template, stack settings and code as a replay", async () => {
    const { TWITTER_CONSUMER_KEY: key = "", TWITTER_CONSUMER_SECRET: secret = "" } = cloud.environment;
    const other = await startLocalCloud({ awsPort: 0, twitterPort: 0, clientCredentials: { key, secret } });
    const folder = await mkdtemp(join(tmpdir(), "replay-"));
    try {
      const request = { folder: app.folder, stage: "one", variables: {} };
      const stack = await synthesizedStack(inject("synthesisUrl"), request);
      await replayStack(stack, other.environment, folder);
      const [deployed, replayed] = [await readDeployed(cloud), await readDeployed(other)];
      expect(Object.keys(deployed.code)).toHaveLength(4);
      expect(replayed).toEqual(deployed);
      for (const file of ["one-api-auth-twitter-ExampleStack.template.json", "manifest.json"]) {
        const path = join(".sst/dist", file);
        expect(await readAssembly(join(folder, path))).toEqual(await readAssembly(join(app.folder, path)));
      }
      const written = JSON.parse(await readFile(join(folder, ".sst/outputs.json"), "utf8")) as object;
      expect(written).toEqual({
        "one-api-auth-twitter-ExampleStack": {
          ApiEndpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
          IdentityPoolId: expect.stringMatching(/^us-east-1:/),
        },
      });
    } finally {
      await other.close();
      await rm(folder, { recursive: true });
    }
  });

  it("an unsupported resource type fails by name, and the stack is rolled back", async () => {
    await app.edit(stackFile, /^/, 'import { CfnResource } from "aws-cdk-lib";\n');
    await app.edit(stackFile, "stack.addOutputs(", `${queue}\n  stack.addOutputs(`);
    // A change that deploys first and must be rolled back.
    await app.edit("packages/functions/src/public.ts", "Hello again!", "Hello half way!");
    const { code, stdout, stderr } = await sst("deploy", "--stage", "one");
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(
      "The local cloud does not support the resource type AWS::SQS::Nothing.",
    );
    const cloudFormation = new CloudFormationClient(clientConfiguration(cloud));
    const { Stacks: stacks } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: "one-api-auth-twitter-ExampleStack" }),
    );
    cloudFormation.destroy();
    expect(stacks?.[0]?.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await (await fetch(`${first.ApiEndpoint}/public`)).text()).toBe("Hello again!");
    await app.edit(stackFile, queue, "");
    await app.edit(stackFile, 'defaults: { authorizer: "none" }', 'defaults: { authorizer: "iam" }');
    const fixed = { folder: app.folder, stage: "one", variables: {} };
    const stack = await synthesizedStack(inject("synthesisUrl"), fixed);
    await replayStack(stack, cloud.environment, app.folder);
    expect(await (await fetch(`${first.ApiEndpoint}/public`)).text()).toBe("Hello half way!");
    expect((await fetch(`${first.ApiEndpoint}/private`)).status).toBe(403);
  });

  inLongRun(() =>
    it("deploys a stage whose first deploy was rolled back", async () => {
      await app.edit(stackFile, "stack.addOutputs(", `${queue}\n  stack.addOutputs(`);
      const { code, stdout, stderr } = await sst("deploy", "--stage", "two");
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain("AWS::SQS::Nothing");
      await app.edit(stackFile, queue, "");
      // SST 2.49.8 deletes the rolled-back stack and then tries to update it.
      expect((await sst("deploy", "--stage", "two")).stdout).toContain(
        "Stack [two-api-auth-twitter-ExampleStack] does not exist",
      );
      await succeed("deploy", "--stage", "two");
      expect((await fetch(`${(await outputs("two")).ApiEndpoint}/public`)).status).toBe(200);
    }),
  );
});

/** SST names the template by its hash, which depends on the consumer secret. */
async function readAssembly(path: string): Promise<unknown> {
  return JSON.parse((await readFile(path, "utf8")).replace(/[0-9a-f]{64}\.json/, "template.json"));
}

/** The template of the stage `one`, its stack's settings, and the files of its bundles. */
async function readDeployed(cloud: LocalCloud) {
  const StackName = "one-api-auth-twitter-ExampleStack";
  const cloudFormation = new CloudFormationClient(clientConfiguration(cloud));
  const s3 = new S3Client({ ...clientConfiguration(cloud), forcePathStyle: true });
  const { TemplateBody: template = "" } = await cloudFormation.send(new GetTemplateCommand({ StackName }));
  const { Stacks: stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  const { Tags, Capabilities, RoleARN, Parameters, Outputs } = stacks?.[0] ?? {};
  const code: Record<string, Record<string, string>> = {};
  for (const [key] of template.matchAll(/[0-9a-f]{64}\.zip/g)) {
    const command = new GetObjectCommand({ Bucket: "cdk-hnb659fds-assets-000000000000-us-east-1", Key: key });
    const { Body: body } = await s3.send(command);
    const files = unzipSync((await body?.transformToByteArray()) ?? new Uint8Array());
    code[key] = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]));
  }
  cloudFormation.destroy();
  s3.destroy();
  const outputs = Outputs?.map(({ OutputKey }) => OutputKey);
  return { template, Tags, Capabilities, RoleARN, Parameters, outputs, code };
}

function clientConfiguration({ awsUrl, environment }: LocalCloud) {
  return {
    endpoint: awsUrl,
    region: "us-east-1",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  };
}
