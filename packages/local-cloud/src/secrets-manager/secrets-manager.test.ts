import { createRequire } from "node:module";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attribute, lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { createStacksFixture } from "../../test/stacks-fixture.ts";
import { type LocalCloud, startLocalCloud } from "../index.ts";
import { randomPassword } from "./random-password.ts";

const role = (statement: object) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "000000000000" } },
    },
    Policies: [
      {
        PolicyName: "p",
        PolicyDocument: { Version: "2012-10-17", Statement: { Effect: "Allow", ...statement } },
      },
    ],
  },
});

const template = {
  Resources: {
    Secret: {
      Type: "AWS::SecretsManager::Secret",
      Properties: {
        Name: "prod/token",
        Description: "of the canary",
        KmsKeyId: "alias/canary",
        SecretString: '{"token":"one"}',
        Tags: [{ Key: "team", Value: "blue" }],
      },
    },
    Shared: { Type: "AWS::SecretsManager::Secret", Properties: { Name: "shared", SecretString: "s" } },
    // As CDK's grantRead and the service's documentation write it.
    Reader: role({ Action: "secretsmanager:GetSecretValue", Resource: { Ref: "Secret" } }),
    Tagged: role({
      Action: "secretsmanager:*",
      Resource: "*",
      Condition: {
        StringEquals: {
          "aws:ResourceTag/team": "blue",
          "secretsmanager:VersionStage": "AWSCURRENT",
        },
      },
    }),
    Other: role({ Action: "secretsmanager:DescribeSecret", Resource: "*" }),
    Policy: {
      Type: "AWS::SecretsManager::ResourcePolicy",
      Properties: {
        SecretId: { Ref: "Shared" },
        ResourcePolicy: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { AWS: { "Fn::GetAtt": ["Other", "Arn"] } },
              Action: "secretsmanager:GetSecretValue",
              Resource: "*",
            },
            {
              Effect: "Deny",
              Principal: { AWS: { "Fn::GetAtt": ["Other", "Arn"] } },
              Action: "secretsmanager:DescribeSecret",
              Resource: "*",
            },
          ],
        },
      },
    },
  },
  Outputs: {
    Secret: { Value: { Ref: "Secret" } },
    Reader: { Value: { "Fn::GetAtt": ["Reader", "Arn"] } },
    Tagged: { Value: { "Fn::GetAtt": ["Tagged", "Arn"] } },
    Other: { Value: { "Fn::GetAtt": ["Other", "Arn"] } },
  },
};

const denied = (action: string, resource: string) => ({
  name: "AccessDeniedException",
  message: expect.stringMatching(
    `^User: arn:aws:sts::000000000000:assumed-role/secrets-Reader-\\w+/me is not authorized to perform: secretsmanager:${action} on resource: ${resource} because no identity-based policy allows the secretsmanager:${action} action$`,
  ) as string,
});

async function createStack(client: CloudFormationClient, stackName: string, stack: object): Promise<void> {
  await client.send(
    new CreateStackCommand({
      StackName: stackName,
      TemplateBody: JSON.stringify(stack),
      Capabilities: ["CAPABILITY_IAM"],
    }),
  );
  await waitUntilStackCreateComplete({ client, maxWaitTime: 20, minDelay: 1 }, { StackName: stackName });
}

