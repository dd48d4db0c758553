import { once } from "node:events";
import { Agent, type IncomingMessage, request as sendRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Account } from "../account.ts";
import { isJsonObject, type JsonObject } from "../aws/json-protocol.ts";
import type { AwsRequest, AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";

/** DynamoDB's tables, which dynalite holds. */
export interface DynamoDb {
  /** Runs an operation for CloudFormation. @throws ServiceError as DynamoDB words it */
  run(operation: string, input: JsonObject): Promise<JsonObject>;
  /** Answers a request whose caller is allowed to make it. @throws ServiceError for an unknown operation */
  handle(operation: string, request: AwsRequest): Promise<AwsResponse>;
  close(): Promise<void>;
}

export const dynamoDbTarget = "DynamoDB_20120810";

/** {@link https://github.com/architect/dynalite} 4.0.0 */
const operations: ReadonlySet<string> = new Set([
  "BatchGetItem",
  "BatchWriteItem",
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeTable",
  "DescribeTimeToLive",
  "GetItem",
  "ListTables",
  "ListTagsOfResource",
  "PutItem",
  "Query",
  "Scan",
  "TagResource",
  "UntagResource",
  "UpdateItem",
  "UpdateTable",
]);

/**
 * Starts nothing before the first operation.
 * @param folder holds the tables; they are in memory by default
 */
export function createDynamoDb({ region }: Pick<Account, "region">, folder?: string): DynamoDb {
  let starting: Promise<Server> | undefined;
  const agent = new Agent({ keepAlive: true });

  async function send(
    operation: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<AwsResponse> {
    starting ??= startDynalite(region, folder);
    const server = await starting;
    const outgoing = sendRequest({
      agent,
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "content-length": body.length,
        "x-amz-target": `${dynamoDbTarget}.${operation}`,
        // dynalite asks for a signature and does not verify it.
        authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=local`,
        "x-amz-date": "20260101T000000Z",
        ...headers,
      },
    });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    const kept = ["content-type", "x-amzn-requestid", "x-amz-crc32"].flatMap((name) => {
      const value = incoming.headers[name];
      return typeof value === "string" ? [[name, value] as const] : [];
    });
    return {
      status: incoming.statusCode ?? 500,
      headers: Object.fromEntries(kept),
      body: await buffer(incoming),
    };
  }

  return {
    async run(operation, input) {
      const { status, body } = await send(operation, Buffer.from(JSON.stringify(input)));
      const result = JSON.parse(Buffer.from(body).toString("utf8")) as JsonObject;
      if (status === 200) return result;
      const { __type: type, message, Message } = result as Record<string, string | undefined>;
      throw new ServiceError(type?.split("#").at(-1) ?? "InternalFailure", message ?? Message ?? "", status);
    },
    async handle(operation, { body, headers }) {
      if (!operations.has(operation)) {
        throw new ServiceError(
          "UnknownOperationException",
          `The local cloud does not support ${operation} of DynamoDB. It supports ${[...operations].join(", ")}. To use another local server for DynamoDB, start the local cloud with AWS_ENDPOINT_URL_DYNAMODB=<its address>.`,
        );
      }
      return send(operation, body, { "content-type": headers["content-type"] });
    },
    async close() {
      agent.destroy();
      const server = await starting?.catch(() => undefined);
      if (server === undefined) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startDynalite(region: string, path: string | undefined): Promise<Server> {
  const { default: dynalite } = await import("dynalite").catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    throw new ServiceError(
      "InternalFailure",
      isMissing
        ? "The local cloud has no DynamoDB: its optional package dynalite is not installed. Install the local cloud without --omit=optional."
        : `The local cloud has no DynamoDB: dynalite does not start: ${message}`,
      500,
    );
  });
  const { AWS_REGION } = process.env;
  // dynalite takes the region of its tables' ARNs from here.
  process.env["AWS_REGION"] = region;
  const server = dynalite({
    ...(path !== undefined && { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  if (AWS_REGION === undefined) delete process.env["AWS_REGION"];
  else process.env["AWS_REGION"] = AWS_REGION;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/**
 * The tables and indexes that policies for a request name.
 * {@link https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html}
 */
export function tableArns(
  { region, accountId }: Pick<Account, "region" | "accountId">,
  { TableName: table, IndexName: index, RequestItems: items, ResourceArn: arn }: JsonObject,
): string[] {
  const names = [table, arn, ...(isJsonObject(items) ? Object.keys(items) : [])];
  const arns = names
    .filter((name) => typeof name === "string")
    .map((name) =>
      name.startsWith("arn:") ? name : `arn:aws:dynamodb:${region}:${accountId}:table/${name}`,
    );
  if (arns.length === 0) return ["*"];
  return typeof index === "string" ? arns.map((each) => `${each}/index/${index}`) : arns;
}
