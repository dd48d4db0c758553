import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  deployWorld,
  type DeployedWorld,
  type StackOutputs,
} from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";

const aws = findPeer("aws");
const curl = findPeer("curl");

/** The guide's own steps, with the programs that it uses, against the same deployment as auth-cli. */
describe.skipIf(aws === undefined || curl === undefined)("the guide by hand, with aws and curl", () => {
  let world: DeployedWorld;
  let outputs: StackOutputs;
  let login: string;

  beforeAll(async () => {
    world = await deployWorld("prod", undefined, { bySst: true });
    outputs = await world.outputs();
    await world.cli.logIn("alice");
    const [token] = await world.cli.storedTokens();
    login = `api.twitter.com=${token?.token};${token?.secret}`;
  });
  afterAll(() => world.close());

  const run = (command: string | undefined, args: string[]): Promise<ProcessResult> =>
    runProcess(command ?? "", args, { env: world.variables });
  const cognito = async (args: string[]): Promise<Record<string, unknown>> => {
    const endpoint = ["--endpoint-url", world.cloud.awsUrl, "--region", "us-east-1", "--output", "json"];
    const { code, stdout, stderr } = await run(aws, ["cognito-identity", ...args, ...endpoint]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const status = ["--silent", "--write-out", "\n%{http_code}"];

  test("get-id, get-credentials-for-identity and curl --aws-sigv4 reach /private as the same identity", async () => {
    const { IdentityId } = await cognito([
      "get-id",
      "--identity-pool-id",
      outputs.IdentityPoolId,
      "--logins",
      login,
    ]);
    const identityId = String(IdentityId);
    const { Credentials } = await cognito([
      "get-credentials-for-identity",
      "--identity-id",
      identityId,
      "--logins",
      login,
    ]);
    const { AccessKeyId, SecretKey, SessionToken } = Credentials as Record<string, string>;
    const { stdout } = await run(curl, [
      ...status,
      "--aws-sigv4",
      "aws:amz:us-east-1:execute-api",
      "--user",
      `${AccessKeyId}:${SecretKey}`,
      "--header",
      `x-amz-security-token: ${SessionToken}`,
      `${outputs.ApiEndpoint}/private`,
    ]);
    expect(stdout).toBe(`Hello ${identityId}!\n200`);
    expect((await world.cli.run(["call", "/private"])).stdout).toBe(`Hello ${identityId}!`);
  });

  test("an unsigned curl of /private is forbidden, /public is open", async () => {
    const forbidden = await run(curl, [...status, `${outputs.ApiEndpoint}/private`]);
    expect(forbidden.stdout).toBe('{"message":"Forbidden"}\n403');
    const open = await run(curl, [...status, `${outputs.ApiEndpoint}/public`]);
    expect(open.stdout).toBe("Hello stranger!\n200");
  });

  test("the guide's colon in place of the semicolon is refused", async () => {
    const { code, stderr } = await run(aws, [
      "cognito-identity",
      "get-id",
      "--identity-pool-id",
      outputs.IdentityPoolId,
      "--logins",
      login.replace(";", ":"),
      "--endpoint-url",
      world.cloud.awsUrl,
      "--region",
      "us-east-1",
    ]);
    expect(stderr).toContain("NotAuthorizedException");
    expect(code).not.toBe(0);
  });

  test("the curl command that --dry-run prints does what call does", async () => {
    const { stdout: plan } = await world.cli.run(["call", "/private?b=2&a=1", "--dry-run"]);
    const command = plan.trim().split("\n").at(-1) ?? "";
    const [credentials] = await world.cli.cachedCredentials();
    const { stdout } = await runProcess("/bin/sh", ["-c", command], {
      env: {
        ...world.variables,
        AWS_ACCESS_KEY_ID: credentials?.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
        AWS_SESSION_TOKEN: credentials?.sessionToken,
      },
    });
    expect(stdout).toBe((await world.cli.run(["call", "/private"])).stdout);
  });
});
