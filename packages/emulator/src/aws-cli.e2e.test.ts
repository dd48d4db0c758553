import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPeer } from "@api-auth-twitter/testing/peers";
import { runProcess } from "@api-auth-twitter/testing/run-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "./index.ts";

const aws = findPeer("aws") ?? "";

describe.skipIf(aws === "")("the aws CLI", () => {
  let cloud: LocalCloud;
  let folder: string;
  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
    folder = await mkdtemp(join(tmpdir(), "aws-cli-"));
  });
  afterAll(async () => {
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], environment: Record<string, string> = {}) =>
    runProcess(aws, args, {
      cwd: folder,
      // Versions before 2.13 do not know AWS_ENDPOINT_URL.
      env: { PATH: process.env["PATH"], HOME: folder, AWS_PAGER: "", ...cloud.environment, ...environment },
    });

  async function succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(["--endpoint-url", cloud.awsUrl, ...args]);
    expect(code, `aws ${args.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
    return stdout;
  }

  it("knows who it is", async () => {
    expect(JSON.parse(await succeed("sts", "get-caller-identity"))).toMatchObject({
      Arn: "arn:aws:iam::000000000000:user/deployer",
    });
  });

  it("is told what is wrong with its credentials", async () => {
    const { code, stderr } = await run(["--endpoint-url", cloud.awsUrl, "sts", "get-caller-identity"], {
      AWS_SECRET_ACCESS_KEY: "wrong",
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation",
    );
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

  it("seeds a secret that a template then refers to", async () => {
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

  it("is told by name what the local cloud does not know", async () => {
    const { code, stderr } = await run(["--endpoint-url", cloud.awsUrl, "iam", "list-users"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("The local cloud does not know the action ListUsers");
  });
});
