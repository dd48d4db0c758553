import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import type { SmokeReport } from "../src/commands/smoke/report.ts";

const identityId = /us-east-1:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

describe("the whole chain, through the built CLI and the real sst deploy", () => {
  let world: DeployedWorld;

  beforeAll(async () => {
    world = await deployWorld("prod", undefined, { bySst: true });
  });
  afterAll(() => world.close());

  const identityOf = async (user: string): Promise<string> => {
    const { code, stdout, stderr } = await world.cli.run(["call", "/private", "--user", user]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const [, id = ""] = /^Hello (\S+)!$/.exec(stdout.trim()) ?? [];
    expect(id).toMatch(identityId);
    return id;
  };

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

  test("after sst remove the endpoint no longer answers: exit 3", async () => {
    await world.remove("prod");
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
