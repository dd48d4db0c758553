import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Account } from "../account.ts";
import { isJsonObject, type JsonObject } from "../aws/json-protocol.ts";
import type { AwsRequest, AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";
import { memoryState, type State } from "../state.ts";
import { type Dynalite, startDynalite } from "./dynalite.ts";

/** DynamoDB's tables, which dynalite holds. */
export interface DynamoDb {
  /** Runs an operation for CloudFormation. @throws ServiceError as DynamoDB words it */
  run(operation: string, input: JsonObject): Promise<JsonObject>;
  /** Answers a request whose caller is allowed to make it. @throws ServiceError for an unknown operation */
  handle(operation: string, request: AwsRequest): Promise<AwsResponse>;
  /** Gives a table another definition, and keeps its items. @throws ServiceError; the table is then as it was */
  redefine(name: string, input: JsonObject): Promise<void>;
  /** The state is about to be copied. @returns to call when the copy is saved: drops the tables that it lacks */
  saving(): () => Promise<void>;
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

/** The tables that the state has. */
interface Tables {
  /** From the name of each table to dynalite's name for it. Undefined for a folder of before names were kept. */
  names: Map<string, string> | undefined;
}

/**
 * Starts nothing before the first operation. dynalite writes at once, and the state is saved later, so that a process that
 * is killed leaves tables that the state lacks. They are dropped at the next start. A table that the saved state has is
 * dropped only after a save without it, and another one of its name has another name in dynalite.
 * @param folder holds the tables; they are in memory by default
 */
export function createDynamoDb(
  { region }: Pick<Account, "region">,
  state: Pick<State, "part"> = memoryState(),
  folder?: string,
): DynamoDb {
  const tables = state.part("tables", (): Tables => ({
    names: folder !== undefined && existsSync(folder) ? undefined : new Map(),
  }));
  /** dynalite's names of tables that are to be dropped. */
  const dropped = new Set<string>();
  let starting: Promise<Dynalite> | undefined;

  /** After a failure, the next request starts it again. */
  const failed = (): void => void (starting = undefined);

  async function startAgain(): Promise<Dynalite> {
    try {
      const dynalite = await startDynalite(region, folder);
      dynalite.ended.catch(failed);
      return dynalite;
    } catch (error) {
      failed();
      throw error;
    }
  }

  async function send(
    operation: string,
    body: Uint8Array,
    contentType = "application/x-amz-json-1.0",
  ): Promise<AwsResponse> {
    const dynalite = await (starting ??= startAgain());
    return dynalite.answer(
      {
        "content-type": contentType,
        "x-amz-target": `${dynamoDbTarget}.${operation}`,
        // dynalite asks for a signature and does not verify it.
        authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=local`,
        "x-amz-date": "20260101T000000Z",
      },
      body,
    );
  }

  /** Asks dynalite, with its own names. @throws ServiceError as DynamoDB words it */
  async function ask(operation: string, input: JsonObject): Promise<JsonObject> {
    return resultOf(await send(operation, Buffer.from(JSON.stringify(input))));
  }

  let opening: Promise<Map<string, string>> | undefined;
  /** Opens the tables, without those that the state lacks. */
  const open = async (): Promise<Map<string, string>> => {
    try {
      return await (opening ??= reconcile());
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };

  async function reconcile(): Promise<Map<string, string>> {
    if (folder === undefined) return (tables.names ??= new Map());
    const found: string[] = [];
    let last: unknown;
    do {
      // oxlint-disable-next-line no-await-in-loop -- a page has the start of the next one
      const page = await ask("ListTables", { ...(last !== undefined && { ExclusiveStartTableName: last }) });
      found.push(...(page["TableNames"] as string[]));
      last = page["LastEvaluatedTableName"];
    } while (last !== undefined);
    const names = (tables.names ??= new Map(found.map((name) => [name, name])));
    const own = new Set(names.values());
    for (const name of found) if (!own.has(name)) dropped.add(name);
    await dropAll([...dropped]);
    return names;
  }

  async function dropAll(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map((TableName) =>
        ask("DeleteTable", { TableName }).then(
          () => dropped.delete(TableName),
          // dynalite drops no table whose creation was cut off. Its name stays unused.
          () => {},
        ),
      ),
    );
  }

  /** dynalite's name of a table. It does not have to exist. */
  function innerName(names: ReadonlyMap<string, string>, name: string): string {
    return names.get(name) ?? (dropped.has(name) ? randomUUID() : name);
  }

  async function discard(inner: string): Promise<void> {
    dropped.add(inner);
    // Tables in memory end with the process.
    if (folder === undefined) await dropAll([inner]);
  }

  async function copyItems(from: string, to: string): Promise<void> {
    const status = async (): Promise<unknown> =>
      ((await ask("DescribeTable", { TableName: to }))["Table"] as JsonObject)["TableStatus"];
    // oxlint-disable-next-line no-await-in-loop -- polls
    while ((await status()) !== "ACTIVE") await delay(1);
    let start: unknown;
    do {
      // oxlint-disable-next-line no-await-in-loop -- a page has the key of the next one
      const page = await ask("Scan", {
        TableName: from,
        ...(start !== undefined && { ExclusiveStartKey: start }),
      });
      const items = page["Items"] as unknown[];
      // oxlint-disable-next-line no-await-in-loop -- as above
      await Promise.all(items.map((Item) => ask("PutItem", { TableName: to, Item })));
      start = page["LastEvaluatedKey"];
    } while (start !== undefined);
  }

  /** Answers a request that is a JSON object, whose tables may have other names in dynalite. */
  async function answer(operation: string, body: Uint8Array, contentType?: string): Promise<AwsResponse> {
    const names = await open();
    const hasOwnNames = dropped.size === 0 && [...names].every(([name, inner]) => name === inner);
    if (hasOwnNames && !/Tables?$/.test(operation)) return send(operation, body, contentType);
    const input = JSON.parse(Buffer.from(body).toString() || "{}") as JsonObject;
    const { TableName: name } = input;
    const outerNames = new Map<string, string>();
    const renamed = renameTables(input, (outer) => {
      const inner = innerName(names, outer);
      outerNames.set(inner, outer);
      return inner;
    });
    const [inner] = outerNames.keys();
    const isDrop = operation === "DeleteTable" && typeof name === "string" && names.has(name);
    const sent = isDrop ? "DescribeTable" : operation;
    const reply = await send(sent, Buffer.from(JSON.stringify(renamed)), contentType);
    const text = Buffer.from(reply.body).toString();
    let result = [...outerNames].reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
    if (reply.status === 200) {
      if (operation === "ListTables") result = JSON.stringify(listNames([...names.keys()], input));
      if (operation === "CreateTable" && typeof name === "string" && inner) names.set(name, inner);
      if (isDrop && inner) {
        const { Table: table } = JSON.parse(result) as { Table: JsonObject };
        result = JSON.stringify({ TableDescription: { ...table, TableStatus: "DELETING" } });
        names.delete(name);
        await discard(inner);
      }
    }
    const { "x-amz-crc32": _checksum, ...headers } = reply.headers;
    return { ...reply, headers, body: result };
  }

  return {
    async run(operation, input) {
      return resultOf(await answer(operation, Buffer.from(JSON.stringify(input))));
    },
    async handle(operation, { body, headers }) {
      if (!operations.has(operation)) {
        throw new ServiceError(
          "UnknownOperationException",
          `The local cloud does not support ${operation} of DynamoDB. It supports ${[...operations].join(", ")}. To use another local server for DynamoDB, start the local cloud with AWS_ENDPOINT_URL_DYNAMODB=<its address>.`,
        );
      }
      return answer(operation, body, headers["content-type"]);
    },
    async redefine(name, input) {
      const names = await open();
      const before = innerName(names, name);
      const after = randomUUID();
      try {
        await ask("CreateTable", { TableName: after, ...input });
        await copyItems(before, after);
      } catch (error) {
        await discard(after);
        throw error;
      }
      names.set(name, after);
      await discard(before);
    },
    saving() {
      const names = [...dropped];
      return () => dropAll(names);
    },
    async close() {
      const dynalite = await starting?.catch(() => undefined);
      await dynalite?.close();
    },
  };
}

/** @throws ServiceError for a refusal */
function resultOf({ status, body }: AwsResponse): JsonObject {
  const result = JSON.parse(Buffer.from(body).toString()) as JsonObject;
  if (status === 200) return result;
  const { __type: type, message, Message } = result as Record<string, string | undefined>;
  throw new ServiceError(type?.split("#").at(-1) ?? "InternalFailure", message ?? Message ?? "", status);
}

/** A request with other names for its tables. */
function renameTables(input: JsonObject, rename: (name: string) => string): JsonObject {
  const { TableName: name, RequestItems: items, ResourceArn: arn } = input;
  const renamed = { ...input };
  if (typeof name === "string") renamed["TableName"] = rename(name);
  if (typeof arn === "string") {
    renamed["ResourceArn"] = arn.replace(/(?<=:table\/)[^/]+/, (table) => rename(table));
  }
  if (isJsonObject(items)) {
    renamed["RequestItems"] = Object.fromEntries(
      Object.entries(items).map(([table, requests]) => [rename(table), requests]),
    );
  }
  return renamed;
}

/** What ListTables answers. dynalite has validated the request. */
function listNames(
  names: readonly string[],
  { ExclusiveStartTableName: start = "", Limit: limit = 100 }: JsonObject,
): JsonObject {
  const after = names.filter((name) => name > String(start)).toSorted();
  const page = after.slice(0, Number(limit));
  return { TableNames: page, ...(page.length < after.length && { LastEvaluatedTableName: page.at(-1) }) };
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
