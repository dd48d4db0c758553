import { describe, expect, it } from "vitest";
import { cognitoRefusal, twitterRefusal } from "../../../test/fakes/scripted-services.ts";
import { authCli, createWorld, reportedError, runIn, steps } from "../../../test/fakes/world.ts";

const revoked = {
  "twitter.token": () => twitterRefusal(89, "Invalid or expired token."),
  "twitter.verify_credentials": () => twitterRefusal(89, "Invalid or expired token."),
  "cognito.get-credentials": () => cognitoRefusal("NotAuthorizedException", "Invalid login token. Revoked."),
};

describe("status --check", () => {
  it("asks Twitter and Cognito, and renews the credentials", async () => {
    const world = createWorld({ loggedIn: true });
    await runIn(["call", "/private", "-o", "/dev/null"], world);
    const before = world.environment.requests.length;
    const ran = await runIn(["status", "--check", "--json"], world);
    const asked = steps(ran).slice(before);
    expect(asked).toContain("cognito.get-credentials");
    expect(asked.some((step) => step.startsWith("twitter."))).toBe(true);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      check: { twitter: "accepted", cognito: "accepted", errors: [] },
      credentialsFresh: true,
    });
    expect((await authCli(["status", "--check"], { loggedIn: true })).stdout).toMatch(
      /^Twitter +accepts the login\nCognito +accepts the login$/m,
    );
  });

  it("reports what is refused, after the status", async () => {
    const ran = await authCli(["status", "--check", "--json"], { loggedIn: true, answers: revoked });
    expect(ran.code).toBe(4);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      screenName: "alice",
      check: { twitter: "refused", cognito: "refused", errors: [{ reason: "token-revoked" }, {}] },
    });
    expect(reportedError(ran)).toMatchObject({
      reason: "token-revoked",
      fix: expect.stringContaining("login"),
    });
  });

  it("does not ask Twitter without a consumer key", async () => {
    const ran = await authCli(["status", "--check", "--json"], {
      loggedIn: true,
      variables: { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" },
    });
    expect(JSON.parse(ran.stdout)).toMatchObject({ check: { twitter: "not asked", cognito: "accepted" } });
  });
});

describe("status --all", () => {
  it("lists every stored login, and sends nothing", async () => {
    const ran = await authCli(["status", "--all"], { loggedIn: true });
    expect([ran.code, steps(ran)]).toEqual([0, []]);
    expect(ran.stdout).toMatch(/^\* @alice {2}prod {2}us-east-1:\S+ {2}2026-03-01T11:00:00.000Z\n$/);
    const json = await authCli(["status", "--all", "--json"], { loggedIn: true });
    expect(JSON.parse(json.stdout)).toMatchObject({
      logins: [{ stage: "prod", screenName: "alice", userId: "42", current: true }],
    });
    expect((await authCli(["status", "--all"])).stdout).toBe("no login is stored on this computer\n");
  });

  it.each([["--check"], ["--user", "alice"]])("refuses %s", async (...flag) => {
    const ran = await authCli(["status", "--all", ...flag, "--json"], { loggedIn: true });
    expect([ran.code, reportedError(ran)["code"]]).toEqual([2, "invalid-usage"]);
  });
});

describe("a token from the environment", () => {
  const { services } = createWorld({});
  const { token, secret } = services.tokenCredentials;
  const variables = { TWITTER_ACCESS_TOKEN: token, TWITTER_ACCESS_TOKEN_SECRET: secret };
  const fix =
    "set a new token in TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET, or unset both and run `auth-cli login`";

  it.each([["call", "/private"], ["credentials"], ["status", "--check"]])(
    "is named in the fix of %s",
    async (...args) => {
      const ran = await authCli([...args, "--json"], { answers: revoked, variables });
      expect(reportedError(ran)).toMatchObject({
        fix,
        evidence: expect.arrayContaining([
          "the token comes from the environment variable TWITTER_ACCESS_TOKEN",
        ]),
      });
    },
  );

  it("is named in the fixes of smoke", async () => {
    const ran = await authCli(["smoke", "--json"], { answers: revoked, variables });
    const { checks } = JSON.parse(ran.stdout) as {
      checks: { name: string; status: string; error?: { fix?: string } }[];
    };
    const failed = checks.filter(({ status }) => status === "failed");
    expect(failed.map(({ name, error }) => [name, error?.fix])).toEqual([
      ["twitter.token", fix],
      ["cognito.get-id", fix],
    ]);
  });

  it("of another provider is named in the fix", async () => {
    const ran = await authCli(["call", "/private", "--json"], {
      variables: {
        AUTH_CLI_LOGIN: "accounts.google.com=env:GOOGLE_ID_TOKEN",
        GOOGLE_ID_TOKEN: "abc.def.ghi",
      },
    });
    expect(reportedError(ran)["fix"]).toContain(
      "set a new token in GOOGLE_ID_TOKEN, or unset AUTH_CLI_LOGIN and run `auth-cli login --login accounts.google.com=-`",
    );
  });
});