/** Each test continues from the one before. */
describe("Secrets Manager", () => {
  let cloud: LocalCloud;
  let outputs: Record<string, string | undefined>;
  let deployer: SecretsManagerClient;
  const log: string[] = [];
  let configuration: object;

  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => log.push(line) });
    const credentials = {
      accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    };
    configuration = { endpoint: cloud.awsUrl, region: "us-east-1", credentials, maxAttempts: 1 };
    deployer = new SecretsManagerClient(configuration);
    const client = new CloudFormationClient(configuration);
    await createStack(client, "secrets", template);
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: "secrets" }));
    outputs = Object.fromEntries(
      (Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
  });
  afterAll(() => cloud.close());

  async function as(name: string): Promise<SecretsManagerClient> {
    const { Credentials: issued } = await new STSClient(configuration).send(
      new AssumeRoleCommand({ RoleArn: outputs[name], RoleSessionName: "me" }),
    );
    const credentials = {
      accessKeyId: issued?.AccessKeyId ?? "",
      secretAccessKey: issued?.SecretAccessKey ?? "",
      sessionToken: issued?.SessionToken ?? "",
    };
    return new SecretsManagerClient({ ...configuration, credentials });
  }

  it("gives a role the secret that its policy names, by name, ARN and partial ARN", async () => {
    const arn = outputs["Secret"] ?? "";
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:prod\/token-[A-Za-z0-9]{6}$/);
    const reader = await as("Reader");
    for (const SecretId of ["prod/token", arn, arn.slice(0, -7)]) {
      expect(await reader.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({
        ARN: arn,
        Name: "prod/token",
        SecretString: '{"token":"one"}',
        VersionStages: ["AWSCURRENT"],
      });
    }
  });

  it("refuses other secrets and actions in AWS's words", async () => {
    const reader = await as("Reader");
    await expect(reader.send(new GetSecretValueCommand({ SecretId: "shared" }))).rejects.toMatchObject(
      denied("GetSecretValue", "shared"),
    );
    await expect(reader.send(new DescribeSecretCommand({ SecretId: "prod/token" }))).rejects.toMatchObject(
      denied("DescribeSecret", "prod/token"),
    );
    // A role learns nothing about what is not there.
    await expect(reader.send(new GetSecretValueCommand({ SecretId: "gone" }))).rejects.toMatchObject(
      denied("GetSecretValue", "gone"),
    );
    await expect(deployer.send(new GetSecretValueCommand({ SecretId: "gone" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("is read by the SDK in a function, under the function's role", async () => {
    const sdk = createRequire(import.meta.url).resolve("@aws-sdk/client-secrets-manager");
    const source = `
const { SecretsManagerClient, GetSecretValueCommand } = require(${JSON.stringify(sdk)});
const client = new SecretsManagerClient({ maxAttempts: 1 });
const read = (SecretId) => client.send(new GetSecretValueCommand({ SecretId })).then((it) => it.SecretString, (error) => error.name + ": " + error.message);
exports.handler = async () => console.log("read " + JSON.stringify([await read("prod/token"), await read("shared")]));`;
    const reader = role({ Action: "secretsmanager:GetSecretValue", Resource: outputs["Secret"] });
    await createStack(new CloudFormationClient(configuration), "canary", {
      Resources: {
        Reader: { ...reader, Properties: { ...reader.Properties, ...lambdaRole().Properties } },
        Function: lambdaFunction(source, { Timeout: 30, Role: attribute("Reader", "Arn") }),
        Rule: {
          Type: "AWS::Events::Rule",
          Properties: {
            ScheduleExpression: "cron(0 12 * * ? *)",
            Targets: [{ Id: "t", Arn: { "Fn::GetAtt": ["Function", "Arn"] } }],
          },
        },
        Permission: {
          Type: "AWS::Lambda::Permission",
          Properties: {
            Action: "lambda:InvokeFunction",
            FunctionName: { Ref: "Function" },
            Principal: "events.amazonaws.com",
            SourceArn: { "Fn::GetAtt": ["Rule", "Arn"] },
          },
        },
      },
    });
    await cloud.fastForward();
    const [, json = "null"] = /^lambda canary-Function-\w+: read (.*)$/m.exec(log.join("\n")) ?? [];
    expect(JSON.parse(json), log.join("\n")).toEqual([
      '{"token":"one"}',
      expect.stringMatching(
        /^AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role\/canary-Reader-\w+\/canary-Function-\w+ is not authorized to perform: secretsmanager:GetSecretValue on resource: shared because/,
      ),
    ]);
  });

  it("evaluates the service's condition keys", async () => {
    const tagged = await as("Tagged");
    expect((await tagged.send(new GetSecretValueCommand({ SecretId: "prod/token" }))).Name).toBe(
      "prod/token",
    );
    for (const request of [{ SecretId: "shared" }, { SecretId: "prod/token", VersionStage: "AWSPREVIOUS" }]) {
      await expect(tagged.send(new GetSecretValueCommand(request))).rejects.toThrow(/is not authorized/);
    }
  });

  it("evaluates the policy of a secret", async () => {
    const other = await as("Other");
    expect((await other.send(new GetSecretValueCommand({ SecretId: "shared" }))).SecretString).toBe("s");
    await expect(other.send(new DescribeSecretCommand({ SecretId: "shared" }))).rejects.toThrow(
      /secretsmanager:DescribeSecret on resource: shared with an explicit deny in a resource-based policy$/,
    );
  });

  it("keeps the previous value, and describes the secret", async () => {
    const put = new PutSecretValueCommand({ SecretId: "prod/token", SecretString: "two" });
    const { VersionId } = await deployer.send(put);
    const value = async (VersionStage: string): Promise<string | undefined> =>
      (await deployer.send(new GetSecretValueCommand({ SecretId: "prod/token", VersionStage }))).SecretString;
    expect([await value("AWSCURRENT"), await value("AWSPREVIOUS")]).toEqual(["two", '{"token":"one"}']);
    await deployer.send(new UpdateSecretCommand({ SecretId: "prod/token", SecretString: "three" }));
    expect([await value("AWSCURRENT"), await value("AWSPREVIOUS")]).toEqual(["three", "two"]);
    const described = await deployer.send(new DescribeSecretCommand({ SecretId: "prod/token" }));
    expect(described).toMatchObject({
      Description: "of the canary",
      KmsKeyId: "alias/canary",
      Tags: [{ Key: "team", Value: "blue" }],
      VersionIdsToStages: { [VersionId ?? ""]: ["AWSPREVIOUS"] },
    });
    const { SecretList } = await deployer.send(
      new ListSecretsCommand({ Filters: [{ Key: "name", Values: ["prod/"] }] }),
    );
    expect(SecretList?.map(({ Name }) => Name)).toEqual(["prod/token"]);
  });
});

describe("AWS::SecretsManager::Secret", () => {
  it("generates a value with the options of GenerateSecretString", async () => {
    const fixture = createStacksFixture();
    await fixture.deploy({
      Resources: {
        Secret: {
          Type: "AWS::SecretsManager::Secret",
          Properties: {
            Name: "login",
            GenerateSecretString: {
              SecretStringTemplate: '{"username":"admin"}',
              GenerateStringKey: "password",
              PasswordLength: "16",
              ExcludePunctuation: true,
              ExcludeLowercase: true,
              ExcludeCharacters: "0O1I",
            },
          },
        },
      },
    });
    const { username, password } = JSON.parse(fixture.secretsManager.secretString("login")) as Record<
      string,
      string
    >;
    expect(username).toBe("admin");
    expect(password).toMatch(/^(?=.*[A-Z])(?=.*\d)[2-9A-HJ-NP-Z]{16}$/);
  });

  it("keeps its value when only its description changes", async () => {
    const fixture = createStacksFixture();
    const deploy = (Description: string) =>
      fixture.deploy({
        Resources: {
          Secret: {
            Type: "AWS::SecretsManager::Secret",
            Properties: { Name: "x", Description, GenerateSecretString: {} },
          },
        },
      });
    await deploy("one");
    const value = fixture.secretsManager.secretString("x");
    await deploy("two");
    expect(fixture.secretsManager.secretString("x")).toBe(value);
    expect(fixture.secretsManager.find("x")?.description).toBe("two");
  });
});

it("has each included type in a generated password, and nothing that is excluded", () => {
  for (let count = 0; count < 200; count += 1) {
    expect(randomPassword({ length: 4 })).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]|.*_).{4}$/);
    expect(randomPassword({ length: 8, excludePunctuation: true, includeSpace: true })).toMatch(
      /^(?=.* )[\w ]{8}$/,
    );
  }
});
