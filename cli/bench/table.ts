import { once } from "node:events";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import type { Checkout } from "./checkout.ts";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";
import { startWorld, type World } from "./world.ts";

/**
 * Reads an item from `ENDPOINT`, or nothing. It signs as the AWS SDK does and keeps its connection, without what else the SDK
 * does.
 */
const handler = `
const { createHash, createHmac } = require("crypto"), http = require("http");
const { ENDPOINT, TABLE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
const agent = new http.Agent({ keepAlive: true });
const hash = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const read = () => new Promise((resolve, reject) => {
  const url = new URL(ENDPOINT || process.env.AWS_ENDPOINT_URL), body = JSON.stringify({ TableName: TABLE, Key: { id: { S: "1" } } });
  const time = new Date().toISOString().replace(/[-:]|\\.\\d+/g, ""), scope = time.slice(0, 8) + "/" + AWS_REGION + "/dynamodb/aws4_request";
  const headers = { "content-type": "application/x-amz-json-1.0", host: url.host, "x-amz-date": time, "x-amz-security-token": AWS_SESSION_TOKEN, "x-amz-target": "DynamoDB_20120810.GetItem" };
  const names = Object.keys(headers), signed = names.join(";");
  const canonical = ["POST", "/", "", ...names.map((name) => name + ":" + headers[name]), "", signed, hash(body)].join("\\n");
  const signature = hmac(scope.split("/").reduce(hmac, "AWS4" + AWS_SECRET_ACCESS_KEY), ["AWS4-HMAC-SHA256", time, scope, hash(canonical)].join("\\n")).toString("hex");
  headers.authorization = "AWS4-HMAC-SHA256 Credential=" + AWS_ACCESS_KEY_ID + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + signature;
  const request = http.request(url, { agent, method: "POST", headers }, (response) => {
    let text = "";
    response.on("data", (data) => (text += data));
    response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
  });
  request.on("error", reject);
  request.end(body);
});
exports.handler = async () => ({ statusCode: 200, body: TABLE === "" ? "{}" : await read() });
`;

const routes = ["none", "peer", "read"] as const;
type Route = (typeof routes)[number];

/** A request whose function reads one item, beside one whose function reads nothing and one that asks another server. */
export async function benchTable(
  report: Report,
  checkouts: readonly Checkout[],
  requests: number,
): Promise<void> {
  const server = createServer((request, response) => request.resume().on("end", () => response.end("{}")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const peer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const all: Record<Route, number>[] = [];
  try {
    for (const checkout of checkouts) {
      const world = await startWorld(checkout);
      try {
        all.push(await measure(await deploy(world, peer), requests));
      } finally {
        await world.close();
      }
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
  report.row(
    "a request whose function does nothing",
    "ms",
    all.map(({ none }) => none),
  );
  report.row(
    "  asks a server that does nothing",
    "ms",
    all.map((each) => each.peer),
  );
  report.row(
    "  reads an item of a table",
    "ms",
    all.map(({ read }) => read),
  );
  report.row(
    "  an item beside nothing",
    "×",
    all.map(({ none, read }) => read / none),
    { atMost: 2 },
  );
  report.row(
    "  an item beside that server",
    "×",
    all.map((each) => each.read / each.peer),
  );
}

/** In turns, so that other work on the machine slows all of them equally. */
async function measure(endpoint: string, requests: number): Promise<Record<Route, number>> {
  const agent = new Agent({ keepAlive: true });
  const times: Record<Route, number[]> = { none: [], peer: [], read: [] };
  // The first half compiles the hot code.
  for (let turn = 0; turn < 2 * requests; turn += 1) {
    for (const route of routes) {
      const started = performance.now();
      await ask(`${endpoint}/${route}`, agent);
      if (turn >= requests) times[route].push(performance.now() - started);
    }
  }
  agent.destroy();
  return { none: median(times.none), peer: median(times.peer), read: median(times.read) };
}

function ask(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once("end", () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url}: HTTP ${response.statusCode}`)),
      );
    }).once("error", reject);
  });
}

/** @returns the address of an API with a route for each function */
async function deploy({ cli: { variables } }: World, peer: string): Promise<string> {
  const { AWS_ENDPOINT_URL: url = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = variables;
  const aws = new AwsClient({
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    region: "us-east-1",
    service: "cloudformation",
  });
  const call = async (parameters: Record<string, string>): Promise<string> => {
    const body = new URLSearchParams({ Version: "2010-05-15", StackName: "bench-table", ...parameters });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return (await aws.fetch(url, { method: "POST", headers, body: body.toString() })).text();
  };
  await call({
    Action: "CreateStack",
    TemplateBody: JSON.stringify(template(peer)),
    "Capabilities.member.1": "CAPABILITY_IAM",
  });
  for (;;) {
    const description = await call({ Action: "DescribeStacks" });
    const [, endpoint] = /<OutputValue>(.*?)<\/OutputValue>/.exec(description) ?? [];
    if (description.includes("CREATE_COMPLETE") && endpoint !== undefined) return endpoint;
    if (!description.includes("CREATE_IN_PROGRESS"))
      throw new Error(await call({ Action: "DescribeStackEvents" }));
    await sleep(50);
  }
}

function template(peer: string): object {
  const ApiId = { Ref: "Api" };
  const variables: Record<Route, object> = {
    none: { TABLE: "" },
    peer: { TABLE: "table", ENDPOINT: peer },
    read: { TABLE: { Ref: "Table" } },
  };
  const resources = routes.flatMap((route): [string, object][] => [
    [
      `${route}Function`,
      {
        Type: "AWS::Lambda::Function",
        Properties: {
          Code: { ZipFile: handler },
          Handler: "index.handler",
          Runtime: "nodejs22.x",
          MemorySize: 1024,
          Environment: { Variables: variables[route] },
          Role: { "Fn::GetAtt": ["Role", "Arn"] },
        },
      },
    ],
    [
      `${route}Permission`,
      {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: { Ref: `${route}Function` },
          Principal: "apigateway.amazonaws.com",
        },
      },
    ],
    [
      `${route}Integration`,
      {
        Type: "AWS::ApiGatewayV2::Integration",
        Properties: {
          ApiId,
          IntegrationType: "AWS_PROXY",
          IntegrationUri: { "Fn::GetAtt": [`${route}Function`, "Arn"] },
          PayloadFormatVersion: "2.0",
        },
      },
    ],
    [
      `${route}Route`,
      {
        Type: "AWS::ApiGatewayV2::Route",
        Properties: {
          ApiId,
          RouteKey: `GET /${route}`,
          Target: { "Fn::Sub": `integrations/\${${route}Integration}` },
        },
      },
    ],
  ]);
  return {
    Resources: {
      ...Object.fromEntries(resources),
      Table: {
        Type: "AWS::DynamoDB::Table",
        Properties: {
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        },
      },
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: {
              Effect: "Allow",
              Action: "sts:AssumeRole",
              Principal: { Service: "lambda.amazonaws.com" },
            },
          },
          Policies: [
            {
              PolicyName: "read",
              PolicyDocument: {
                Statement: {
                  Effect: "Allow",
                  Action: "dynamodb:GetItem",
                  Resource: { "Fn::GetAtt": ["Table", "Arn"] },
                },
              },
            },
          ],
        },
      },
      Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
      Stage: {
        Type: "AWS::ApiGatewayV2::Stage",
        Properties: { ApiId, StageName: "$default", AutoDeploy: true },
      },
    },
    Outputs: { Endpoint: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } },
  };
}
