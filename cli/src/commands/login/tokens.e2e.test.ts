import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logInHere, runHere } from "../../../test/run-here.ts";

const loggedIn = /^Logged in to prod as @alice, identity us-east-1:[0-9a-f-]{36}\n$/;

describe("login with an existing token", () => {
  let world: DeployedWorld;
  let token: { token: string; secret: string };
  const withoutConsumerKey = { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" };

  beforeAll(async () => {
    world = await deployWorld("prod");
    await logInHere(world.cli, "alice");
    const [stored] = await world.cli.storedTokens();
    if (stored === undefined) throw new Error("alice could not log in");
    token = stored;
    await runHere(world.cli, ["logout"]);
  });
  afterAll(() => world.close());

  const expectGone = async (): Promise<void> => {
    expect((await runHere(world.cli, ["logout", "--all"])).code).toBe(0);
    expect((await runHere(world.cli, ["call", "/private"])).code).toBe(4);
  };

  test.each([
    ["two lines", (): string => `${token.token}\n${token.secret}\n`],
    ["token;secret", (): string => `${token.token};${token.secret}`],
  ])("--with-token reads %s from standard input", async (_name, stdin) => {
    const { code, stdout, stderr } = await runHere(world.cli, ["login", "--with-token"], { stdin: stdin() });
    expect(stderr).toMatch(/Next: auth-cli call \/private --stage prod\n$/);
    expect(stdout).toMatch(loggedIn);
    expect(code).toBe(0);
    expect((await runHere(world.cli, ["call", "/private"])).stdout).toMatch(/^Hello us-east-1:/);
    await expectGone();
  });

  test("--with-token reads the token from the environment and stores it", async () => {
    const variables = { TWITTER_ACCESS_TOKEN: token.token, TWITTER_ACCESS_TOKEN_SECRET: token.secret };
    const { code, stdout } = await runHere(world.cli, ["login", "--with-token"], { variables });
    expect(stdout).toMatch(loggedIn);
    expect(code).toBe(0);
    expect((await runHere(world.cli, ["call", "/private"])).stdout).toMatch(/^Hello us-east-1:/);
    await expectGone();
  });

  test("--with-token needs no consumer key", async () => {
    const { code, stdout } = await runHere(world.cli, ["login", "--with-token", "--json"], {
      stdin: `${token.token};${token.secret}`,
      variables: withoutConsumerKey,
    });
    expect(code).toBe(0);
    const userId = token.token.split("-")[0];
    expect(JSON.parse(stdout)).toMatchObject({ stage: "prod", userId, screenName: userId });
    await expectGone();
  });

  test("--with-token exits with 4 and stores nothing for a revoked token", async () => {
    const { code, stderr } = await runHere(world.cli, ["login", "--with-token", "--json"], {
      stdin: `${token.token}x;${token.secret}`,
    });
    expect(stderr).toContain('"code": "token-refused"');
    expect(code).toBe(4);
    expect((await runHere(world.cli, ["call", "/private"])).code).toBe(4);
  });

  test("--from-twurl uses twurl's default profile without a consumer key in the environment", async () => {
    const consumerKey = world.cloud.environment["TWITTER_CONSUMER_KEY"];
    const twurlrc = `---
profiles:
  alice:
    ${consumerKey}:
      username: alice
      consumer_key: ${consumerKey}
      consumer_secret: ${world.cloud.environment["TWITTER_CONSUMER_SECRET"]}
      token: ${token.token}
      secret: ${token.secret}
configuration:
  default_profile:
  - alice
  - ${consumerKey}
`;
    await writeFile(join(world.cli.home, ".twurlrc"), twurlrc, { mode: 0o600 });
    const { code, stdout, stderr } = await runHere(world.cli, ["login", "--from-twurl"], {
      variables: withoutConsumerKey,
    });
    expect(stderr).toMatch(/Next: auth-cli call \/private --stage prod\n$/);
    expect(stdout).toMatch(loggedIn);
    expect(code).toBe(0);
    expect((await runHere(world.cli, ["call", "/private"])).stdout).toMatch(/^Hello us-east-1:/);
    await expectGone();
  });
});
