import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { configFile, reply } from "../../../test/fakes/fake-environment.ts";
import {
  type Answer,
  cognitoRefusal,
  twitterRefusal,
  wrongPin,
} from "../../../test/fakes/scripted-services.ts";
import {
  authCli,
  createWorld,
  type Ran,
  reportedError,
  runIn,
  steps,
  type World,
} from "../../../test/fakes/world.ts";

const onTerminal = (input: string, answers: Record<string, Answer> = {}): World => ({
  interactive: true,
  input,
  answers,
});

/** The new token is valid. */
function revokedOnce(): Answer {
  let asked = 0;
  return () => (++asked === 1 ? twitterRefusal(89, "Invalid or expired token.") : undefined);
}

describe("login", () => {
  it("reads the PIN from a pipe, and stores the login and its identity", async () => {
    const ran = await authCli(["login"], { input: "012 3456\n" });
    const { services, environment } = ran;
    expect(ran.code).toBe(0);
    expect(ran.stdout).toBe(`Logged in to prod as @alice, identity ${services.identityId}\n`);
    expect(steps(ran)).toEqual([
      "twitter.request_token",
      "twitter.access_token",
      "cognito.get-id",
      "cognito.get-credentials",
    ]);
    // The URL stands alone on its line, and its only secret is the request token.
    const page = `https://api.x.com/oauth/authorize?oauth_token=${services.temporaryCredentials.token}`;
    expect(ran.stderr.split("\n")).toContain(page);
    expect(ran.stderr).not.toContain(services.pin);
    expect(JSON.parse(environment.fileTexts()[configFile] ?? "")).toEqual({
      version: 2,
      sessions: [
        {
          appName: "notes",
          stage: "prod",
          apiEndpoint: `${services.apiEndpoint}/`,
          identityPoolId: services.identityPoolId,
          userId: "42",
          screenName: "alice",
          identityId: services.identityId,
          tokenCredentials: services.tokenCredentials,
          loggedInAt: "2026-03-01T12:00:00.000Z",
        },
      ],
    });
    expect(environment.openedPages).toEqual([]);
  });

  it("prepares a call that sends only one request", async () => {
    const world = createWorld({ input: "0123456\n" });
    await runIn(["login"], world);
    const before = world.environment.requests.length;
    const { code } = await runIn(["call", "/private"], world);
    expect(code).toBe(0);
    expect(world.environment.requests.slice(before).map(({ step }) => step)).toEqual(["api.call"]);
  });

  it("prints JSON without secrets", async () => {
    const ran = await authCli(["login", "--json"], { input: "0123456\n" });
    expect(JSON.parse(ran.stdout)).toEqual({
      stage: "prod",
      provider: "api.twitter.com",
      screenName: "alice",
      userId: "42",
      identityId: ran.services.identityId,
      identityPoolId: ran.services.identityPoolId,
      expiration: "2026-03-01T13:00:00.000Z",
    });
  });

  it.each([
    [["login"], true, 1],
    [["login", "--no-browser"], true, 0],
    [["login"], false, 0],
  ])("%j (terminal: %s) opens %i browsers", async (args, interactive, opened) => {
    const ran = await authCli(args, { input: "0123456\n", interactive, browser: true });
    expect(ran.code).toBe(0);
    expect(ran.environment.openedPages).toHaveLength(opened);
    expect(ran.stderr).toContain(opened === 1 ? "Opening this page in your browser" : "Open this page");
  });

  it.each([
    ["https://api.x.com", "in a browser, on any computer"],
    ["http://127.0.0.1:4567", "in a browser on this computer"],
  ])("says where a browser reaches the page of %s", async (origin, where) => {
    const token = "oauth_token=request&oauth_token_secret=secret&oauth_callback_confirmed=true";
    const answers = { "twitter.request_token": () => reply(200, token) };
    const ran = await authCli(["login"], { input: "", variables: { TWITTER_API_URL: origin }, answers });
    expect(ran.stderr).toContain(
      `Open this page ${where}, and authorize the app:\n${origin}/oauth/authorize`,
    );
  });

  it("asks again after a wrong PIN, up to three times", async () => {
    const ran = await authCli(["login"], onTerminal("1111111\n2222222\n0123456\n"));
    expect(ran.code).toBe(0);
    expect(ran.stderr.match(/Twitter rejected this PIN/g)).toHaveLength(2);
  });

  it("fails after three wrong PINs and keeps the stored login", async () => {
    const ran = await authCli(["login", "--force"], { ...onTerminal("1\n2\n3\n0123456\n"), loggedIn: true });
    expect(ran.code).toBe(4);
    expect(steps(ran).filter((step) => step === "twitter.access_token")).toHaveLength(3);
    expect(ran.stderr).toMatch(/error: twitter\.access_token: .*Invalid oauth_verifier/);
    expect(ran.environment.fileTexts()[configFile]).toContain("2026-03-01T11:00:00.000Z");
  });

  it("does not read a second PIN from a pipe", async () => {
    const ran = await authCli(["login"], { input: "1111111\n0123456\n" });
    expect(ran.code).toBe(4);
    expect(steps(ran)).toEqual(["twitter.request_token", "twitter.access_token"]);
  });

  it("asks again for an invalid PIN without sending it to Twitter", async () => {
    const ran = await authCli(["login"], onTerminal("\nwhat?!\n0123456\n"));
    expect(ran.code).toBe(0);
    expect(steps(ran).filter((step) => step === "twitter.access_token")).toHaveLength(1);
  });

  it.each([
    ["no input", "", 4, "login-cancelled"],
    ["an empty line from a pipe", "\n", 4, "verifier-refused"],
    ["words from a pipe", "no, thanks!\n", 4, "verifier-refused"],
  ])("fails on %s", async (_name, input, code, errorCode) => {
    const ran = await authCli(["login", "--json"], { input });
    expect(ran.code).toBe(code);
    expect(reportedError(ran)).toMatchObject({ code: errorCode, step: "twitter.authorize" });
    expect(ran.environment.fileTexts()[configFile]).toBeUndefined();
  });

  it.each<[string, Record<string, Answer>, number, string]>([
    [
      "a login that was denied on the page",
      { "twitter.access_token": () => reply(401, "Reverse auth credentials are invalid") },
      4,
      "temporary-credentials-refused",
    ],
    [
      "a wrong consumer key",
      { "twitter.request_token": () => twitterRefusal(32, "Could not authenticate you.") },
      4,
      "client-credentials-refused",
    ],
    ["a page of a WiFi", { "twitter.request_token": () => reply(200, "<html>") }, 1, "unexpected-reply"],
    [
      "a pool of another consumer key",
      { "cognito.get-id": () => cognitoRefusal("NotAuthorizedException", "Invalid login token. No.") },
      4,
      "pool-configuration",
    ],
    [
      "a pool without roles",
      {
        "cognito.get-credentials": () =>
          cognitoRefusal("InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration."),
      },
      4,
      "pool-configuration",
    ],
    [
      "a network that fails",
      {
        "cognito.get-id": () => {
          throw new AuthCliError("unreachable", { step: "cognito.get-id", message: "cannot reach it" });
        },
      },
      3,
      "unreachable",
    ],
  ])("fails on %s and stores nothing", async (_name, answers, code, errorCode) => {
    const ran = await authCli(["login", "--json"], { input: "0123456\n", answers });
    expect(ran.code).toBe(code);
    expect(reportedError(ran)["code"]).toBe(errorCode);
    expect(Object.keys(ran.environment.fileTexts()).filter((path) => path.startsWith("/home"))).toEqual([]);
  });

  it("asks again only after a wrong PIN, not after other errors", async () => {
    let tries = 0;
    const answer: Answer = () =>
      ++tries === 1 ? wrongPin() : twitterRefusal(89, "Invalid or expired token.");
    const ran = await authCli(["login"], onTerminal("1\n2\n3\n", { "twitter.access_token": answer }));
    expect([ran.code, tries]).toEqual([4, 2]);
  });

  it.each([["y\n0123456\n"], ["YES\n0123456\n"]])(
    "asks before it replaces a login: %j continues",
    async (input) => {
      const ran = await authCli(["login"], { ...onTerminal(input), loggedIn: true });
      expect(ran.stderr).toMatch(/^Already logged in to prod as @alice\.\nLog in again\? \(y\/N\) /);
      expect(ran.stdout).toMatch(/^Logged in to prod as @alice/);
      expect(ran.environment.fileTexts()[configFile]).toContain("2026-03-01T12:00:00.000Z");
    },
  );

  it("leaves the login with another API of the same pool valid", async () => {
    const input = "y\n0123456\n";
    const world = createWorld({ ...onTerminal(input), loggedIn: true });
    const { apiEndpoint } = world.services;
    const ran = await runIn(["login", "--endpoint", "https://other.example"], world);
    expect(ran.stderr).toContain(`note: the earlier login, with the API ${apiEndpoint}, stays valid\n`);
    const called = await runIn(["call", "/private"], world);
    expect([called.code, called.environment.requests.at(-1)?.url.origin]).toEqual([0, apiEndpoint]);
    const same = await authCli(["login"], { ...onTerminal(input), loggedIn: true });
    expect(same.stderr).not.toContain("stays valid");
  });

  it("does not ask about a login with another API, which the other commands refuse", async () => {
    const world = createWorld({ ...onTerminal("0123456\n"), loggedIn: true });
    const [file] = Object.entries(world.environment.fileTexts()).filter(([path]) =>
      path.endsWith("outputs.json"),
    );
    const { apiEndpoint } = world.services;
    world.environment.addFile(
      file?.[0] ?? "",
      (file?.[1] ?? "").replace(apiEndpoint, "https://other.example"),
    );
    const ran = await runIn(["login"], world);
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringMatching(/^Logged in to prod as @alice/)]);
    expect(ran.stderr).toMatch(/^Already logged in to prod as @alice\.\nOpen this page/);
  });

  it.each([["n\n"], ["\n"], [""], ["yesterday\n"]])(
    "asks before it replaces a login: %j changes nothing",
    async (input) => {
      const ran = await authCli(["login"], { ...onTerminal(input), loggedIn: true });
      expect(ran.code).toBe(0);
      expect(ran.stdout).toBe(`Still logged in to prod as @alice, identity ${ran.services.identityId}\n`);
      expect(steps(ran)).toEqual(["twitter.token"]);
      expect(ran.environment.fileTexts()[configFile]).toContain("2026-03-01T11:00:00.000Z");
    },
  );

  it("does not ask about a login that Twitter refuses, and logs in again", async () => {
    const ran = await authCli(["login"], {
      ...onTerminal("0123456\n"),
      loggedIn: true,
      answers: { "twitter.token": revokedOnce() },
    });
    expect(ran.stderr).toMatch(
      /^Already logged in to prod as @alice\.\nThat login no longer works: .+\nOpen/,
    );
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringMatching(/^Logged in to prod as @alice/)]);
  });

  it("asks about a login when Twitter does not answer", async () => {
    const answers = { "twitter.token": () => reply(503, "over capacity") };
    const ran = await authCli(["login"], { ...onTerminal("n\n"), loggedIn: true, answers });
    expect(ran.stdout).toMatch(/^Still logged in/);
  });

  it.each([
    [["login", "--force"], true, /^Open this page/],
    [["login"], false, /^Already logged in to prod as @alice\.\nOpen this page/],
    [["login", "--user", "bob"], true, /^Open this page/],
  ])("%j (terminal: %s) does not ask", async (args, interactive, said) => {
    const ran = await authCli(args, { input: "0123456\n", interactive, loggedIn: true });
    expect(ran.stdout).toMatch(/^Logged in to prod/);
    expect(ran.stderr).toMatch(said);
  });

  it("prints JSON for the login that stays", async () => {
    const ran = await authCli(["login", "--json"], { ...onTerminal("n\n"), loggedIn: true });
    expect(JSON.parse(ran.stdout)).toEqual({
      stage: "prod",
      provider: "api.twitter.com",
      screenName: "alice",
      userId: "42",
      identityId: ran.services.identityId,
      identityPoolId: ran.services.identityPoolId,
    });
  });
});

