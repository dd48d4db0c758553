import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inLongRun } from "@api-auth-twitter/test-support/test-runs";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../src/index.ts";

const modules = join(import.meta.dirname, "../../../node_modules");

const program = `
import { App, CfnOutput, CustomResource, NestedStack, RemovalPolicy, Stack } from "aws-cdk-lib";
import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId, Provider } from "aws-cdk-lib/custom-resources";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
const stack = new Stack(new App(), "CdkApp");
const handler = new Function(stack, "Function", {
  runtime: Runtime.NODEJS_22_X, handler: "index.handler", code: Code.fromAsset("function"),
});
new Bucket(stack, "Bucket", { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true });
new Queue(stack, "Queue");
const api = new HttpApi(stack, "Api");
api.addRoutes({ path: "/hello", integration: new HttpLambdaIntegration("Hello", handler) });
new CfnOutput(stack, "Endpoint", { value: api.url });

const runtime = Runtime.NODEJS_22_X;
const onEventHandler = new Function(stack, "OnEvent", {
  runtime, handler: "index.handler",
  code: Code.fromInline("exports.handler = async (event) => ({ Data: { Answer: event.ResourceProperties.Question + '!' } });"),
});
const seed = new CustomResource(stack, "Seed", {
  serviceToken: new Provider(stack, "Provider", { onEventHandler }).serviceToken,
  properties: { Question: "provider" },
});
const nested = new NestedStack(stack, "Nested");
const parameter = new StringParameter(nested, "Parameter", { stringValue: seed.getAttString("Answer") });
const read = new AwsCustomResource(stack, "Read", {
  onUpdate: {
    service: "SSM", action: "getParameter", parameters: { Name: parameter.parameterName }, physicalResourceId: PhysicalResourceId.of("read"),
  },
  policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: AwsCustomResourcePolicy.ANY_RESOURCE }),
  installLatestAwsSdk: false,
});
new CfnOutput(stack, "Answer", { value: read.getResponseField("Parameter.Value") });
`;

/** A provider that waits with Step Functions, which the local cloud does not have, and files that Python copies. */
const recorded = `
import { BucketDeployment, Source } from "aws-cdk-lib/aws-s3-deployment";
new CustomResource(stack, "Waiter", {
  serviceToken: new Provider(stack, "Waiting", { onEventHandler, isCompleteHandler: onEventHandler }).serviceToken,
});
new BucketDeployment(stack, "Files", { sources: [Source.data("a.txt", "a")], destinationBucket: new Bucket(stack, "Target") });
`;

/** The CLI of the CDK deploys with change sets. */
describe("cdk deploy, diff and destroy", () => {
  let cloud: LocalCloud;
  let folder: string;
  const warnings: string[] = [];

  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, warn: (line) => warnings.push(line) });
    folder = await mkdtemp(join(tmpdir(), "cdk-app-"));
    await mkdir(join(folder, "function"));
    await symlink(modules, join(folder, "node_modules"), "junction");
    await writeFile(join(folder, "cdk.json"), '{ "app": "node app.mjs" }');
    await writeFile(join(folder, "app.mjs"), program);
  });
  afterAll(async () => {
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function cdk(...args: string[]): Promise<string> {
    const { code, output } = await run(...args);
    expect(code, output).toBe(0);
    return output;
  }

  async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
    const { code, stdout, stderr } = await runProcess(
      process.execPath,
      [join(modules, "aws-cdk/bin/cdk"), ...args, "--no-notices"],
      {
        cwd: folder,
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          CI: "1",
          CDK_DISABLE_CLI_TELEMETRY: "true",
          ...cloud.environment,
        },
        timeoutMs: 90_000,
      },
    );
    return { code, output: stdout + stderr };
  }

  async function outputs(): Promise<{ Endpoint: string; Answer: string }> {
    const text = await readFile(join(folder, "outputs.json"), "utf8");
    return (JSON.parse(text) as { CdkApp: { Endpoint: string; Answer: string } }).CdkApp;
  }

  async function deploy(greeting: string): Promise<string> {
    const code = `exports.handler = async () => ({ statusCode: 200, body: ${JSON.stringify(greeting)} });`;
    await writeFile(join(folder, "function/index.js"), code);
    await cdk("deploy", "--require-approval", "never", "--outputs-file", "outputs.json");
    return `${(await outputs()).Endpoint}hello`;
  }

  it("creates, updates and deletes a stack", async () => {
    const url = await deploy("hello");
    expect(await (await fetch(url)).text()).toBe("hello");
    // From a provider's function, by a nested stack and the AWS SDK in another function.
    expect((await outputs()).Answer).toBe("provider!");
    expect(await deploy("hello again")).toBe(url);
    expect(await (await fetch(url)).text()).toBe("hello again");
    // What the last deploy synthesized.
    const app = ["--app", "cdk.out"];
    expect(await cdk("diff", ...app)).toContain("There were no differences");
    expect(await cdk("deploy", "--require-approval", "never", ...app)).toContain("(no changes)");
    await cdk("destroy", "--force", ...app);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  inLongRun(() =>
    it(
      "bootstraps, finds drift, collects garbage and rolls back, as docs/local-cloud.md says",
      { timeout: 300_000 },
      async () => {
        expect(await cdk("bootstrap")).toContain("bootstrapped");
        const url = await deploy("hello");
        expect(await cdk("drift")).toContain("No drift detected");
        expect(await cdk("gc", "--unstable=gc", "--confirm=false")).toContain("files scanned");
        await writeFile(join(folder, "app.mjs"), program + recorded);
        await cdk("deploy", "--require-approval", "never");
        expect(warnings.slice(-2).toSorted()).toEqual([
          "cloudformation CdkApp did not run AWS::CloudFormation::CustomResource: its function was refused: The local cloud does not have the service states, so it cannot run StartExecution.",
          expect.stringMatching(
            /^cloudformation CdkApp did not run Custom::CDKBucketDeployment: the local cloud runs only functions for Node\.js, and its function is for python3\.\d+$/,
          ),
        ]);
        const deployBroken = async (type: string, ...args: string[]) => {
          const broken = `new CfnResource(stack, "Broken", { type: "${type}" });`;
          await writeFile(
            join(folder, "app.mjs"),
            `import { CfnResource } from "aws-cdk-lib";${program}${broken}`,
          );
          const failed = await run("deploy", "--require-approval", "never", ...args);
          expect(failed.code).toBe(1);
          expect(failed.output).toContain(`does not support the resource type ${type}`);
          return failed.output;
        };
        await deployBroken("AWS::SQS::Earlier");
        // The CLI prints the failures of the last operation only.
        expect(await deployBroken("AWS::SQS::Nothing", "--no-rollback")).not.toContain("AWS::SQS::Earlier");
        await cdk("rollback", "--unstable=rollback", "CdkApp");
        expect(await (await fetch(url)).text()).toBe("hello");
        await cdk("destroy", "--force");
      },
    ),
  );
});
