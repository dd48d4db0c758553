import { beforeEach, describe, expect, it } from "vitest";
import { configFile } from "../../../test/fakes/fake-environment.ts";
import { cognitoRefusal } from "../../../test/fakes/scripted-services.ts";
import { createWorld, type Ran, reportedError, runIn, steps, type World } from "../../../test/fakes/world.ts";

const google = "accounts.google.com";
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An ID token in Google's form. It expires at 13:00 of the test's clock. Its signature is never verified. */
function idToken(claims: object = {}): string {
  const usual = {
    iss: `https://${google}`,
    sub: "1085",
    aud: "client-1",
    email: "carol@example.com",
    exp: Date.parse("2026-03-01T13:00:00Z") / 1000,
  };
  const signature = Buffer.from(`signature of ${JSON.stringify(claims)}`).toString("base64url");
  return `${encode({ alg: "RS256", kid: "1" })}.${encode({ ...usual, ...claims })}.${signature}`;
}

let token: string;
beforeEach(() => {
  token = idToken();
});

/** A world whose pool accepts the token. The token and its signature are secrets. */
function providerWorld(options: World = {}, provider = google) {
  const world = createWorld(options);
  world.services.providerTokens[provider] = token;
  world.services.secrets.push(token, token.split(".")[2] ?? token);
  return world;
}

async function logIn(
  options: World = {},
  args: string[] = [],
): Promise<{ world: ReturnType<typeof createWorld>; ran: Ran }> {
  const world = providerWorld({ input: `${token}\n`, ...options });
  const ran = await runIn(["login", "--login", `${google}=-`, ...args], world);
  return { world, ran };
}

/** Runs another command and returns only its own output. */
async function fresh(world: ReturnType<typeof createWorld>, args: string[]): Promise<Ran> {
  const before = { stdout: world.environment.stdout(), stderr: world.environment.stderr() };
  const ran = await runIn(args, world);
  return {
    ...ran,
    stdout: ran.stdout.slice(before.stdout.length),
    stderr: ran.stderr.slice(before.stderr.length),
  };
}

