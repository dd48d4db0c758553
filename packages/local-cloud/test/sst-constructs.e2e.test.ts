import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DeployedWorld, deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { inLongRun } from "@api-auth-twitter/test-support/test-runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocalCloud } from "../src/index.ts";
import { sstConstructs } from "./sst-constructs.ts";

/** Without the AWS SDK, which is not in this repository. */
const handler = `
import { AwsClient } from "aws4fetch";
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL, TABLE } = process.env as Record<string, string>;
const aws = new AwsClient({
  accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY!, sessionToken: AWS_SESSION_TOKEN!, region: "us-east-1", retries: 0,
});
async function call(service: string, target: string, body: object) {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
  const reply = await aws.fetch(AWS_ENDPOINT_URL!, { method: "POST", headers, body: JSON.stringify(body), aws: { service } });
  return reply.json();
}
export const handler = async () => {
  const put = await call("dynamodb", "DynamoDB_20120810.PutItem", { TableName: TABLE, Item: { id: { S: "1" } } });
  const got = await call("dynamodb", "DynamoDB_20120810.GetItem", { TableName: TABLE, Key: { id: { S: "1" } } });
  const sent = await call("sqs", "AmazonSQS.SendMessage", { QueueUrl: process.env.QUEUE, MessageBody: "hi" });
  return { statusCode: 200, body: JSON.stringify({ put, got, sent, other: process.env.AWS_ENDPOINT_URL_SNS }) };
};
`;

const constructs = `
  const table = new Table(stack, "Table", { fields: { id: "string" }, primaryIndex: { partitionKey: "id" } });
  const queue = new Queue(stack, "Queue");
  new Topic(stack, "Topic", { subscribers: { queue } });
  new EventBus(stack, "Bus", { rules: { all: { pattern: { source: ["app"] }, targets: { queue } } } });
  const reader = new Function(stack, "Reader", {
    handler: "packages/functions/src/public.handler", url: true, environment: { TABLE: table.tableName, QUEUE: queue.queueUrl },
  });
  reader.attachPermissions([new PolicyStatement({ actions: ["dynamodb:GetItem"], resources: [table.tableArn] })]);
`;

describe("an app with a table, a queue, a topic and an event bus", () => {
  let world: DeployedWorld;
  const warnings: string[] = [];

  beforeAll(async () => {
    world = await deployWorld(
      "constructs",
      async (app) => {
        const stack = "stacks/ExampleStack.ts";
        await app.edit(
          stack,
          "import { Api, Cognito,",
          "import { Api, Cognito, EventBus, Function, Queue, Table, Topic,",
        );
        await app.edit(stack, /^/, 'import { PolicyStatement } from "aws-cdk-lib/aws-iam";\n');
        await app.edit(stack, "  stack.addOutputs(", `${constructs}\n  stack.addOutputs(`);
        await app.edit(
          stack,
          "ApiEndpoint: api.url,",
          "ApiEndpoint: api.url, Reader: reader.url, Queue: queue.queueUrl,",
        );
        await app.edit("packages/functions/src/public.ts", /[\s\S]*/, handler);
      },
      {
        warn: (line) => warnings.push(line),
        serviceEndpoints: { AWS_ENDPOINT_URL_SNS: "http://127.0.0.1:9911" },
      },
    );
  });
  afterAll(() => world.close());

  it("deploys, and one warning names what is recorded only", () => {
    expect(warnings.filter((line) => line.includes("recorded only"))).toEqual([
      "cloudformation constructs-api-auth-twitter-ExampleStack recorded only: AWS::Events::EventBus, AWS::SNS::Subscription, AWS::SNS::Topic, AWS::SQS::Queue, AWS::SQS::QueuePolicy",
    ]);
  });

  it("has functions that reach the table as their role allows, and are told how to reach the queue", async () => {
    const { Reader: url = "", Queue: queue } = (await world.outputs()) as unknown as Record<string, string>;
    expect(queue).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\//);
    const reply = await fetch(url.replace(/\/\/[^:]+/, "//127.0.0.1"));
    expect(await reply.json()).toEqual({
      put: {
        __type: "AccessDeniedException",
        message: expect.stringContaining(
          "is not authorized to perform: dynamodb:PutItem on resource: arn:",
        ) as string,
      },
      got: {},
      sent: {
        __type: "UnknownOperationException",
        message: expect.stringMatching(
          /service sqs, so it cannot run SendMessage\..*AWS_ENDPOINT_URL_SQS=/,
        ) as string,
      },
      other: "http://127.0.0.1:9911",
    });
  });
});

inLongRun(() =>
  describe("each construct of SST", () => {
    it("deploys as docs/local-cloud.md says, and is removed", { timeout: 600_000 }, async () => {
      const lines: string[] = [];
      const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => lines.push(line) });
      const app = await copySstApp();
      try {
        await mkdir(join(app.folder, "site"));
        await writeFile(join(app.folder, "site/index.html"), "<h1>site</h1>");
        await writeFile(join(app.folder, "schema.graphql"), "type Query { hello: String }");
        const stacks = sstConstructs.map(
          ({ name, code }) => `export function ${name}Stack({ stack }: sst.StackContext): void {
  stack.setDefaultFunctionProps({ runtime: "nodejs22.x", nodejs: { sourcemap: false } });
  ${code}
}`,
        );
        const head =
          'import * as sst from "sst/constructs";\nconst handler = "packages/functions/src/public.handler";\n';
        await writeFile(join(app.folder, "stacks/more.ts"), head + stacks.join("\n"));
        await app.edit("sst.config.ts", /^/, 'import * as more from "./stacks/more.ts";\n');
        await app.edit(
          "sst.config.ts",
          "app.stack(ExampleStack);",
          "for (const stack of Object.values(more)) app.stack(stack);",
        );
        await app.edit(
          "packages/functions/src/public.ts",
          /[\s\S]*/,
          'export const handler = async (event: unknown) => (console.log("got " + JSON.stringify(event)), { statusCode: 200 });',
        );
        const variables = { HOME: app.folder, NO_COLOR: "1", CI: "1", ...cloud.environment };
        const { code, stdout, stderr } = await app.sst(["deploy", "--stage", "all"], variables);
        expect(code, stdout + stderr).toBe(0);
        for (const { name, recorded } of sstConstructs) {
          const stack = `all-api-auth-twitter-${name}Stack`;
          const line = lines.find((each) => each.startsWith(`cloudformation ${stack} recorded only: `));
          const types = line?.split("recorded only: ")[1]?.split(", ") ?? [];
          expect(
            types.map((type) => type.replace(/ \(\d+\)$/, "")),
            name,
          ).toEqual(recorded);
        }
        expect(lines, "the function of Script").toContainEqual(
          expect.stringMatching(/^lambda all-api-auth-twitter-Scrip-\S+: got \{"params":\{\}\}$/),
        );
        expect(lines, "the files of StaticSite").toContainEqual(
          expect.stringMatching(/^aws PUT \/all-api-auth-twitter-staticsi\S+\/index.html 200 /),
        );
        const removed = await app.sst(["remove", "--stage", "all"], variables);
        expect(removed.code, removed.stdout + removed.stderr).toBe(0);
      } finally {
        await cloud.close();
        await app.remove();
      }
    });
  }),
);
