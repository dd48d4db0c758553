import { setTimeout as sleep } from "node:timers/promises";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import {
  CognitoIdentityClient,
  DescribeIdentityPoolCommand,
  GetIdentityPoolRolesCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../index.ts";

const trust = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { AWS: "arn:aws:iam::000000000000:root" }, Action: "sts:AssumeRole" },
  ],
};
const allow = (action: string, resource: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: action, Resource: resource }],
});
const poolDocument = allow(
  "execute-api:Invoke",
  "arn:aws:execute-api:us-east-1:000000000000:abc/*/GET/private",
);
const template = {
  Resources: {
    Pool: {
      Type: "AWS::Cognito::IdentityPool",
      Properties: {
        AllowUnauthenticatedIdentities: true,
        SupportedLoginProviders: { "api.twitter.com": "k;s" },
      },
    },
    Managed: {
      Type: "AWS::IAM::ManagedPolicy",
      Properties: { ManagedPolicyName: "managed", PolicyDocument: allow("logs:*", "*") },
    },
    Users: {
      Type: "AWS::IAM::Role",
      Properties: {
        RoleName: "users",
        AssumeRolePolicyDocument: trust,
        ManagedPolicyArns: [{ Ref: "Managed" }, "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"],
        Policies: [
          { PolicyName: "call", PolicyDocument: poolDocument },
          {
            PolicyName: "never",
            PolicyDocument: {
              ...poolDocument,
              Statement: [{ Effect: "Deny", Action: "s3:*", Resource: "*" }],
            },
          },
        ],
      },
    },
    Reader: {
      Type: "AWS::IAM::Role",
      Properties: {
        RoleName: "reader",
        AssumeRolePolicyDocument: trust,
        Policies: [
          {
            PolicyName: "read",
            PolicyDocument: allow("iam:GetRole", "arn:aws:iam::000000000000:role/users"),
          },
          {
            PolicyName: "secrets",
            PolicyDocument: allow(
              "ssm:GetParameters",
              "arn:aws:ssm:us-east-1:000000000000:parameter/app/secrets/*",
            ),
          },
        ],
      },
    },
  },
  Outputs: { PoolId: { Value: { Ref: "Pool" } } },
};

const routeArn = (path: string): string => `arn:aws:execute-api:us-east-1:000000000000:abc/$default/${path}`;