describe("the consumer key and secret", () => {
  const unset = { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" };
  const logIn = (
    given: { key: string; secret: string },
    answers: string[],
    args: string[] = [],
  ): Promise<Ran> => {
    const world = createWorld({ interactive: true, variables: unset });
    const { clientCredentials, pin } = world.services;
    const { variables } = world.environment;
    const values = { KEY: clientCredentials.key, SECRET: clientCredentials.secret, PIN: pin };
    const resolve = (text: string): string => values[text as keyof typeof values] ?? text;
    Object.assign(variables, {
      TWITTER_CONSUMER_KEY: resolve(given.key),
      TWITTER_CONSUMER_SECRET: resolve(given.secret),
    });
    world.environment.type(answers.map((text) => `${resolve(text)}\n`).join(""));
    return runIn(["login", ...args.map(resolve)], world);
  };

  it("are read on a terminal, the secret without echo, with a note where to set them", async () => {
    const ran = await logIn({ key: "", secret: "" }, ["KEY", "SECRET", "PIN"]);
    expect(ran.code).toBe(0);
    expect(ran.environment.secretQuestions).toEqual(["Consumer secret (API Key Secret, not shown): "]);
    expect(ran.stderr).toContain("set TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET in /project/.env");
  });

  it("are read only if they are missing", async () => {
    const secretOnly = await logIn({ key: "KEY", secret: "" }, ["SECRET", "PIN"]);
    expect(secretOnly.stderr).toContain("set TWITTER_CONSUMER_SECRET in");
    const keyOnly = await logIn({ key: "", secret: "SECRET" }, ["KEY", "PIN"]);
    expect(keyOnly.stderr).toContain("set TWITTER_CONSUMER_KEY in");
    const byFlag = await logIn({ key: "", secret: "" }, ["SECRET", "PIN"], ["--consumer-key", "KEY"]);
    expect([secretOnly.code, keyOnly.code, byFlag.code]).toEqual([0, 0, 0]);
  });

  it.each([[[]], [[""]], [["KEY"]], [["KEY", ""]]])(
    "cause a configuration error when the answers are %j",
    async (answers) => {
      const ran = await logIn({ key: "", secret: "" }, answers, ["--json"]);
      expect(ran.code).toBe(2);
      expect(reportedError(ran)["code"]).toBe("missing-configuration");
      expect(ran.environment.requests).toEqual([]);
    },
  );
});
