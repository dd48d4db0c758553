import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inLongRun } from "@api-auth-twitter/test-support/test-runs";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../src/index.ts";

const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

const program = `
import { App, CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Queue } from "aws-cdk-lib/aws-sqs";
const stack = new Stack(new App(), "CdkApp");
const handler = new Function(stack, "Function", {
  runtime: Runtime.NODEJS_22_X, handler: "index.handler", code: Code.fromAsset("function"),
});
new Bucket(stack, "Bucket", { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true });
new Queue(stack, "Queue");
const api = new HttpApi(stack, "Api");
api.addRoutes({ path: "/hello", integration: new HttpLambdaIntegration("Hello", handler) });
new CfnOutput(stack, "Endpoint", { value: api.apiEndpoint });
`;

/** The CLI of the CDK deploys with change sets. */
describe("cdk deploy, diff and destroy", () => {
  let cloud: LocalCloud;
  let folder: string;

  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
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

  async function deploy(greeting: string): Promise<string> {
    const code = `exports.handler = async () => ({ statusCode: 200, body: ${JSON.stringify(greeting)} });`;
    await writeFile(join(folder, "function/index.js"), code);
    await cdk("deploy", "--require-approval", "never", "--outputs-file", "outputs.json");
    const outputs = JSON.parse(await readFile(join(folder, "outputs.json"), "utf8")) as {
      CdkApp: { Endpoint: string };
    };
    return `${outputs.CdkApp.Endpoint}/hello`;
  }

  it("creates, updates and deletes a stack", async () => {
    const url = await deploy("hello");
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(await deploy("hello again")).toBe(url);
    expect(await (await fetch(url)).text()).toBe("hello again");
    expect(await cdk("diff")).toContain("There were no differences");
    expect(await cdk("deploy", "--require-approval", "never")).toContain("(no changes)");
    await cdk("destroy", "--force");
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
        expect(await cdk("gc", "--unstable=gc", "--confirm=false", "--type", "s3")).toContain(
          "files scanned",
        );
        const broken = 'new CfnResource(stack, "Broken", { type: "AWS::SQS::Nothing" });';
        await writeFile(
          join(folder, "app.mjs"),
          `import { CfnResource } from "aws-cdk-lib";${program}${broken}`,
        );
        const failed = await run("deploy", "--require-approval", "never", "--no-rollback");
        expect(failed.code).toBe(1);
        expect(failed.output).toContain("does not support the resource type AWS::SQS::Nothing");
        await cdk("rollback", "--unstable=rollback", "CdkApp");
        expect(await (await fetch(url)).text()).toBe("hello");
        await cdk("destroy", "--force");
      },
    ),
  );
});
