import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackUpdateComplete,
} from "@aws-sdk/client-cloudformation";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { AwsClient } from "aws4fetch";
import { Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type LocalCloud, startLocalCloud } from "../index.ts";
import { createDynamoDb } from "./dynamodb.ts";

const ofAccount = {
  Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "000000000000" } },
};

const template = (table: object = {}) => ({
  Resources: {
    Table: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
        StreamSpecification: { StreamViewType: "NEW_IMAGE" },
        ...table,
      },
    },
    Reader: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: ofAccount,
        Policies: [
          {
            PolicyName: "read",
            PolicyDocument: {
              Statement: {
                Effect: "Allow",
                Action: ["dynamodb:GetItem", "dynamodb:Query"],
                Resource: { "Fn::GetAtt": ["Table", "Arn"] },
              },
            },
          },
        ],
      },
    },
  },
  Outputs: {
    Table: { Value: { Ref: "Table" } },
    TableArn: { Value: { "Fn::GetAtt": ["Table", "Arn"] } },
    StreamArn: { Value: { "Fn::GetAtt": ["Table", "StreamArn"] } },
    Reader: { Value: { "Fn::GetAtt": ["Reader", "Arn"] } },
  },
});

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Each test continues from the one before. */
describe("AWS::DynamoDB::Table", () => {
  let cloud: LocalCloud;
  let outputs: Record<string, string | undefined>;
  let configuration: { endpoint: string; region: string; credentials: Keys };
  let deployer: Keys;

  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
    deployer = {
      accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    };
    configuration = { endpoint: cloud.awsUrl, region: "us-east-1", credentials: deployer };
    const client = new CloudFormationClient(configuration);
    await client.send(
      new CreateStackCommand({
        StackName: "tables",
        TemplateBody: JSON.stringify(template()),
        Capabilities: ["CAPABILITY_IAM"],
      }),
    );
    await waitUntilStackCreateComplete({ client, maxWaitTime: 20, minDelay: 1 }, { StackName: "tables" });
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: "tables" }));
    outputs = Object.fromEntries(
      (Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
  });
  afterAll(() => cloud.close());

  async function call(operation: string, input: object, keys: Keys = deployer): Promise<Answer> {
    const aws = new AwsClient({ ...keys, service: "dynamodb", region: "us-east-1", retries: 0 });
    const response = await aws.fetch(cloud.awsUrl, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `DynamoDB_20120810.${operation}`,
      },
      body: JSON.stringify(input),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it("has the name and ARNs of a table", () => {
    expect(outputs["Table"]).toMatch(/^tables-Table-\w{12}$/);
    expect(outputs["TableArn"]).toBe(`arn:aws:dynamodb:us-east-1:000000000000:table/${outputs["Table"]}`);
    expect(outputs["StreamArn"]).toMatch(/\/stream\/\d{4}-\d\d-\d\dT[\d:.]+$/);
  });

  it("stores items", async () => {
    const TableName = outputs["Table"];
    const Item = { id: { S: "1" }, name: { S: "one" } };
    expect(await call("PutItem", { TableName, Item })).toEqual({ status: 200, body: {} });
    expect((await call("GetItem", { TableName, Key: { id: { S: "1" } } })).body).toEqual({ Item });
  });

  it("allows what a role's policy allows, on the table alone", async () => {
    const { Credentials: issued } = await new STSClient(configuration).send(
      new AssumeRoleCommand({ RoleArn: outputs["Reader"], RoleSessionName: "me" }),
    );
    const reader = {
      accessKeyId: issued?.AccessKeyId ?? "",
      secretAccessKey: issued?.SecretAccessKey ?? "",
      sessionToken: issued?.SessionToken ?? "",
    };
    const TableName = outputs["Table"];
    const Key = { id: { S: "1" } };
    expect((await call("GetItem", { TableName, Key }, reader)).status).toBe(200);
    for (const [operation, input] of [
      ["PutItem", { TableName, Item: Key }],
      ["GetItem", { TableName: "other", Key }],
      ["Query", { TableName, IndexName: "byName" }],
      ["BatchGetItem", { RequestItems: { [TableName ?? ""]: { Keys: [Key] } } }],
    ] as const) {
      const { status, body } = await call(operation, input, reader);
      expect([status, body["__type"]], operation).toEqual([400, "AccessDeniedException"]);
      expect(body["message"]).toContain(
        `is not authorized to perform: dynamodb:${operation} on resource: arn:`,
      );
    }
    const { body } = await call("Query", { TableName, IndexName: "byName" }, reader);
    expect(body["message"]).toContain(`table/${TableName}/index/byName`);
  });

  it("verifies the signature", async () => {
    const wrong = { ...deployer, secretAccessKey: "wrong" };
    const { status, body } = await call("ListTables", {}, wrong);
    expect([status, body["__type"]]).toEqual([400, "InvalidSignatureException"]);
  });

  it("names an operation that it does not have, and the way out", async () => {
    const { status, body } = await call("TransactWriteItems", {});
    expect([status, body["__type"]]).toEqual([400, "UnknownOperationException"]);
    expect(body["message"]).toMatch(/TransactWriteItems of DynamoDB\..*AWS_ENDPOINT_URL_DYNAMODB/);
  });

  it("keeps its items when an index is added, and is gone after the stack", async () => {
    const client = new CloudFormationClient(configuration);
    const AttributeDefinitions = ["id", "name"].map((AttributeName) => ({
      AttributeName,
      AttributeType: "S",
    }));
    const index = {
      IndexName: "byName",
      KeySchema: [{ AttributeName: "name", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    };
    await client.send(
      new UpdateStackCommand({
        StackName: "tables",
        TemplateBody: JSON.stringify(template({ AttributeDefinitions, GlobalSecondaryIndexes: [index] })),
        Capabilities: ["CAPABILITY_IAM"],
      }),
    );
    await waitUntilStackUpdateComplete({ client, maxWaitTime: 20, minDelay: 1 }, { StackName: "tables" });
    const { body } = await call("Query", {
      TableName: outputs["Table"],
      IndexName: "byName",
      KeyConditionExpression: "#n = :n",
      ExpressionAttributeNames: { "#n": "name" },
      ExpressionAttributeValues: { ":n": { S: "one" } },
    });
    expect(body["Items"]).toEqual([{ id: { S: "1" }, name: { S: "one" } }]);
    await client.send(new DeleteStackCommand({ StackName: "tables" }));
    await waitUntilStackDeleteComplete({ client, maxWaitTime: 20, minDelay: 1 }, { StackName: "tables" });
    expect((await call("ListTables", {})).body).toEqual({ TableNames: [] });
  });
});

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

it("opens no port for dynalite, which would answer without a signature", async () => {
  const listen = vi.spyOn(Server.prototype, "listen");
  const dynamoDb = createDynamoDb({ region: "us-east-1" });
  try {
    expect(await dynamoDb.run("ListTables", {})).toEqual({ TableNames: [] });
    expect(listen).not.toHaveBeenCalled();
  } finally {
    listen.mockRestore();
    await dynamoDb.close();
  }
});
