import { describe, expect, it } from "vitest";
import { configFile } from "../../../test/fakes/fake-environment.ts";
import { createWorld, type Ran, reportedError, runIn, steps } from "../../../test/fakes/world.ts";

interface Profile {
  username: string;
  consumer_key: string;
  consumer_secret: string;
  token: string;
  secret: string;
}

/** Psych quotes a string that YAML would read as another type. */
function scalar(value: string): string {
  const special = /^(\d[\d_]*|\d+e\d+|y|n|yes|no|on|off|true|false|null|~)$/i;
  return special.test(value) ? `'${value}'` : value;
}

/**
 * A file in twurl's form: `data.to_yaml` of lib/twurl/rcfile.rb with profiles from `to_hash` of lib/twurl/oauth_client.rb.
 * Ruby's Psych does not indent a list in a map.
 */
function twurlrc(profiles: readonly Profile[], chosen: Profile | undefined = profiles[0]): string {
  const names = [...new Set(profiles.map(({ username }) => username))];
  const lines = names.flatMap((name) => [
    `  ${scalar(name)}:`,
    ...profiles
      .filter(({ username }) => username === name)
      .flatMap((profile) => [
        `    ${scalar(profile.consumer_key)}:`,
        ...Object.entries(profile).map(([key, value]) => `      ${key}: ${scalar(value as string)}`),
      ]),
  ]);
  const configuration =
    chosen === undefined
      ? ["configuration: {}"]
      : [
          "configuration:",
          "  default_profile:",
          `  - ${scalar(chosen.username)}`,
          `  - ${scalar(chosen.consumer_key)}`,
        ];
  return [
    "---",
    ...(lines.length === 0 ? ["profiles: {}"] : ["profiles:", ...lines]),
    ...configuration,
    "",
  ].join("\n");
}

const other: Profile = {
  username: "bob",
  consumer_key: "otherkey",
  consumer_secret: "othersecret",
  token: "43-othertoken",
  secret: "othertokensecret",
};

function createTwurlWorld(
  text: (alice: Profile) => string,
  { path = "/home/user/.twurlrc", interactive = false, loggedIn = false } = {},
) {
  const world = createWorld({ interactive, loggedIn });
  const { clientCredentials, tokenCredentials } = world.services;
  const alice: Profile = {
    username: "alice",
    consumer_key: clientCredentials.key,
    consumer_secret: clientCredentials.secret,
    token: tokenCredentials.token,
    secret: tokenCredentials.secret,
  };
  world.services.secrets.push(other.consumer_secret, other.secret);
  world.environment.addFile(path, text(alice));
  return world;
}

const logIn = (
  text: (alice: Profile) => string,
  args: string[] = [],
  options: Parameters<typeof createTwurlWorld>[1] = {},
): Promise<Ran> => runIn(["login", "--from-twurl", ...args], createTwurlWorld(text, options));