describe("the AWS SDK reads deployed resources", () => {
  let cloud: LocalCloud;
  let identityPoolId = "";
  const configuration = (credentials = deployer()) => ({
    endpoint: cloud.awsUrl,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
  });
  const deployer = () => ({
    accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
  });
  const iam = (): IAMClient => new IAMClient(configuration());
  const cognito = (): CognitoIdentityClient => new CognitoIdentityClient(configuration());

  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
    const client = new CloudFormationClient(configuration());
    await client.send(
      new CreateStackCommand({
        StackName: "app",
        TemplateBody: JSON.stringify(template),
        Capabilities: ["CAPABILITY_NAMED_IAM"],
      }),
    );
    for (let wait = 0; wait < 100 && identityPoolId === ""; wait += 1) {
      await sleep(20);
      const { Stacks: stacks } = await client.send(new DescribeStacksCommand({ StackName: "app" }));
      identityPoolId = stacks?.[0]?.Outputs?.[0]?.OutputValue ?? "";
    }
  });
  afterAll(() => cloud.close());

  it("a pool without roles", async () => {
    expect(
      await cognito().send(new DescribeIdentityPoolCommand({ IdentityPoolId: identityPoolId })),
    ).toMatchObject({
      AllowUnauthenticatedIdentities: true,
      SupportedLoginProviders: { "api.twitter.com": "k;s" },
    });
    const roles = await cognito().send(new GetIdentityPoolRolesCommand({ IdentityPoolId: identityPoolId }));
    expect(roles.Roles).toBeUndefined();
    const absent = { IdentityPoolId: "us-east-1:00000000-0000-4000-8000-000000000000" };
    await expect(cognito().send(new DescribeIdentityPoolCommand(absent))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("no pool in an unsigned request", async () => {
    const reply = await fetch(cloud.awsUrl, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityService.DescribeIdentityPool",
      },
      body: JSON.stringify({ IdentityPoolId: identityPoolId }),
    });
    expect(await reply.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
  });

  it("a role, its trust policy percent-encoded", async () => {
    const { Role: role } = await iam().send(new GetRoleCommand({ RoleName: "users" }));
    expect(role).toMatchObject({ RoleName: "users", Path: "/", Arn: "arn:aws:iam::000000000000:role/users" });
    expect(role?.CreateDate).toBeInstanceOf(Date);
    expect(role?.AssumeRolePolicyDocument).toMatch(/^%7B%22Version%22%3A/);
    expect(JSON.parse(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ""))).toEqual(trust);
    await expect(iam().send(new GetRoleCommand({ RoleName: "ghost" }))).rejects.toMatchObject({
      name: "NoSuchEntityException",
      message: "The role with name ghost cannot be found.",
      $metadata: { httpStatusCode: 404 },
    });
  });

  it("inline policies, in pages", async () => {
    const names: string[][] = [];
    const pages = paginateListRolePolicies({ client: iam(), pageSize: 1 }, { RoleName: "users" });
    for await (const { PolicyNames: page = [] } of pages) names.push(page);
    expect(names).toEqual([["call"], ["never"]]);
    const input = { RoleName: "users", PolicyName: "call" };
    const { PolicyDocument: document } = await iam().send(new GetRolePolicyCommand(input));
    expect(JSON.parse(decodeURIComponent(document ?? ""))).toEqual(poolDocument);
    await expect(
      iam().send(new GetRolePolicyCommand({ ...input, PolicyName: "ghost" })),
    ).rejects.toMatchObject({ name: "NoSuchEntityException" });
  });

  it("managed policies of the account and of AWS", async () => {
    const arns: (string | undefined)[] = [];
    const pages = paginateListAttachedRolePolicies({ client: iam() }, { RoleName: "users" });
    for await (const { AttachedPolicies: page = [] } of pages)
      arns.push(...page.map(({ PolicyArn }) => PolicyArn));
    expect(new Set(arns)).toEqual(
      new Set([
        "arn:aws:iam::000000000000:policy/managed",
        "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess",
      ]),
    );
    for (const arn of arns) {
      const { Policy: policy } = await iam().send(new GetPolicyCommand({ PolicyArn: arn }));
      expect(policy).toMatchObject({ Arn: arn, DefaultVersionId: "v1", AttachmentCount: 1 });
      const version = { PolicyArn: arn, VersionId: policy?.DefaultVersionId };
      const { PolicyVersion: found } = await iam().send(new GetPolicyVersionCommand(version));
      expect(JSON.parse(decodeURIComponent(found?.Document ?? ""))).toHaveProperty("Statement");
    }
  });

  it("the simulated permissions of a role", async () => {
    const { EvaluationResults: results } = await iam().send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: "arn:aws:iam::000000000000:role/users",
        ActionNames: ["execute-api:Invoke", "s3:GetObject"],
        ResourceArns: [routeArn("GET/private"), routeArn("POST/private")],
      }),
    );
    expect(
      results?.map(({ EvalActionName, EvalResourceName, EvalDecision }) => [
        EvalActionName,
        EvalResourceName,
        EvalDecision,
      ]),
    ).toEqual([
      ["execute-api:Invoke", routeArn("GET/private"), "allowed"],
      ["execute-api:Invoke", routeArn("POST/private"), "implicitDeny"],
      ["s3:GetObject", routeArn("GET/private"), "explicitDeny"],
      ["s3:GetObject", routeArn("POST/private"), "explicitDeny"],
    ]);
  });

  it("only what the caller's policies allow", async () => {
    const { Credentials: issued } = await new STSClient(configuration()).send(
      new AssumeRoleCommand({ RoleArn: "arn:aws:iam::000000000000:role/reader", RoleSessionName: "me" }),
    );
    const reader = {
      accessKeyId: issued?.AccessKeyId ?? "",
      secretAccessKey: issued?.SecretAccessKey ?? "",
      sessionToken: issued?.SessionToken ?? "",
    };
    const client = new IAMClient(configuration(reader));
    expect((await client.send(new GetRoleCommand({ RoleName: "users" }))).Role?.RoleName).toBe("users");
    await expect(client.send(new GetRoleCommand({ RoleName: "reader" }))).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining(
        "is not authorized to perform: iam:GetRole on resource: arn:aws:iam::000000000000:role/reader",
      ) as string,
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      new CognitoIdentityClient(configuration(reader)).send(
        new DescribeIdentityPoolCommand({ IdentityPoolId: identityPoolId }),
      ),
    ).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(
        `cognito-identity:DescribeIdentityPool on resource: arn:aws:cognito-identity:us-east-1:000000000000:identitypool/${identityPoolId}`,
      ) as string,
    });
    const ssm = new SSMClient(configuration(reader));
    const names = ["/app/secrets/a", "/app/secrets/b"];
    await expect(ssm.send(new GetParametersCommand({ Names: names }))).resolves.toMatchObject({
      InvalidParameters: names,
    });
    await expect(
      ssm.send(new GetParametersCommand({ Names: [...names, "/app/other"] })),
    ).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("parameter/app/other") as string,
    });
  });
});
