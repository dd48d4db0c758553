import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudFormation } from "@aws-sdk/client-cloudformation";
import { CognitoIdentity } from "@aws-sdk/client-cognito-identity";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SSM } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { deployTemplate } from "@api-auth-twitter/test-support/replay-stack";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attribute,
  httpApi,
  lambdaFunction,
  lambdaRole,
  resource,
} from "@api-auth-twitter/test-support/templates";
import { type LocalCloud, startLocalCloud } from "../src/index.ts";

const home = "us-east-1";
const other = "eu-west-1";

const authStack = {
  Resources: {
    Pool: resource("Cognito::IdentityPool", { AllowUnauthenticatedIdentities: true }),
    Execution: lambdaRole({ RoleName: "notes" }),
  },
  Outputs: { Pool: { Value: { Ref: "Pool" } }, Role: { Value: attribute("Execution", "Arn") } },
};

const apiStack = (roleArn: string) => ({
  Resources: {
    Function: lambdaFunction(
      "exports.handler = async (_, { invokedFunctionArn }) => process.env.AWS_REGION + invokedFunctionArn",
      { FunctionName: "notes", Role: roleArn },
    ),
    ...httpApi({ "GET /": "Function" }, { AuthorizationType: "AWS_IAM" }),
    Table: resource("DynamoDB::Table", {
      TableName: "notes",
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    }),
  },
  Outputs: {
    Url: { Value: attribute("Api", "ApiEndpoint") },
    Function: { Value: attribute("Function", "Arn") },
    Table: { Value: attribute("Table", "Arn") },
    Region: { Value: { Ref: "AWS::Region" } },
  },
});

describe("a local cloud", () => {
  let stateFolder: string;
  let cloud: LocalCloud;
  let auth: Record<string, string>;
  let api: Record<string, string>;

  const start = async (): Promise<void> => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, stateFolder });
  };
  const credentials = () => ({
    accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
  });
  const settings = (region: string) => ({
    endpoint: cloud.awsUrl,
    region,
    credentials: credentials(),
    forcePathStyle: true,
    maxAttempts: 1,
  });
  /** By the port, since not every system resolves names below localhost. */
  const call = async (region: string): Promise<Response> => {
    const { port } = new URL(api["Url"] ?? "");
    const aws = new AwsClient({ ...credentials(), region, service: "execute-api", retries: 0 });
    return aws.fetch(`http://127.0.0.1:${port}/`);
  };
  const describeTable = async (region: string): Promise<string> => {
    const aws = new AwsClient({ ...credentials(), region, service: "dynamodb", retries: 0 });
    const reply = await aws.fetch(cloud.awsUrl, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.DescribeTable",
      },
      body: JSON.stringify({ TableName: "notes" }),
    });
    return reply.text();
  };

  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), "local-cloud-regions-"));
    await start();
    auth = await deployTemplate("auth", authStack, cloud.environment);
    api = await deployTemplate("api", apiStack(auth["Role"] ?? ""), {
      ...cloud.environment,
      AWS_REGION: other,
    });
  });
  afterAll(async () => {
    await cloud.close();
    await rm(stateFolder, { recursive: true, force: true });
  });

  it("has the resources of a stack in the region of its requests", async () => {
    expect(auth["Pool"]).toMatch(/^us-east-1:/);
    expect(api).toMatchObject({
      Region: other,
      Function: "arn:aws:lambda:eu-west-1:000000000000:function:notes",
      Table: "arn:aws:dynamodb:eu-west-1:000000000000:table/notes",
      Url: expect.stringMatching(/^http:\/\/[a-z0-9]{10}\.execute-api\.eu-west-1\.localhost:\d+$/) as string,
    });
    expect(await describeTable(other)).toContain('"TableArn":"arn:aws:dynamodb:eu-west-1:');
    expect(await describeTable(home)).toContain("ResourceNotFoundException");
    await expect(new CloudFormation(settings(home)).describeStacks({ StackName: "api" })).rejects.toThrow(
      "Stack with id api does not exist",
    );
  });

  it("verifies the region of an API, and runs its functions there", async () => {
    const answer = await call(other);
    expect([answer.status, await answer.text()]).toEqual([200, `${other}${api["Function"]}`]);
    expect((await call(home)).status).toBe(403);
  });

  it("finds the pool of an unsigned request by its id", async () => {
    const client = new CognitoIdentity({ endpoint: cloud.awsUrl, region: other });
    const { IdentityId: id } = await client.getId({ IdentityPoolId: auth["Pool"] ?? "" });
    expect(id).toMatch(/^us-east-1:/);
    await expect(client.getId({ IdentityPoolId: `${other}${auth["Pool"]?.slice(9)}` })).rejects.toThrow(
      "not found",
    );
  });

  it("keeps parameters and secrets of each region apart", async () => {
    for (const region of [home, other]) {
      // oxlint-disable-next-line no-await-in-loop -- the second must not find the first
      await new SSM(settings(region)).putParameter({ Name: "/name", Value: region, Type: "String" });
      // oxlint-disable-next-line no-await-in-loop -- as above
      await new SecretsManager(settings(region)).createSecret({ Name: "name", SecretString: region });
    }
    const parameter = await new SSM(settings(home)).getParameter({ Name: "/name" });
    expect(parameter.Parameter).toMatchObject({
      Value: home,
      ARN: "arn:aws:ssm:us-east-1:000000000000:parameter/name",
    });
    const secret = await new SecretsManager(settings(other)).getSecretValue({ SecretId: "name" });
    expect(secret.SecretString).toBe(other);
  });

  it("has the roles of IAM, the callers of STS and the names of buckets once", async () => {
    for (const region of [home, other]) {
      // oxlint-disable-next-line no-await-in-loop -- one request each
      const { Role: role } = await new IAM(settings(region)).getRole({ RoleName: "notes" });
      expect(role?.Arn).toBe(auth["Role"]);
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect((await new STS(settings(region)).getCallerIdentity({})).Account).toBe("000000000000");
    }
    await new S3(settings(other)).createBucket({ Bucket: "notes" });
    await expect(new S3(settings(home)).createBucket({ Bucket: "notes" })).rejects.toThrow(
      "you already own it",
    );
    await expect(new S3(settings(home)).listObjectsV2({ Bucket: "notes" })).rejects.toThrow(
      "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    );
  });

  it("is bootstrapped for the CDK in each region that is used", async () => {
    const { Stacks: stacks } = await new CloudFormation(settings("ap-southeast-2")).describeStacks({
      StackName: "CDKToolkit",
    });
    expect(stacks?.[0]).toMatchObject({ StackStatus: "CREATE_COMPLETE" });
    expect(JSON.stringify(stacks?.[0]?.Outputs)).toContain(
      "cdk-hnb659fds-assets-000000000000-ap-southeast-2",
    );
  });

  it("refuses a region that AWS does not have", async () => {
    await expect(new SSM(settings("mars-1")).getParameter({ Name: "/name" })).rejects.toThrow(
      "Credential should be scoped to a valid region, not 'mars-1'.",
    );
  });

  it("goes on after a restart in each region", async () => {
    await cloud.close();
    await start();
    expect((await call(other)).status).toBe(200);
    expect(await describeTable(other)).toContain('"TableArn":"arn:aws:dynamodb:eu-west-1:');
    await new CloudFormation(settings(home)).deleteStack({ StackName: "auth" });
    await expect
      .poll(() => new IAM(settings(other)).getRole({ RoleName: "notes" }).catch(({ name }: Error) => name))
      .toBe("NoSuchEntityException");
  });
});
