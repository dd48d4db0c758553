import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-handlers-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const handlers = {
  good: "return 'good'",
  post: "require('node:worker_threads').parentPort.postMessage({ junk: 1 }); return 'posted'",
  kill: "process.kill(process.pid, 'SIGKILL')",
  // It goes on without yielding, so that the local cloud looks at its memory.
  leak: `const fs = require('node:fs'); try { for (;;) fs.openSync(__filename); } catch {}
    const end = Date.now() + 300; while (Date.now() < end); return 'leaked'`,
  push: "const all = []; for (;;) all.push(1)",
};

function role(service: string): object {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
      },
    },
  };
}

const template = {
  Resources: {
    Role: role("lambda.amazonaws.com"),
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
    Stage: {
      Type: "AWS::ApiGatewayV2::Stage",
      Properties: { ApiId: { Ref: "Api" }, StageName: "$default", AutoDeploy: true },
    },
    ...Object.fromEntries(
      Object.entries(handlers).flatMap(([name, statements]) => [
        [
          `${name}Function`,
          {
            Type: "AWS::Lambda::Function",
            Properties: {
              Handler: "index.handler",
              Runtime: "nodejs22.x",
              Role: { "Fn::GetAtt": ["Role", "Arn"] },
              Code: { ZipFile: `exports.handler = async () => { ${statements} };` },
              Timeout: 20,
            },
          },
        ],
        [
          `${name}Permission`,
          {
            Type: "AWS::Lambda::Permission",
            Properties: {
              FunctionName: { Ref: `${name}Function` },
              Action: "lambda:InvokeFunction",
              Principal: "apigateway.amazonaws.com",
            },
          },
        ],
        [
          `${name}Integration`,
          {
            Type: "AWS::ApiGatewayV2::Integration",
            Properties: {
              ApiId: { Ref: "Api" },
              IntegrationType: "AWS_PROXY",
              IntegrationUri: { "Fn::GetAtt": [`${name}Function`, "Arn"] },
              PayloadFormatVersion: "2.0",
            },
          },
        ],
        [
          `${name}Route`,
          {
            Type: "AWS::ApiGatewayV2::Route",
            Properties: {
              ApiId: { Ref: "Api" },
              RouteKey: `GET /${name}`,
              Target: { "Fn::Join": ["/", ["integrations", { Ref: `${name}Integration` }]] },
            },
          },
        ],
      ]),
    ),
  },
  Outputs: { Url: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } },
};

const sdk = createRequire(import.meta.url).resolve("@aws-sdk/client-cloudformation");
const script = `
const { CloudFormation, waitUntilStackCreateComplete } = require(${JSON.stringify(sdk)});
(async () => {
  const client = new CloudFormation();
  await client.createStack({ StackName: "s", Capabilities: ["CAPABILITY_IAM"], TemplateBody: ${JSON.stringify(JSON.stringify(template))} });
  await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 20 }, { StackName: "s" });
  const { Stacks } = await client.describeStacks({ StackName: "s" });
  for (const name of ["good", "post", "good", "kill", "good", "leak", "good", "push", "leak", "kill", "good"]) {
    const reply = await fetch(Stacks[0].Outputs[0].OutputValue + "/" + name, { headers: { connection: "close" } });
    console.log(name, reply.status, await reply.text());
  }
})();`;

it("a handler that harms its process fails its own request alone", async () => {
  const failure = '500 {"message":"Internal Server Error"}';
  const { code, stdout, stderr } = await runProcess(
    "/bin/sh",
    [
      "-c",
      'ulimit -n 256; exec "$@"',
      "sh",
      process.execPath,
      authCliPath,
      "local",
      "--debug",
      "--port",
      "0",
      "--twitter-port",
      "0",
      "--",
      process.execPath,
      "-e",
      script,
    ],
    { cwd: folder, env: { PATH: process.env["PATH"], HOME: folder } },
  );
  expect(stdout.trim().split("\n"), stderr).toEqual([
    "good 200 good",
    "post 200 posted",
    "good 200 good",
    `kill ${failure}`,
    "good 200 good",
    "leak 200 leaked",
    "good 200 good",
    `push ${failure}`,
    "leak 200 leaked",
    `kill ${failure}`,
    "good 200 good",
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain("signal: killed");
}, 60_000);
