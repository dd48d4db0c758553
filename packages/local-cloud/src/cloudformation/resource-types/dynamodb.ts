import { setTimeout as delay } from "node:timers/promises";
import type { Account } from "../../account.ts";
import { isJsonObject, type JsonObject } from "../../aws/json-protocol.ts";
import { ServiceError } from "../../aws/service-error.ts";
import type { DynamoDb } from "../../dynamodb/dynamodb.ts";
import { canonicalJson } from "../template/values.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { asResourceError } from "./resource-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::DynamoDB::Table. `Ref` is its name. */
export function tableType(account: Account, dynamoDb: Pick<DynamoDb, "run" | "redefine">): ResourceType {
  const run = (operation: string, input: JsonObject): Promise<JsonObject> =>
    refusable(dynamoDb.run(operation, input));
  /** Waits until the table is there and ready, or gone. */
  const settled = async (name: string): Promise<void> => {
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- polls
        const { Table: table } = await dynamoDb.run("DescribeTable", { TableName: name });
        if (!isJsonObject(table) || table["TableStatus"] === "ACTIVE") return;
        // oxlint-disable-next-line no-await-in-loop -- polls
        await delay(1);
      }
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== "ResourceNotFoundException") throw error;
    }
  };
  const create = async (name: string, input: JsonObject): Promise<void> => {
    await run("CreateTable", { TableName: name, ...input });
    await settled(name);
  };
  const drop = async (name: string): Promise<void> => {
    await run("DeleteTable", { TableName: name });
    await settled(name);
  };
  return {
    async create(properties, context) {
      const name = properties.optionalText("TableName") ?? physicalName(context, 255);
      await create(name, createInput(properties));
      const arn = `arn:aws:dynamodb:${account.region}:${account.accountId}:table/${name}`;
      return {
        physicalId: name,
        attributes: { Arn: arn, ...streamAttributes(arn, properties) },
      };
    },
    async update(instance, properties, previous) {
      const input = createInput(properties);
      if (canonicalJson(input) !== canonicalJson(createInput(previous))) {
        await refusable(dynamoDb.redefine(instance.physicalId, input));
      }
      const { Arn: arn, StreamArn: streamArn } = instance.attributes;
      const { StreamArn: added } = streamAttributes(String(arn), properties);
      return {
        physicalId: instance.physicalId,
        attributes: { Arn: arn, ...(added !== undefined && { StreamArn: streamArn ?? added }) },
      };
    },
    async remove({ physicalId }) {
      await drop(physicalId);
    },
  };
}

/** Refusals of DynamoDB end the deploy. */
async function refusable<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    return asResourceError(() => {
      throw error;
    });
  }
}

function streamAttributes(arn: string, properties: Properties): { StreamArn?: string } {
  const hasStream = properties.object("StreamSpecification") !== undefined;
  return hasStream ? { StreamArn: `${arn}/stream/${new Date().toISOString().slice(0, -1)}` } : {};
}

/** The parts of the properties that dynalite knows. */
function createInput(properties: Properties): JsonObject {
  const isOnDemand = properties.optionalText("BillingMode") === "PAY_PER_REQUEST";
  const index = (from: Properties): JsonObject =>
    pick(from, ["IndexName", "KeySchema", "Projection", ...(isOnDemand ? [] : ["ProvisionedThroughput"])]);
  const indexes = (name: string): JsonObject => {
    const list = properties.objects(name);
    return list.length === 0 ? {} : { [name]: list.map(index) };
  };
  return {
    ...pick(properties, ["AttributeDefinitions", "KeySchema", "BillingMode"]),
    // CloudFormation's values may be text.
    ...(!isOnDemand && pick(properties, ["ProvisionedThroughput"])),
    ...indexes("GlobalSecondaryIndexes"),
    ...indexes("LocalSecondaryIndexes"),
  };
}

function pick({ values }: Properties, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, withNumbers(name, values[name])]])),
  );
}

/** Throughputs that are text, as `Ref` of a parameter is, become numbers. */
function withNumbers(name: string, value: unknown): unknown {
  if (name !== "ProvisionedThroughput") return value;
  return Object.fromEntries(Object.entries(value as JsonObject).map(([key, units]) => [key, Number(units)]));
}