describe("login --login", () => {
  it("reads a token from standard input, and stores the login and its identity", async () => {
    const { ran } = await logIn();
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toBe(
      `Logged in to prod as carol@example.com (${google}), identity ${ran.services.identityId}\n`,
    );
    expect(ran.stderr).toContain(`note: the token of ${google} expires in 60 min;`);
    expect(steps(ran)).toEqual(["cognito.get-id", "cognito.get-credentials"]);
    expect(JSON.parse(ran.environment.fileTexts()[configFile] ?? "")).toMatchObject({
      version: 3,
      sessions: [
        {
          stage: "prod",
          provider: google,
          userId: "1085",
          name: "carol@example.com",
          identityId: ran.services.identityId,
          loginToken: { secret: token },
          tokenExpiresAt: "2026-03-01T13:00:00.000Z",
        },
      ],
    });
  });

  it.each([
    ["the environment", { variables: { GOOGLE_ID_TOKEN: "" } }],
    [".env", { files: {} }],
  ])("names %s as the source of the token", async (place, options) => {
    const given =
      place === ".env"
        ? { files: { "/project/.env": `GOOGLE_ID_TOKEN=${token}\n` } }
        : { variables: { GOOGLE_ID_TOKEN: token } };
    const world = providerWorld({ ...options, ...given });
    const ran = await runIn(["login", "--login", `${google}=env:GOOGLE_ID_TOKEN`], world);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toContain(
      `Token of ${google} from ${place === ".env" ? "/project/.env" : "the environment variable GOOGLE_ID_TOKEN"}`,
    );
  });

  it("asks on a terminal without echo", async () => {
    const { ran } = await logIn({ interactive: true });
    expect(ran.code).toBe(0);
    expect(ran.environment.secretQuestions).toEqual([`Token of ${google} (not shown): `]);
  });

  it("prints JSON without the token", async () => {
    const { ran } = await logIn({}, ["--json"]);
    expect(JSON.parse(ran.stdout)).toEqual({
      stage: "prod",
      provider: google,
      name: "carol@example.com",
      userId: "1085",
      tokenExpiration: "2026-03-01T13:00:00.000Z",
      identityId: ran.services.identityId,
      identityPoolId: ran.services.identityPoolId,
      expiration: "2026-03-01T13:00:00.000Z",
    });
  });

  it("accepts an opaque token, such as Facebook's", async () => {
    token = "EAABwzLixnjYBOZCfacebook";
    const world = providerWorld({ input: token }, "graph.facebook.com");
    const ran = await runIn(["login", "--login", "graph.facebook.com=-"], world);
    expect(ran.stdout).toContain(`as ${ran.services.identityId} (graph.facebook.com)`);
    expect(ran.stderr).not.toContain("note:");
    const status = await runIn(["status"], world);
    expect(status.stdout).toMatch(/^token +has no expiry$/m);
  });

  it.each([["token;secret"], ["two lines"]])("accepts a Twitter token as %s", async (shape) => {
    const world = createWorld({});
    const { tokenCredentials } = world.services;
    const pair = [tokenCredentials.token, tokenCredentials.secret];
    world.environment.type(pair.join(shape === "two lines" ? "\n" : ";"));
    const ran = await runIn(["login", "--login", "api.twitter.com=-"], world);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^Logged in to prod as @alice, /);
    expect(ran.environment.fileTexts()[configFile]).toContain('"version": 2');
  });

  it("reads a Twitter token only from the given variable", async () => {
    const world = createWorld({ variables: { TWITTER_ACCESS_TOKEN: "x", TWITTER_ACCESS_TOKEN_SECRET: "y" } });
    const { token: key, secret } = world.services.tokenCredentials;
    Object.assign(world.environment.variables, { MINE: `${key};${secret}` });
    expect((await runIn(["login", "--login", "api.twitter.com=env:MINE"], world)).code).toBe(0);
  });

  it.each<[string, string, string, RegExp]>([
    ["nothing", "", "login-cancelled", /standard input is empty/],
    ["a blank line", " \n", "login-cancelled", /standard input is empty/],
    ["the provider's whole response", '{"id_token":"TOKEN"}', "invalid-usage", /its member id_token/],
    ["a header", "Bearer TOKEN", "invalid-usage", /starts with Bearer/],
    ["quotes", '"TOKEN"', "invalid-usage", /enclosed in quotes/],
    ["two words", "TOKEN TOKEN", "invalid-usage", /white space/],
    ["too much", "x".repeat(50_001), "invalid-usage", /50001 characters; Cognito accepts 50000/],
  ])("rejects %s without sending a request", async (_name, input, code, cause) => {
    const { ran } = await logIn({ input: input.replaceAll("TOKEN", token) }, ["--json"]);
    expect(reportedError(ran)).toMatchObject({ code, step: "login.token" });
    expect(reportedError(ran)["cause"]).toMatch(cause);
    expect(ran.environment.requests).toEqual([]);
  });

  it.each([
    [() => `${google}=${token}`],
    [() => `${google}=env:${token}`],
    [() => token],
    [() => `${token}=-`],
    [() => `${google}=env:EAABwzLixnjYBOZC1234`],
  ])("never repeats a token from the command line", async (value) => {
    const typed = value();
    const world = providerWorld();
    const ran = await runIn(["login", "--login", typed, "--debug"], world);
    expect(ran.code).toBe(2);
    expect(ran.stdout + ran.stderr).not.toContain("EAABwzLixnjYBOZC1234");
  });

  it("names an unset variable", async () => {
    const ran = await runIn(["login", "--login", `${google}=env:GOOGLE_ID_TOKEN`], providerWorld());
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(
      "GOOGLE_ID_TOKEN is not set; it should hold the token of accounts.google.com",
    );
  });

  it.each([["--with-token"], ["--from-twurl"], ["--callback"]])("excludes %s", async (flag) => {
    expect((await runIn(["login", "--login", `${google}=-`, flag], providerWorld())).code).toBe(2);
  });

  it("stores the token in the keyring", async () => {
    const keyring = new Map<string, string>();
    const { world, ran } = await logIn({ keyring });
    expect([...keyring]).toEqual([[`${ran.services.identityPoolId}/${google}/1085`, token]]);
    expect(Object.values(ran.environment.fileTexts()).join("\n")).not.toContain(token);
    world.environment.clock.ms += 58 * 60_000;
    expect((await runIn(["call", "/private"], world)).code).toBe(0);
    const entries = new Map(keyring);
    keyring.clear();
    world.environment.clock.ms += 58 * 60_000;
    const gone = await fresh(world, ["call", "/private", "--json"]);
    expect(reportedError(gone)).toMatchObject({
      code: "not-logged-in",
      message: "the OS keyring no longer has the token of carol@example.com",
      fix: `run \`auth-cli login --login ${google}=-\``,
    });
    for (const [account, secret] of entries) keyring.set(account, secret);
    expect((await runIn(["logout"], world)).code).toBe(0);
    expect(keyring.size).toBe(0);
  });
});