describe("login --from-twurl", () => {
  it("uses the default profile of ~/.twurlrc without a request to Twitter", async () => {
    const ran = await logIn((alice) => twurlrc([other, alice], alice));
    expect(ran.stdout).toBe(`Logged in to prod as @alice, identity ${ran.services.identityId}\n`);
    expect(ran.stderr).toMatch(/Next: auth-cli call \/private --stage prod\n$/);
    expect(steps(ran)).toEqual(["cognito.get-id", "cognito.get-credentials"]);
    const { sessions } = JSON.parse(ran.environment.fileTexts()[configFile] ?? "") as {
      sessions: Record<string, unknown>[];
    };
    expect(sessions).toMatchObject([{ userId: "42", screenName: "alice" }]);
  });

  it("uses the profile of --user from a file relative to the working directory", async () => {
    const ran = await logIn(
      (alice) => twurlrc([other, alice], other),
      ["keys/my.twurlrc", "--user", "@Alice"],
      {
        path: "/project/keys/my.twurlrc",
      },
    );
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("as @alice");
  });

  it("selects one of a user's X apps by the default profile", async () => {
    const ran = await logIn((alice) => {
      const elsewhere = { ...alice, consumer_key: "123", consumer_secret: "unused", token: "42-unused" };
      return twurlrc([elsewhere, alice], alice);
    });
    expect(ran.code).toBe(0);
  });

  it.each<[string, string[]]>([
    ["", []],
    [" of --user", ["--user", "alice"]],
  ])("prefers the configured consumer key's profile%s to twurl's default", async (_of, args) => {
    const ran = await logIn((alice) => {
      const elsewhere = { ...alice, consumer_key: "otherkey", token: "42-unused" };
      return twurlrc([other, elsewhere, alice], args.length === 0 ? other : elsewhere);
    }, args);
    expect([ran.code, ran.stderr.includes("warning")]).toEqual([0, false]);
    expect(ran.stdout).toContain("as @alice");
  });

  it("prefers the profile of --consumer-key", async () => {
    const ran = await logIn(
      (alice) => twurlrc([alice, { ...other, username: "alice", token: "42-other" }]),
      ["--consumer-key", "otherkey"],
    );
    // Cognito's pool belongs to the other app.
    expect(ran.code).toBe(4);
    expect(String(ran.environment.requests[0]?.body)).toContain("42-other");
  });

  it("accepts other entries of twurl, and names with a meaning in YAML", async () => {
    const ran = await logIn((alice) => {
      const rc = twurlrc([
        { ...alice, username: "123" },
        { ...alice, username: "no" },
      ]);
      return `${rc}bearer_tokens:\n  ${alice.consumer_key}: AAAA\naliases:\n  h: "/1.1/statuses/home_timeline.json"\n`;
    });
    expect(ran.stdout).toContain("as @123");
    const no = await logIn((alice) => twurlrc([{ ...alice, username: "no" }]), ["--user", "no"]);
    expect(no.stdout).toContain("as @no");
  });

  it("uses the only profile without a default", async () => {
    const ran = await logIn((alice) => twurlrc([alice]).replace(/configuration:.*/s, "configuration: {}\n"));
    expect(ran.code).toBe(0);
  });

  it("warns when the profile belongs to another X app than the configured one", async () => {
    const ran = await logIn((alice) => twurlrc([{ ...alice, consumer_key: "anotherkey" }]));
    expect(ran.stderr).toMatch(/^warning: twurl's token for @alice belongs to another X app/);
  });

  it.each<[string, (alice: Profile) => string, string[], RegExp]>([
    ["a user it does not have", (alice) => twurlrc([alice, other]), ["--user", "carol"], /alice, bob/],
    [
      "no default among several",
      (alice) => twurlrc([{ ...alice, consumer_key: "k2" }, other]).replace(/configuration:.*/s, ""),
      [],
      /alice, bob/,
    ],
    ["no profile", () => "---\nprofiles: {}\nconfiguration: {}\n", [], /it has no profiles/],
    [
      "several apps of the user",
      (alice) => twurlrc([{ ...alice, consumer_key: "k3" }, { ...alice, consumer_key: "k2" }, other], other),
      ["--user", "alice"],
      /k2/,
    ],
    ["a profile without a token", (alice) => twurlrc([alice]).replace(/ +token:.*\n/, ""), [], /no token/],
    ["an empty secret", (alice) => twurlrc([{ ...alice, secret: "''" }]), [], /no secret/],
    ["a token of another form", (alice) => twurlrc([{ ...alice, token: "abc" }]), [], /user id/],
    ["another YAML", () => "name: x\n", [], /no `profiles`/],
    ["a list", () => "- 1\n", [], /no `profiles`/],
    ["an empty file", () => "", [], /no(t YAML| `profiles`)/],
    ["invalid YAML", (alice) => `{ ${alice.secret}: [\n`, [], /not YAML/],
    ["a Ruby tag", (alice) => `--- !ruby/object:X\nsecret: ${alice.secret}\n`, [], /not YAML/],
    ["profiles that are strings", () => "profiles:\n  alice: x\n", [], /no profile/],
  ])("rejects %s with exit code 2 and without a secret", async (_name, text, args, cause) => {
    const ran = await logIn(text, [...args, "--json"]);
    expect(ran.code).toBe(2);
    const error = reportedError(ran);
    expect(error["code"]).toBe("invalid-configuration");
    expect(`${error["message"]}; ${error["cause"]}`).toMatch(cause);
    expect(ran.environment.requests).toEqual([]);
  });

  it("names the path of a missing file", async () => {
    const ran = await runIn(["login", "--from-twurl", "nowhere.yml"], createWorld({}));
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("error: /project/nowhere.yml does not exist\n");
  });

  it("lists a few of many profiles", async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({ ...other, username: `user${index}` }));
    const ran = await logIn(
      () => twurlrc(many).replace(/^configuration:[^]*/m, "configuration: {}\n"),
      ["--json"],
    );
    expect(reportedError(ran)["cause"]).toBe(
      "its profiles are user0, user1, user2, user3, user4 and 2995 more",
    );
  });

  it("does not parse a file of 300,000 profiles", async () => {
    const line = "  user:\n    key: {}\n";
    const ran = await logIn(() => `profiles:\n${line.repeat(300_000)}`, ["--json"]);
    expect(reportedError(ran)).toMatchObject({
      code: "invalid-configuration",
      cause: expect.stringMatching(/^it has \d+ bytes/) as string,
    });
  });
});
