import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { configFile, reply, sentHeader } from "../../../test/fakes/fake-environment.ts";
import { twitterRefusal } from "../../../test/fakes/scripted-services.ts";
import {
  authCli,
  createWorld,
  type Ran,
  reportedError,
  runIn,
  steps,
  type World,
} from "../../../test/fakes/world.ts";

const stored = ({ environment }: Pick<Ran, "environment">): string[] => {
  const text = environment.fileTexts()[configFile] ?? '{"sessions":[]}';
  return (JSON.parse(text) as { sessions: { screenName: string; stage: string }[] }).sessions.map(
    ({ screenName, stage }) => `${screenName} ${stage}`,
  );
};
const cached = ({ environment }: Pick<Ran, "environment">): string[] =>
  Object.keys(environment.fileTexts()).filter((path) => path.includes("/.cache/"));

/** alice and bob in prod, alice in dev, each with AWS credentials; alice in prod is the newest. */
async function threeLogins(options: World = {}) {
  const world = createWorld({ loggedIn: true, ...options });
  const { environment, services } = world;
  const { sessions } = JSON.parse(environment.fileTexts()[configFile] ?? "") as { sessions: [object] };
  const [alice] = sessions;
  const bob = { ...alice, screenName: "bob", userId: "43" };
  const dev = { ...alice, stage: "dev", identityPoolId: "us-east-1:00000000-0000-0000-0000-000000000000" };
  environment.addFile(configFile, JSON.stringify({ version: 2, sessions: [dev, bob, alice] }));
  for (const args of [
    ["--user", "alice"],
    ["--user", "bob"],
    ["--stage", "dev"],
  ])
    expect((await runIn(["call", "/private", ...args], world)).code).toBe(0);
  expect(cached(world)).toHaveLength(3);
  return { world, services };
}

describe("logout", () => {
  it("refuses one user together with --all", async () => {
    const ran = await authCli(["logout", "--user", "alice", "--all", "--json"], { loggedIn: true });
    expect([ran.code, reportedError(ran)["code"]]).toEqual([2, "invalid-usage"]);
    expect(ran.environment.fileTexts()[configFile]).toContain("alice");
  });

  it("exits with 4 without a stored login", async () => {
    for (const args of [["logout"], ["logout", "--revoke"]]) {
      const ran = await authCli([...args, "--json"]);
      expect(ran.code).toBe(4);
      expect(reportedError(ran)["code"]).toBe("not-logged-in");
    }
  });

  it.each([[[]], [["--revoke"]]])("exits with 0 for --all without a stored login %s", async (more) => {
    const text = await authCli(["logout", "--all", ...more]);
    expect([text.code, text.stdout, text.stderr]).toEqual([0, "no login is stored on this computer\n", ""]);
    const json = await authCli(["logout", "--all", "--json", ...more]);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toEqual({ loggedOut: [], revoked: false });
  });

  it.each([
    ["outside a deployed project", [], "/elsewhere"],
    ["of a stage that was removed", ["--stage", "qa"], "/project"],
  ])("suggests --all %s", async (_name, flags, workingDirectory) => {
    const world = createWorld({ loggedIn: true });
    Object.assign(world.environment, { workingDirectory });
    const ran = await runIn(["logout", ...flags], world);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("fix: run `auth-cli logout --all` to remove every login on this computer\n");
    expect(ran.stderr).not.toContain("sst deploy");
    expect(stored(ran)).toEqual(["alice prod"]);
  });

  it("removes only the last login to the stage and its AWS credentials", async () => {
    const { world } = await threeLogins();
    const ran = await runIn(["logout", "--stage", "prod"], world);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("Logged out @alice from prod\n");
    expect(stored(ran)).toEqual(["alice dev", "bob prod"]);
    expect(cached(ran)).toHaveLength(2);
    // Only --revoke sends a request.
    expect(steps(ran).filter((step) => step.startsWith("twitter."))).toEqual([]);
  });

  it.each([["bob"], ["@BOB"], ["43"]])("removes the login of --user %s", async (user) => {
    const { world } = await threeLogins();
    const ran = await runIn(["logout", "--user", user], world);
    expect(stored(ran)).toEqual(["alice dev", "alice prod"]);
  });

  it("changes nothing for an unknown --user", async () => {
    const { world } = await threeLogins();
    const before = world.environment.fileTexts();
    const ran = await runIn(["logout", "--user", "carol", "--json"], world);
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toMatchObject({
      code: "not-logged-in",
      message: "carol is not logged in to prod",
    });
    expect(ran.environment.fileTexts()).toEqual(before);
  });

  it("removes every login with --all, in any folder", async () => {
    const { world } = await threeLogins();
    Object.assign(world.environment, { workingDirectory: "/elsewhere" });
    const ran = await runIn(["logout", "--all", "--json"], world);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout.slice(ran.stdout.indexOf("{")))).toEqual({
      loggedOut: [
        { stage: "dev", screenName: "alice", userId: "42" },
        { stage: "prod", screenName: "bob", userId: "43" },
        { stage: "prod", screenName: "alice", userId: "42" },
      ],
      revoked: false,
    });
    expect([stored(ran), cached(ran)]).toEqual([[], []]);
  });

  it("makes the next call fail with not-logged-in", async () => {
    const world = createWorld({ loggedIn: true });
    await runIn(["logout"], world);
    expect((await runIn(["call", "/private"], world)).code).toBe(4);
  });
});

