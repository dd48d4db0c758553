import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AwsCli, startAwsCli } from "@api-auth-twitter/test-support/aws-cli";
import {
  deployWorld,
  type DeployedWorld,
  type StackOutputs,
} from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { findPython } from "@api-auth-twitter/test-support/python";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";
import type { SmokeReport } from "../src/commands/smoke/report.ts";

const python = findPython({ awscli: "awscli" });
const curl = findPeer("curl");

const identityId = /us-east-1:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

let world: DeployedWorld;

/** One app, deployed by the real `sst deploy`. Each part continues from the one before. */
beforeAll(async () => {
  world = await deployWorld("prod", undefined, { bySst: true });
});
afterAll(() => world.close());

describe("the whole chain, through the built CLI and the real sst deploy", () => {
  test("nobody is logged in at first: exit 4, and the command to run", async () => {
    const { code, stderr } = await world.cli.run(["call", "/private"]);
    expect(code).toBe(4);
    expect(stderr).toContain("fix: run `auth-cli login --stage prod`");
  });

  test("login takes the PIN from a pipe and gives the identity that /private then greets", async () => {
    const { code, stdout, stderr } = await world.cli.logIn("alice");
    expect(stderr).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/authorize\?oauth_token=[^&\s]+$/m);
    expect(code).toBe(0);
    const [id] = identityId.exec(stdout) ?? [];
    expect(await identityOf("alice")).toBe(id);
  });

  test("two users have two identities, and --user chooses; the same user keeps theirs", async () => {
    const alice = await identityOf("alice");
    expect((await world.cli.logIn("bob")).code).toBe(0);
    const bob = await identityOf("bob");
    expect(bob).not.toBe(alice);
    expect((await world.cli.run(["call", "/private"])).stdout).toBe(`Hello ${bob}!`);
    expect((await world.cli.logIn("alice")).code).toBe(0);
    expect(await identityOf("@Alice")).toBe(alice);
  });

  test("smoke passes every check and reports the identity that call gets", async () => {
    const { code, stdout } = await world.cli.run(["smoke", "--json"]);
    const report = JSON.parse(stdout) as SmokeReport;
    expect(report.checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "outputs passed",
      "twitter.token passed",
      "cognito.get-id passed",
      "cognito.get-credentials passed",
      "public.open passed",
      "private.unsigned passed",
      "private.tampered passed",
      "private.no-session-token passed",
      "private.expired-signature passed",
      "private.wrong-region passed",
      "cognito.guest passed",
      "private.signed passed",
      "identity.match passed",
    ]);
    expect(report).toMatchObject({ schemaVersion: 1, stage: "prod", passed: true });
    expect(report.identityId).toBe(await identityOf("alice"));
    expect(code).toBe(0);
  });

  test("/public needs no signature", async () => {
    const { code, stdout } = await world.cli.run(["call", "/public", "--unsigned"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Hello stranger!" });
  });

  test("an unsigned call of /private is refused: exit 22, the body still on stdout", async () => {
    const { code, stdout, stderr } = await world.cli.run(["call", "/private", "--unsigned"]);
    expect(stdout).toBe('{"message":"Forbidden"}');
    expect(stderr).toContain("HTTP 403");
    expect(code).toBe(22);
  });

  test("an unknown route is 404: exit 22, or 0 with --no-fail", async () => {
    expect((await world.cli.run(["call", "/nowhere"])).code).toBe(22);
    const { code, stdout } = await world.cli.run(["call", "/nowhere", "--no-fail", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 404, body: '{"message":"Not Found"}' });
    expect(code).toBe(0);
  });

  test.each([
    ["a wrong PIN", "0000000\n", "verifier-refused"],
    ["an empty line", "\n", "verifier-refused"],
    ["no input", "", "login-cancelled"],
  ])("login with %s from a pipe: exit 4, and the stored login stays", async (_name, stdin, code) => {
    const result = await world.cli.run(["login", "--json"], { stdin });
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(`"code": "${code}"`);
    expect((await world.cli.run(["call", "/private"])).code).toBe(0);
  });

  test("no output holds a secret, and no file outside the stores does", async () => {
    const { cli, cloud, app } = world;
    const tokens = await cli.storedTokens();
    const secrets = new Set([cloud.environment["TWITTER_CONSUMER_SECRET"] ?? "missing"]);
    const remember = async (): Promise<void> => {
      for (const secret of await cli.storedSecrets()) secrets.add(secret);
    };
    await remember();
    const stdin = `${tokens.at(-1)?.token}\n${tokens.at(-1)?.secret}\n`;
    const outputs: string[] = [];
    for (const run of [
      () => cli.run(["call", "/private", "--verbose", "--debug"]),
      () => cli.run(["call", "/private", "--dry-run"]),
      () => cli.run(["call", "/private", "--trace"]),
      () => cli.run(["smoke", "--debug"]),
      () => cli.logIn("alice", ["--debug"]),
      () => cli.run(["login", "--with-token", "--force", "--debug"], { stdin }),
      () => cli.run(["status", "--debug"]),
      () => cli.run(["status", "--json"]),
      () => cli.run(["logout", "--user", "nobody", "--debug"]),
      // Its standard output is the secrets; nothing else of it is.
      async () => ({ stdout: "", stderr: (await cli.run(["credentials", "--debug"])).stderr }),
      () => cli.run(["credentials", "--format", "yaml", "--debug"]),
      () => cli.run(["logout", "--user", "bob", "--revoke", "--debug"]),
    ]) {
      const { stdout, stderr } = await run();
      outputs.push(stdout, stderr);
      await remember();
    }
    expect(secrets.size).toBeGreaterThanOrEqual(10);
    const printed = outputs.join("\n");
    expect(printed).toContain("debug: ");
    for (const secret of secrets) {
      for (const form of [
        secret,
        encodeURIComponent(secret),
        encodeURIComponent(encodeURIComponent(secret)),
        Buffer.from(secret).toString("base64"),
      ])
        expect(printed.includes(form), "a secret was printed").toBe(false);
    }

    // The consumer secret is in the deployed template, as the guide has it; nothing else may be anywhere.
    secrets.delete(cloud.environment["TWITTER_CONSUMER_SECRET"] ?? "");
    const stores = [join(cli.home, "config/auth-cli/sessions.json"), join(cli.home, "cache/auth-cli")];
    const files = [...filesUnder(cli.home), ...filesUnder(app.folder)].filter(
      (file) => !stores.some((store) => file.startsWith(store)),
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const text = readFileSync(file, "latin1");
      expect(
        [...secrets].some((secret) => text.includes(secret)),
        file,
      ).toBe(false);
    }
  });
});