describe("a login by another provider", () => {
  it("works for call and smoke", async () => {
    const { world } = await logIn();
    expect((await runIn(["call", "/private"], world)).code).toBe(0);
    const smoke = await fresh(world, ["smoke", "--json"]);
    expect(smoke.code, smoke.stdout).toBe(0);
    const { checks, passed } = JSON.parse(smoke.stdout) as {
      passed: boolean;
      checks: { name: string; status: string; error?: { message: string } }[];
    };
    expect(passed).toBe(true);
    expect(checks.filter(({ status }) => status !== "passed")).toMatchObject([
      {
        name: "twitter.token",
        status: "skipped",
        error: { message: `the login is from ${google}, so Twitter does not know its token` },
      },
    ]);
  });

  it.each(["carol@example.com", "Carol@Example.com", "1085"])("is selected by --user %s", async (user) => {
    const { world } = await logIn({ loggedIn: true });
    const { stdout } = await fresh(world, ["status", "--json", "--user", user]);
    expect(JSON.parse(stdout)).toMatchObject({ provider: google, name: "carol@example.com" });
    const alice = await fresh(world, ["status", "--json", "--user", "alice"]);
    expect(JSON.parse(alice.stdout)).toMatchObject({ provider: "api.twitter.com", screenName: "alice" });
  });

  it("shows in status with provider, user and expiry of the token", async () => {
    const { world } = await logIn();
    const before = await fresh(world, ["status"]);
    expect(before.stdout).toMatch(/^user +carol@example\.com \(accounts\.google\.com, user 1085\) /m);
    expect(before.stdout).toMatch(/^token +expires in 60 min +\(2026-03-01T13:00:00\.000Z\)$/m);
    expect(before.stdout).not.toMatch(/^(Twitter|consumer key) /m);
    world.environment.clock.ms += 3 * 3_600_000;
    const { stdout } = await fresh(world, ["status"]);
    expect(stdout).toMatch(/^token +expired 120 min ago; log in again +\(/m);
    expect(stdout).toMatch(/^credentials +expired 120 min ago; log in again +\(/m);
  });

  it("ends with its token: renewing AWS credentials then fails with a fix", async () => {
    const { world } = await logIn();
    world.environment.clock.ms += 3_600_000;
    world.services.answers["cognito.get-credentials"] = () =>
      cognitoRefusal(
        "NotAuthorizedException",
        "Invalid login token. Token expired: 1772373600 >= 1772370000",
      );
    const ran = await fresh(world, ["call", "/private", "--json"]);
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toMatchObject({
      code: "login-expired",
      step: "cognito.get-credentials",
      cause: `the token of ${google} has expired: it was valid until 2026-03-01T13:00:00.000Z`,
      fix: `get a new token from the provider and run \`auth-cli login --login ${google}=-\``,
    });
    world.services.answers["cognito.get-id"] = world.services.answers["cognito.get-credentials"];
    const smoke = await fresh(world, ["smoke", "--json"]);
    expect(smoke.code).toBe(1);
    const { checks } = JSON.parse(smoke.stdout) as { checks: { name: string; error?: { code: string } }[] };
    expect(checks.find(({ name }) => name === "cognito.get-id")?.error?.code).toBe("login-expired");
  });

  it("is removed by logout; --revoke prints that it supports only Twitter", async () => {
    const { world } = await logIn();
    const ran = await fresh(world, ["logout", "--revoke", "--json"]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toEqual({
      loggedOut: [{ stage: "prod", provider: google, name: "carol@example.com", userId: "1085" }],
      revoked: false,
    });
    expect(ran.stderr).toContain(`note: removed the token of ${google} without revoking it`);
    expect(JSON.parse(ran.environment.fileTexts()[configFile] ?? "")).toEqual({ version: 2, sessions: [] });
  });
});

describe("AUTH_CLI_LOGIN", () => {
  it("takes precedence over a Twitter token and a stored login", async () => {
    const world = providerWorld({
      loggedIn: true,
      variables: {
        AUTH_CLI_LOGIN: `${google}=env:GOOGLE_ID_TOKEN`,
        GOOGLE_ID_TOKEN: token,
        TWITTER_ACCESS_TOKEN: "x",
        TWITTER_ACCESS_TOKEN_SECRET: "y",
      },
    });
    const ran = await runIn(["call", "/private"], world);
    expect(ran.code, ran.stderr).toBe(0);
    expect(steps(ran)).toEqual(["cognito.get-id", "cognito.get-credentials", "api.call"]);
    const status = await fresh(world, ["status"]);
    expect(status.stdout).toMatch(
      /^user +a token of accounts\.google\.com +\(the environment variable GOOGLE_ID_TOKEN\)$/m,
    );
    expect(status.stdout).toMatch(/^token +expires in 60 min/m);
    const smoke = await fresh(world, ["smoke"]);
    expect(smoke.code).toBe(0);
    // --user selects a stored login.
    const alice = await fresh(world, ["status", "--user", "alice", "--json"]);
    expect(JSON.parse(alice.stdout)).toMatchObject({ screenName: "alice" });
  });

  it.each([
    [`${google}=-`, /cannot be read from standard input/],
    ["api.twitter.com=env:X", /set TWITTER_ACCESS_TOKEN and/],
    [`https://${google}=env:X`, /use `AUTH_CLI_LOGIN=accounts\.google\.com=env:X`/],
    [google, /write AUTH_CLI_LOGIN=accounts\.google\.com=env:NAME/],
    [`${google}=env:X`, /X is not set; it should hold the token/],
  ])("rejects %s", async (setting, says) => {
    const ran = await runIn(["call", "/private"], providerWorld({ variables: { AUTH_CLI_LOGIN: setting } }));
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(says);
    expect(ran.environment.requests).toEqual([]);
  });
});
