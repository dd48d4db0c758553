import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AwsCli, startAwsCli } from "@api-auth-twitter/test-support/aws-cli";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { findPython } from "@api-auth-twitter/test-support/python";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logInHere, type Ran, runHere } from "../../../test/run-here.ts";

const aws = findPeer("aws");
const python = findPython({ awscli: "awscli" });

let world: DeployedWorld;
beforeAll(async () => {
  world = await deployWorld("prod");
  await logInHere(world.cli, "alice");
});
afterAll(() => world.close());

describe.skipIf(python === undefined)("credentials and the aws CLI", () => {
  let home: string;
  let awsCli: AwsCli;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "auth-cli-aws-"));
    awsCli = startAwsCli(python ?? "");
  });
  afterAll(async () => {
    await awsCli.close();
    await rm(home, { recursive: true, force: true });
  });

  const runAws = (args: string[], variables: Record<string, string | undefined>): Promise<Ran> =>
    awsCli.run(args, {
      cwd: world.app.folder,
      env: { PATH: process.env["PATH"], HOME: home, AWS_EC2_METADATA_DISABLED: "true", ...variables },
    });

  test.each(["process", "env", "env-no-export", "powershell", "windows-cmd"])(
    "--format %s equals the output of `aws configure export-credentials`",
    async (format) => {
      const { stdout: json } = await runHere(world.cli, ["credentials"]);
      const keys = JSON.parse(json) as Record<string, string>;
      const theirs = await runAws(["configure", "export-credentials", "--format", format], {
        AWS_ACCESS_KEY_ID: keys["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY: keys["SecretAccessKey"],
        AWS_SESSION_TOKEN: keys["SessionToken"],
        AWS_CREDENTIAL_EXPIRATION: keys["Expiration"],
      });
      const ours = await runHere(world.cli, ["credentials", "--format", format]);
      expect(theirs.stderr).toBe("");
      expect(ours.stdout).toBe(theirs.stdout);
    },
  );

  test("--format fish is that of the aws CLI's documentation, with semicolons for `eval`", async () => {
    const [env, fish] = await Promise.all(
      ["env", "fish"].map((format) => runHere(world.cli, ["credentials", "--format", format])),
    );
    expect(fish?.stdout).toMatch(/^(set -gx AWS_\w+ \S+;\n){4}$/);
    expect(fish?.stdout).toBe(env?.stdout.replace(/^export (\w+)=/gm, "set -gx $1 ").replaceAll("\n", ";\n"));
  });

  test("credential_process gives `aws sts get-caller-identity` the assumed role", async () => {
    const config = join(home, "config");
    const command = `"${process.execPath}" "${authCliPath}" credentials --stage prod`;
    await writeFile(config, `[profile app]\nregion = us-east-1\ncredential_process = ${command}\n`);
    const {
      AWS_ACCESS_KEY_ID: _key,
      AWS_SECRET_ACCESS_KEY: _secret,
      AWS_SESSION_TOKEN: _token,
      ...variables
    } = world.cli.variables;
    const endpoint = ["--endpoint-url", world.cloud.awsUrl, "--output", "json", "--profile", "app"];
    for (const fresh of [true, false]) {
      if (!fresh) await world.cli.expireCredentials();
      const { code, stdout, stderr } = await runAws(["sts", "get-caller-identity", ...endpoint], {
        ...variables,
        HOME: home,
        AWS_CONFIG_FILE: config,
      });
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const { Arn } = JSON.parse(stdout) as { Arn: string };
      expect(Arn).toMatch(/^arn:aws:sts::\d{12}:assumed-role\/[\w-]+\/CognitoIdentityCredentials$/);
      const status = await runHere(world.cli, ["status", "--json"]);
      expect(Arn).toContain(`:assumed-role/${(JSON.parse(status.stdout) as { role: string }).role}/`);
    }
  });

  test("the aws CLI shows the error of auth-cli without a login", async () => {
    const config = join(home, "config-nobody");
    const command = `"${process.execPath}" "${authCliPath}" credentials --user nobody`;
    await writeFile(config, `[profile app]\nregion = us-east-1\ncredential_process = ${command}\n`);
    const { AWS_ACCESS_KEY_ID: _key, AWS_SECRET_ACCESS_KEY: _secret, ...variables } = world.cli.variables;
    const { code, stderr } = await runAws(["sts", "get-caller-identity", "--profile", "app"], {
      ...variables,
      AWS_CONFIG_FILE: config,
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain("nobody is not logged in");
  });

  test("a shell that evaluates the output signs as the identity", async () => {
    const script = `eval "$("$0" "$1" credentials --format env)" && exec "$2" sts get-caller-identity --endpoint-url "$3" --output text`;
    const { stdout, stderr } = await runProcess(
      "/bin/sh",
      ["-c", script, process.execPath, authCliPath, aws ?? "", world.cloud.awsUrl],
      { cwd: world.app.folder, env: { ...world.cli.variables } },
    );
    expect(stderr).toBe("");
    expect(stdout).toContain("/CognitoIdentityCredentials");
  });
});

describe("logout", () => {
  test("--revoke makes Twitter reject the token", async () => {
    const stdin =
      (await world.cli.storedTokens()).map(({ token, secret }) => `${token}\n${secret}\n`)[0] ?? "";
    const { code, stdout } = await runHere(world.cli, ["logout", "--revoke"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Logged out @alice from prod\n" });
    expect((await runHere(world.cli, ["status"])).code).toBe(4);
    const again = await runHere(world.cli, ["login", "--with-token", "--json"], { stdin });
    expect(again.code).toBe(4);
    expect(again.stderr).toContain('"code": "token-refused"');
  });

  test("--all exits with 0 the second time", async () => {
    for (const user of ["alice", "bob"]) expect((await logInHere(world.cli, user)).code).toBe(0);
    const first = await runHere(world.cli, ["logout", "--all"]);
    expect(first.stdout).toBe("Logged out @alice from prod\nLogged out @bob from prod\n");
    const second = await runHere(world.cli, ["logout", "--all", "--json"]);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toEqual({ loggedOut: [], revoked: false });
  });
});