/** The guide's own steps, with the programs that it uses, against the same deployment as auth-cli. */
describe.skipIf(python === undefined || curl === undefined)("the guide by hand, with aws and curl", () => {
  let outputs: StackOutputs;
  let login: string;
  let aws: AwsCli;

  beforeAll(async () => {
    aws = startAwsCli(python ?? "");
    outputs = await world.outputs();
    await world.cli.logIn("alice");
    const token = (await world.cli.storedTokens()).at(-1);
    login = `api.twitter.com=${token?.token};${token?.secret}`;
  });
  afterAll(() => aws.close());

  const cognito = (args: string[]) => {
    const endpoint = ["--endpoint-url", world.cloud.awsUrl, "--region", "us-east-1", "--output", "json"];
    const options = { cwd: world.app.folder, env: world.variables };
    return aws.run(["cognito-identity", ...args, ...endpoint], options);
  };

  async function succeed(args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await cognito(args);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  const status = ["--silent", "--write-out", "\n%{http_code}"];

  test("get-id, get-credentials-for-identity and curl --aws-sigv4 reach /private as the same identity", async () => {
    const { IdentityId } = await succeed([
      "get-id",
      "--identity-pool-id",
      outputs.IdentityPoolId,
      "--logins",
      login,
    ]);
    const identity = String(IdentityId);
    const { Credentials } = await succeed([
      "get-credentials-for-identity",
      "--identity-id",
      identity,
      "--logins",
      login,
    ]);
    const { AccessKeyId, SecretKey, SessionToken } = Credentials as Record<string, string>;
    const { stdout } = await runProgram(curl, [
      ...status,
      "--aws-sigv4",
      "aws:amz:us-east-1:execute-api",
      "--user",
      `${AccessKeyId}:${SecretKey}`,
      "--header",
      `x-amz-security-token: ${SessionToken}`,
      `${outputs.ApiEndpoint}/private`,
    ]);
    expect(stdout).toBe(`Hello ${identity}!\n200`);
    expect((await world.cli.run(["call", "/private"])).stdout).toBe(`Hello ${identity}!`);
  });

  test("an unsigned curl of /private is forbidden, /public is open", async () => {
    const forbidden = await runProgram(curl, [...status, `${outputs.ApiEndpoint}/private`]);
    expect(forbidden.stdout).toBe('{"message":"Forbidden"}\n403');
    const open = await runProgram(curl, [...status, `${outputs.ApiEndpoint}/public`]);
    expect(open.stdout).toBe("Hello stranger!\n200");
  });

  test("the guide's colon in place of the semicolon is refused", async () => {
    const { code, stderr } = await cognito([
      "get-id",
      "--identity-pool-id",
      outputs.IdentityPoolId,
      "--logins",
      login.replace(";", ":"),
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

describe("two stages", () => {
  let first: StackOutputs;

  beforeAll(async () => {
    first = await world.outputs();
    await world.deploy("dev");
  });

  const noKeys = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

  test("each is found in the outputs file, in CloudFormation or in its login", async () => {
    const [dev, prod] = [
      await world.cli.logIn("alice", ["--stage", "dev"]),
      await world.cli.logIn("alice", ["--stage", "prod"]),
    ];
    expect([dev.code, prod.code]).toEqual([0, 0]);
    expect(await endpointSource("dev")).toMatch(/outputs\.json$/);
    expect(await endpointSource("prod")).toBe("the last login to prod");
    expect((await world.cli.run(["smoke", "--stage", "prod"], { variables: noKeys })).code).toBe(0);
    expect((await world.cli.run(["smoke", "--stage", "dev"], { variables: noKeys })).code).toBe(0);
  });

  test("without a login CloudFormation is asked, with the deployer's credentials only", async () => {
    const fresh = { XDG_CONFIG_HOME: `${world.cli.home}/fresh` };
    const { stderr } = await world.cli.run(["call", "/private", "--stage", "prod"], { variables: fresh });
    expect(stderr).toContain("not logged in to prod");
    const without = await world.cli.run(["call", "/private", "--stage", "prod"], {
      variables: { ...fresh, ...noKeys },
    });
    expect(without.stderr).toContain("the stage prod is not in");
    expect(without.code).toBe(2);
  });

  test("a stage that was never deployed is unknown", async () => {
    const { code, stderr } = await world.cli.run(["smoke", "--stage", "qa"]);
    expect({ code, stderr }).toMatchObject({ code: 2 });
  });

  test("after its stage is removed the endpoint no longer answers: exit 3, and the other stage does", async () => {
    const dev = await world.outputs();
    expect(dev.ApiEndpoint).not.toBe(first.ApiEndpoint);
    expect(dev.IdentityPoolId).not.toBe(first.IdentityPoolId);
    await world.remove("dev");
    await expect(fetch(`${dev.ApiEndpoint}/public`)).rejects.toThrow("fetch failed");
    expect((await fetch(`${first.ApiEndpoint}/public`)).status).toBe(200);
    const result = await world.cli.run(["call", "/private"]);
    expect(result.stderr).toContain("nothing listens on that address");
    expect(result.code).toBe(3);
  });
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function identityOf(user: string): Promise<string> {
  const { code, stdout, stderr } = await world.cli.run(["call", "/private", "--user", user]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const [, id = ""] = /^Hello (\S+)!$/.exec(stdout.trim()) ?? [];
  expect(id).toMatch(identityId);
  return id;
}

/** With the deployer's environment. */
function runProgram(command: string | undefined, args: string[]): Promise<ProcessResult> {
  return runProcess(command ?? "", args, { env: world.variables });
}

/** Where auth-cli finds the endpoint of a stage. */
async function endpointSource(stage: string, variables = {}): Promise<string> {
  const { stdout, stderr } = await world.cli.run(["status", "--json", "--stage", stage], { variables });
  if (stdout === "") return stderr;
  return (JSON.parse(stdout) as { sources: { apiEndpoint: string } }).sources.apiEndpoint;
}
