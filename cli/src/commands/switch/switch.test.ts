import { describe, expect, it } from "vitest";
import { configFile } from "../../../test/fakes/fake-environment.ts";
import { authCli, createWorld, reportedError, runIn } from "../../../test/fakes/world.ts";

/** alice logged in before bob. */
function twoUsers(variables: Record<string, string> = {}) {
  const world = createWorld({ loggedIn: true, variables });
  const file = JSON.parse(world.environment.fileTexts()[configFile] ?? "") as { sessions: object[] };
  const bob = { ...file.sessions[0], userId: "43", screenName: "bob" };
  world.environment.addFile(configFile, JSON.stringify({ version: 1, sessions: [...file.sessions, bob] }));
  return world;
}

describe("switch", () => {
  it("makes a stored login the one that other commands use", async () => {
    const world = twoUsers();
    const user = async (): Promise<string> => {
      const before = world.environment.stdout().length;
      await runIn(["status", "--json"], world);
      return (JSON.parse(world.environment.stdout().slice(before)) as { screenName: string }).screenName;
    };
    expect(await user()).toBe("bob");
    const { code, stdout } = await runIn(["switch", "@Alice"], world);
    expect([code, stdout.slice(stdout.indexOf("Switched"))]).toEqual([0, "Switched prod to @alice\n"]);
    expect(await user()).toBe("alice");
    await runIn(["switch", "43"], world);
    expect(await user()).toBe("bob");
    const { sessions } = JSON.parse(world.environment.fileTexts()[configFile] ?? "") as {
      sessions: object[];
    };
    expect(sessions).toHaveLength(2);
  });

  it("says that a token from the environment goes first", async () => {
    const { services } = createWorld({});
    const { token, secret } = services.tokenCredentials;
    const ran = await runIn(
      ["switch", "alice"],
      twoUsers({ TWITTER_ACCESS_TOKEN: token, TWITTER_ACCESS_TOKEN_SECRET: secret }),
    );
    expect([ran.code, ran.stderr]).toEqual([
      0,
      "note: the token from the environment variable TWITTER_ACCESS_TOKEN still goes before every stored login\n",
    ]);
  });

  it.each([
    [
      ["switch", "carol"],
      4,
      {
        code: "not-logged-in",
        message: "carol is not logged in to prod",
        fix: "run `auth-cli login --stage prod` as that user, or choose one of these",
      },
    ],
    [
      ["switch", "alice", "--user", "bob"],
      2,
      {
        code: "invalid-usage",
        message: "alice and --user bob contradict each other",
        fix: "leave out --user",
      },
    ],
  ])("refuses %j", async (args, code, error) => {
    const ran = await runIn([...args, "--json"], twoUsers());
    expect([ran.code, reportedError(ran)]).toMatchObject([code, error]);
  });

  it("needs a user", async () => {
    const ran = await authCli(["switch"], { loggedIn: true });
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("user")]);
  });
});