describe("logout during a call", () => {
  it.each(["before the credentials are written", "while they are written"])(
    "leaves no AWS credentials: %s",
    async (moment) => {
      const world = createWorld({ loggedIn: true });
      const { environment, services } = world;
      const logOut = async (): Promise<void> => {
        expect((await runIn(["logout"], world)).code).toBe(0);
      };
      if (moment.startsWith("before")) {
        services.answers["cognito.get-credentials"] = async () => {
          await logOut();
          return undefined;
        };
      } else {
        const writePrivate = environment.files.writePrivate.bind(environment.files);
        environment.files.writePrivate = async (path, text) => {
          if (path.includes("/.cache/")) await logOut();
          await writePrivate(path, text);
        };
      }
      expect((await runIn(["call", "/private"], world)).code).toBe(0);
      expect([stored(world), cached(world)]).toEqual([[], []]);
    },
  );

  it("keeps what a login writes after it", async () => {
    const world = createWorld({ loggedIn: true });
    await runIn(["logout"], world);
    const { token, secret } = world.services.tokenCredentials;
    world.environment.type(`${token}\n${secret}\n`);
    expect((await runIn(["login", "--with-token"], world)).code).toBe(0);
    expect(cached(world)).toHaveLength(1);
  });
});

describe("logout --all", () => {
  it("removes the AWS credentials of a token in the environment too", async () => {
    const world = createWorld({ loggedIn: true });
    const { token, secret } = world.services.tokenCredentials;
    Object.assign(world.environment.variables, {
      TWITTER_ACCESS_TOKEN: token,
      TWITTER_ACCESS_TOKEN_SECRET: secret,
    });
    expect((await runIn(["call", "/private"], world)).code).toBe(0);
    expect(cached(world)).toHaveLength(1);
    expect((await runIn(["logout", "--all"], world)).code).toBe(0);
    expect(cached(world)).toEqual([]);
  });
});

describe("logout --all after a corrupt file of logins", () => {
  it("names the file that was set aside", async () => {
    const aside = `${configFile}.corrupt-12345678`;
    const ran = await authCli(["logout", "--all"], { loggedIn: true, files: { [aside]: "{" } });
    expect(ran.stderr).toBe(`note: ${aside} may hold earlier logins; remove it if you do not need it\n`);
    expect(ran.environment.fileTexts()).toHaveProperty([aside]);
  });
});

describe("logout --revoke", () => {
  it("revokes the token with a request signed by it", async () => {
    const ran = await authCli(["logout", "--revoke", "--json"], { loggedIn: true });
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ revoked: true });
    const [request] = ran.environment.requests;
    expect(request?.url.href).toBe("https://api.x.com/1.1/oauth/invalidate_token.json");
    expect(request && sentHeader(request, "authorization")).toContain(
      `oauth_token="${ran.services.tokenCredentials.token}"`,
    );
    expect(stored(ran)).toEqual([]);
  });

  it("succeeds for a token that Twitter no longer knows", async () => {
    const answers = { "twitter.invalidate_token": () => twitterRefusal(89, "Invalid or expired token.") };
    const ran = await authCli(["logout", "--revoke"], { loggedIn: true, answers });
    expect(ran.code).toBe(0);
    expect(stored(ran)).toEqual([]);
  });

  it.each([
    ["is down", () => reply(503, "over capacity"), 1],
    ["refuses the app", () => twitterRefusal(32, "Could not authenticate you."), 4],
    [
      "cannot be reached",
      () => Promise.reject(new AuthCliError("unreachable", { message: "connection refused" })),
      3,
    ],
  ])("removes nothing when Twitter %s", async (_name, answer, code) => {
    const answers = { "twitter.invalidate_token": answer };
    const ran = await authCli(["logout", "--revoke"], { loggedIn: true, answers });
    expect(ran.code).toBe(code);
    expect(stored(ran)).toEqual(["alice prod"]);
  });

  it("needs the consumer key and secret", async () => {
    const variables = { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" };
    const ran = await authCli(["logout", "--revoke", "--json"], { loggedIn: true, variables });
    expect(ran.code).toBe(2);
    expect(reportedError(ran)["code"]).toBe("missing-configuration");
    expect(stored(ran)).toEqual(["alice prod"]);
  });
});
