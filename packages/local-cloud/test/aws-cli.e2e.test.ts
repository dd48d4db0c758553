import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  GetIdCommand,
  SetIdentityPoolRolesCommand,
  UpdateIdentityPoolCommand,
} from "@aws-sdk/client-cognito-identity";
import { type AwsCli, startAwsCli } from "@api-auth-twitter/test-support/aws-cli";
import { findPython } from "@api-auth-twitter/test-support/python";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { inLongRun } from "@api-auth-twitter/test-support/test-runs";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { behaviours } from "../src/evidence/behaviours.ts";
import type { Refusal } from "../src/evidence/refusal.ts";
import { refusals } from "../src/evidence/refusals.ts";
import { type LocalCloud, startLocalCloud } from "../src/index.ts";

const python = findPython({ awscli: "awscli" });

const evidence = [
  ...Object.values(refusals).flatMap((group) => Object.values<Refusal>(group).map(({ rule }) => rule)),
  ...behaviours,
].map((item) => item.evidence);
/** The commands in docs/unknown.md. */
const commands = evidence.flatMap((item) => (item.letter === "?" ? [item.settle] : []));
const awsCommands = [...new Set(commands)].filter((command) => command.startsWith("aws "));

describe.skipIf(python === undefined)("the aws CLI", () => {
  let aws: AwsCli;
  let cloud: LocalCloud;
  let folder: string;
  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
    folder = await mkdtemp(join(tmpdir(), "aws-cli-"));
    aws = startAwsCli(python ?? "");
  });
  afterAll(async () => {
    await aws.close();
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], environment: Record<string, string> = {}) =>
    aws.run(args, {
      cwd: folder,
      // Versions before 2.13 do not know AWS_ENDPOINT_URL.
      env: { PATH: process.env["PATH"], HOME: folder, AWS_PAGER: "", ...cloud.environment, ...environment },
    });

  async function succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(["--endpoint-url", cloud.awsUrl, ...args]);
    expect(code, `aws ${args.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
    return stdout;
  }

  it("gets its caller identity", async () => {
    expect(JSON.parse(await succeed("sts", "get-caller-identity"))).toMatchObject({
      Arn: "arn:aws:iam::000000000000:user/deployer",
    });
  });

  it("reports wrong credentials", async () => {
    const { code, stderr } = await run(["--endpoint-url", cloud.awsUrl, "sts", "get-caller-identity"], {
      AWS_SECRET_ACCESS_KEY: "wrong",
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation",
    );
  });

  it("invokes a function", async () => {
    const template = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: lambda.amazonaws.com } } }
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: echo
      Code: { ZipFile: "exports.handler = async (event) => ({ event })" }
      Handler: index.handler
      Runtime: nodejs22.x
      Role: !GetAtt Role.Arn
`;
    const client = new CloudFormationClient({
      endpoint: cloud.awsUrl,
      region: "us-east-1",
      credentials: {
        accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
        secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      },
    });
    const StackName = "echo";
    await client.send(
      new CreateStackCommand({ StackName, TemplateBody: template, Capabilities: ["CAPABILITY_IAM"] }),
    );
    await waitUntilStackCreateComplete({ client, maxWaitTime: 60, minDelay: 1 }, { StackName });
    const invoked = await succeed("lambda", "invoke", "--function-name", "echo", "out.json");
    expect(JSON.parse(invoked)).toEqual({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(JSON.parse(await readFile(join(folder, "out.json"), "utf8"))).toEqual({ event: {} });
  });

  it("copies a file in parts to a bucket and back", async () => {
    const contents = randomBytes(20 * 1024 * 1024);
    await writeFile(join(folder, "big"), contents);
    await succeed("s3", "mb", "s3://parts");
    await succeed("s3", "cp", "--no-progress", "big", "s3://parts/a folder/big+1");
    await succeed("s3", "cp", "--no-progress", "s3://parts/a folder/big+1", "copy");
    expect((await readFile(join(folder, "copy"))).equals(contents)).toBe(true);
    await succeed("s3", "rb", "--force", "s3://parts");
  });

  it("creates a secret that a template refers to", async () => {
    await succeed(
      "secretsmanager",
      "create-secret",
      "--name",
      "twitter",
      "--secret-string",
      '{"key":"k","secret":"s"}',
    );
    const template = `
Parameters: { Name: { Type: String } }
Resources:
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties:
      IdentityPoolName: !Ref Name
      AllowUnauthenticatedIdentities: false
      SupportedLoginProviders:
        api.twitter.com: "{{resolve:secretsmanager:twitter:SecretString:key}};{{resolve:secretsmanager:twitter:SecretString:secret}}"
Outputs: { PoolId: { Value: !Ref Pool } }
`;
    await writeFile(join(folder, "pool.yaml"), template);
    const create = ["create-stack", "--stack-name", "pool", "--template-body", "file://pool.yaml"];
    await succeed("cloudformation", ...create, "--parameters", "ParameterKey=Name,ParameterValue=users");
    await succeed("cloudformation", "wait", "stack-create-complete", "--stack-name", "pool");
    const described = await succeed("cloudformation", "describe-stacks", "--stack-name", "pool");
    expect(JSON.parse(described)).toMatchObject({
      Stacks: [
        { Outputs: [{ OutputKey: "PoolId", OutputValue: expect.stringMatching(/^us-east-1:/) as string }] },
      ],
    });
    await succeed("cloudformation", "delete-stack", "--stack-name", "pool");
    await succeed("cloudformation", "wait", "stack-delete-complete", "--stack-name", "pool");
  });

  it("keeps the versions of a secret", async () => {
    const secret = ["--secret-id", "prod/token"];
    await succeed("secretsmanager", "create-secret", "--name", "prod/token", "--secret-string", "one");
    await succeed("secretsmanager", "put-secret-value", ...secret, "--secret-string", "two");
    const previous = ["get-secret-value", ...secret, "--version-stage", "AWSPREVIOUS"];
    expect(JSON.parse(await succeed("secretsmanager", ...previous))).toMatchObject({
      ARN: expect.stringMatching(/:secret:prod\/token-\w{6}$/) as string,
      SecretString: "one",
    });
  });

  it("shows metrics, and the state, reason and description of an alarm", async () => {
    const metric = ["--namespace", "canary", "--metric-name", "Failed", "--dimensions"];
    await succeed(
      "cloudwatch",
      "put-metric-data",
      ...metric,
      "Stage=prod",
      "--value",
      "1",
      "--unit",
      "Count",
    );
    const alarm = ["put-metric-alarm", "--alarm-name", "canary-prod", ...metric, "Name=Stage,Value=prod"];
    const rule = [
      "--statistic",
      "Maximum",
      "--period",
      "60",
      "--evaluation-periods",
      "1",
      "--threshold",
      "1",
    ];
    const operator = ["--comparison-operator", "GreaterThanOrEqualToThreshold"];
    const description = ["--alarm-description", "The token is revoked."];
    await succeed("cloudwatch", ...alarm, ...rule, ...operator, ...description);
    await cloud.fastForward(60);
    const alarms = await succeed("cloudwatch", "describe-alarms", "--state-value", "ALARM");
    expect(JSON.parse(alarms)).toMatchObject({
      MetricAlarms: [
        {
          AlarmName: "canary-prod",
          AlarmDescription: "The token is revoked.",
          StateReason: expect.stringMatching(/^Threshold Crossed: 1 out of the last 1 datapoints/) as string,
          Dimensions: [{ Name: "Stage", Value: "prod" }],
        },
      ],
    });
    const range = ["--start-time", "2026-01-01T00:00:00Z", "--end-time", "2999-01-01T00:00:00Z"];
    const statistics = ["--period", "86400", "--statistics", "Sum", "--extended-statistics", "p90"];
    const query = [...metric, "Name=Stage,Value=prod", ...range, ...statistics];
    expect(JSON.parse(await succeed("cloudwatch", "get-metric-statistics", ...query))).toMatchObject({
      Label: "Failed",
      Datapoints: [{ Sum: 1, ExtendedStatistics: { p90: 1 }, Unit: "Count" }],
    });
  });

  it("reads the deployed pool, role and routes", async () => {
    const template = {
      Resources: {
        Pool: {
          Type: "AWS::Cognito::IdentityPool",
          Properties: {
            AllowUnauthenticatedIdentities: false,
            SupportedLoginProviders: { "api.twitter.com": "key;secret" },
          },
        },
        Role: {
          Type: "AWS::IAM::Role",
          Properties: {
            RoleName: "users",
            AssumeRolePolicyDocument: {
              Version: "2012-10-17",
              Statement: [
                {
                  Effect: "Allow",
                  Principal: { Federated: "cognito-identity.amazonaws.com" },
                  Action: "sts:AssumeRoleWithWebIdentity",
                  Condition: { StringEquals: { "cognito-identity.amazonaws.com:aud": "us-east-1:pool" } },
                },
              ],
            },
          },
        },
        Roles: {
          Type: "AWS::Cognito::IdentityPoolRoleAttachment",
          Properties: {
            IdentityPoolId: { Ref: "Pool" },
            Roles: { authenticated: { "Fn::GetAtt": ["Role", "Arn"] } },
          },
        },
        Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
        Route: {
          Type: "AWS::ApiGatewayV2::Route",
          Properties: { ApiId: { Ref: "Api" }, RouteKey: "GET /private", AuthorizationType: "AWS_IAM" },
        },
      },
      Outputs: { PoolId: { Value: { Ref: "Pool" } }, ApiId: { Value: { Ref: "Api" } } },
    };
    await writeFile(join(folder, "app.json"), JSON.stringify(template));
    const create = ["create-stack", "--stack-name", "app", "--template-body", "file://app.json"];
    await succeed("cloudformation", ...create, "--capabilities", "CAPABILITY_NAMED_IAM");
    await succeed("cloudformation", "wait", "stack-create-complete", "--stack-name", "app");
    const { Stacks: stacks } = JSON.parse(
      await succeed("cloudformation", "describe-stacks", "--stack-name", "app"),
    ) as {
      Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[];
    };
    const output = (key: string): string =>
      stacks[0]?.Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? "";

    const pool = ["--identity-pool-id", output("PoolId")];
    expect(JSON.parse(await succeed("cognito-identity", "describe-identity-pool", ...pool))).toEqual({
      IdentityPoolId: output("PoolId"),
      IdentityPoolName: "Pool",
      AllowUnauthenticatedIdentities: false,
      SupportedLoginProviders: { "api.twitter.com": "key;secret" },
    });
    expect(JSON.parse(await succeed("cognito-identity", "get-identity-pool-roles", ...pool))).toEqual({
      IdentityPoolId: output("PoolId"),
      Roles: { authenticated: "arn:aws:iam::000000000000:role/users" },
    });
    expect(JSON.parse(await succeed("iam", "get-role", "--role-name", "users"))).toMatchObject({
      Role: { AssumeRolePolicyDocument: template.Resources.Role.Properties.AssumeRolePolicyDocument },
    });
    const routes = await succeed("apigatewayv2", "get-routes", "--api-id", output("ApiId"));
    expect(JSON.parse(routes)).toMatchObject({
      Items: [{ RouteKey: "GET /private", AuthorizationType: "AWS_IAM", ApiKeyRequired: false }],
    });
    const apis = JSON.parse(await succeed("apigatewayv2", "get-apis")) as { Items: { ApiId: string }[] };
    expect(apis.Items.map(({ ApiId }) => ApiId)).toContain(output("ApiId"));
    const missing = ["apigatewayv2", "get-routes", "--api-id", "nowhere"];
    const { stderr } = await run(["--endpoint-url", cloud.awsUrl, ...missing]);
    expect(stderr).toContain(
      "(NotFoundException) when calling the GetRoutes operation: Invalid API identifier",
    );
  });

  it("finds the endpoint of AWS IoT", async () => {
    const found = await succeed("iot", "describe-endpoint", "--endpoint-type", "iot:Data-ATS");
    expect(JSON.parse(found)).toEqual({
      endpointAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
    });
    const { stderr } = await run(["--endpoint-url", cloud.awsUrl, "iot", "list-things"]);
    expect(stderr).toContain("The local cloud does not support GET /things of AWS IoT");
  });

  it("takes a guest through the classic flow, until the pool refuses it", async () => {
    const configuration = {
      endpoint: cloud.awsUrl,
      region: "us-east-1",
      credentials: {
        accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
        secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      },
    };
    const cognito = new CognitoIdentityClient(configuration);
    const settings = { IdentityPoolName: "guests", AllowUnauthenticatedIdentities: true };
    const { IdentityPoolId } = await cognito.send(new CreateIdentityPoolCommand(settings));
    const trust = {
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { Federated: "cognito-identity.amazonaws.com" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: { "cognito-identity.amazonaws.com:aud": IdentityPoolId } },
      },
    };
    const role = {
      Type: "AWS::IAM::Role",
      Properties: { RoleName: "guest", AssumeRolePolicyDocument: trust },
    };
    const cloudFormation = new CloudFormationClient(configuration);
    await cloudFormation.send(
      new CreateStackCommand({
        StackName: "guest",
        TemplateBody: JSON.stringify({ Resources: { Role: role } }),
        Capabilities: ["CAPABILITY_NAMED_IAM"],
      }),
    );
    await waitUntilStackCreateComplete(
      { client: cloudFormation, maxWaitTime: 60, minDelay: 1 },
      { StackName: "guest" },
    );
    const roleArn = "arn:aws:iam::000000000000:role/guest";
    const Roles = { unauthenticated: roleArn };
    await cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles }));
    const { IdentityId = "" } = await cognito.send(new GetIdCommand({ IdentityPoolId }));

    const identity = ["--identity-id", IdentityId];
    const issued = await succeed("cognito-identity", "get-open-id-token", ...identity);
    const { Token: token } = JSON.parse(issued) as { Token: string };
    const assumeRole = [
      "assume-role-with-web-identity",
      "--role-arn",
      roleArn,
      "--role-session-name",
      "app1",
    ];
    const assumed = JSON.parse(await succeed("sts", ...assumeRole, "--web-identity-token", token)) as {
      Credentials: Record<string, string>;
    };
    expect(assumed).toMatchObject({ SubjectFromWebIdentityToken: IdentityId, Audience: IdentityPoolId });
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = assumed.Credentials;
    const caller = await run(["--endpoint-url", cloud.awsUrl, "sts", "get-caller-identity"], {
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: SessionToken,
    });
    expect(caller.stdout).toContain("arn:aws:sts::000000000000:assumed-role/guest/app1");

    const closed = { ...settings, IdentityPoolId, AllowClassicFlow: false };
    await cognito.send(new UpdateIdentityPoolCommand(closed));
    const again = ["cognito-identity", "get-open-id-token", ...identity];
    const refused = await run(["--endpoint-url", cloud.awsUrl, ...again]);
    expect(refused.stderr).toContain(
      "(InvalidParameterException) when calling the GetOpenIdToken operation: Basic (classic) flow is not enabled, please use enhanced flow.",
    );
  });

  inLongRun(() =>
    it.each(awsCommands)("sends the request of docs/unknown.md: %s", async (command) => {
      await writeFile(join(folder, "trust.json"), "{}");
      await writeFile(join(folder, "x.zip"), zipSync({ "index.js": strToU8("") }));
      const complete = command
        .replace("aws ", 'aws --endpoint-url "$AWS_ENDPOINT_URL" ')
        .replace(
          "--identity-pool-id POOL",
          "--identity-pool-id us-east-1:00000000-0000-0000-0000-000000000000",
        )
        .replace("--identity-id ID", "--identity-id us-east-1:00000000-0000-0000-0000-000000000000")
        .replace(/ (?:ARN|ROLE)\b/, " arn:aws:iam::000000000000:role/users");
      const { stderr } = await runProcess("sh", ["-c", complete], {
        cwd: folder,
        env: { PATH: process.env["PATH"], HOME: folder, AWS_PAGER: "", ...cloud.environment },
      });
      // The CLI refuses unknown options and members that the service's model does not allow before it sends them.
      expect(stderr).toMatch(/An error occurred \(\w+\) when calling the \w+ operation/);
    }),
  );

  it("reports an unsupported action by name", async () => {
    const { code, stderr } = await run(["--endpoint-url", cloud.awsUrl, "iam", "list-users"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("The local cloud does not support ListUsers of IAM");
  });
});
