import { Agent, createServer, get } from "node:http";
import { listen } from "@api-auth-twitter/test-support/listen";
import { deployTemplate } from "@api-auth-twitter/test-support/replay-stack";
import {
  attribute,
  httpApi,
  lambdaFunction,
  lambdaRole,
  resource,
} from "@api-auth-twitter/test-support/templates";
import type { Checkout } from "./checkout.ts";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";
import { withWorld } from "./world.ts";

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
  const port = await listen(server);
  const peer = `http://127.0.0.1:${port}`;
  const all: Record<Route, number>[] = [];
  try {
    for (const checkout of checkouts) {
      await withWorld(checkout, async ({ cli }) => {
        const { Endpoint } = await deployTemplate("bench-table", template(peer), cli.variables);
        all.push(await measure(Endpoint ?? "", requests));
      });
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
  const times = (route: Route): number[] => all.map((each) => each[route]);
  const readBeside = (route: Route): number[] => all.map((each) => each.read / each[route]);
  report.row("a request whose function does nothing", "ms", times("none"));
  report.row("  asks a server that does nothing", "ms", times("peer"));
  report.row("  reads an item of a table", "ms", times("read"));
  report.row("  an item beside nothing", "×", readBeside("none"), { atMost: 2 });
  report.row("  an item beside that server", "×", readBeside("peer"));
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

function template(peer: string): object {
  const variables: Record<Route, object> = {
    none: { TABLE: "" },
    peer: { TABLE: "table", ENDPOINT: peer },
    read: { TABLE: { Ref: "Table" } },
  };
  const mayRead = { Effect: "Allow", Action: "dynamodb:GetItem", Resource: attribute("Table", "Arn") };
  return {
    Resources: {
      ...Object.fromEntries(
        routes.map((route) => [
          route,
          lambdaFunction(handler, { MemorySize: 1024, Environment: { Variables: variables[route] } }),
        ]),
      ),
      ...httpApi(Object.fromEntries(routes.map((route) => [`GET /${route}`, route]))),
      Table: resource("DynamoDB::Table", {
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
      Role: lambdaRole({ Policies: [{ PolicyName: "read", PolicyDocument: { Statement: mayRead } }] }),
    },
    Outputs: { Endpoint: { Value: attribute("Api", "ApiEndpoint") } },
  };
}
