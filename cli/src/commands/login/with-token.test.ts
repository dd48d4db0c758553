import { describe, expect, it } from "vitest";
import { configFile } from "../../../test/fakes/fake-environment.ts";
import { cognitoRefusal, twitterRefusal } from "../../../test/fakes/scripted-services.ts";
import { createWorld, type Ran, reportedError, runIn, steps, type World } from "../../../test/fakes/world.ts";

/** @param input is called with token and secret after the world is created */
async function logIn(
  input: (token: string, secret: string) => string,
  { args = [], ...world }: World & { args?: string[] } = {},
): Promise<Ran> {
  const created = createWorld(world);
  const { token, secret } = created.services.tokenCredentials;
  created.environment.type(input(token, secret));
  return runIn(["login", "--with-token", ...args], created);
}

const withoutConsumerKey = { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" };

function storedSession({ environment }: Ran): Record<string, unknown> | undefined {
  const text = environment.fileTexts()[configFile];
  if (text === undefined) return undefined;
  return (JSON.parse(text) as { sessions: Record<string, unknown>[] }).sessions.at(-1);
}

describe("login --with-token", () => {
  it.each<[string, (token: string, secret: string) => string]>([
    ["two lines", (token, secret) => `${token}\n${secret}\n`],
    ["two lines without the last line end", (token, secret) => `${token}\n${secret}`],
    ["two lines in Windows format", (token, secret) => `\uFEFF${token}\r\n\r\n${secret}\r\n`],
    ["token;secret", (token, secret) => `${token};${secret}\n`],
    ["token ; secret with blanks", (token, secret) => `  ${token} ; ${secret} \n\n`],
  ])("reads %s from standard input", async (_name, input) => {
    const ran = await logIn(input);
    expect(ran.stderr).toMatch(/Next: auth-cli call \/private --stage prod\n$/);
    expect(ran.stdout).toBe(`Logged in to prod as @alice, identity ${ran.services.identityId}\n`);
    expect(ran.code).toBe(0);
    expect(steps(ran).toSorted()).toEqual(["cognito.get-credentials", "cognito.get-id", "twitter.token"]);
    expect(storedSession(ran)).toMatchObject({ userId: "42", screenName: "alice" });
  });

  it("names no path of SST's guide in another framework's project", async () => {
    const created = createWorld({ files: { "/cdk/cdk.json": "{}" } });
    const { services } = created;
    const environment = { ...created.environment, workingDirectory: "/cdk" };
    const { token, secret } = services.tokenCredentials;
    environment.type(`${token}\n${secret}\n`);
    const flags = ["--endpoint", services.apiEndpoint, "--identity-pool-id", services.identityPoolId];
    const ran = await runIn(["login", "--with-token", ...flags], { services, environment });
    expect(ran.stderr).toContain("Next: auth-cli call <path> --endpoint");
  });

  it("reads them from the environment instead of standard input, with a note", async () => {
    const created = createWorld({ input: "not looked at\n" });
    const { token, secret } = created.services.tokenCredentials;
    const variables = { TWITTER_ACCESS_TOKEN: token, TWITTER_ACCESS_TOKEN_SECRET: secret };
    Object.assign(created.environment.variables, variables);
    const ran = await runIn(["login", "--with-token"], created);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain("Access token from the environment variable TWITTER_ACCESS_TOKEN\n");
    expect(storedSession(ran)).toMatchObject({ screenName: "alice" });
  });

  it("asks for them on a terminal", async () => {
    const ran = await logIn((token, secret) => `${token}\n${secret}\n`, { interactive: true });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain("Access token: ");
    expect(ran.environment.secretQuestions).toEqual(["Access token secret (not shown): "]);
  });

  it("needs no consumer key: the token contains the user id", async () => {
    const ran = await logIn((token, secret) => `${token};${secret}`, { variables: withoutConsumerKey });
    expect(ran.stdout).toBe(`Logged in to prod as user 42, identity ${ran.services.identityId}\n`);
    expect(steps(ran)).toEqual(["cognito.get-id", "cognito.get-credentials"]);
    expect(storedSession(ran)).toMatchObject({ userId: "42", screenName: "42" });
  });

  it("takes the screen name from an earlier login", async () => {
    const world = { variables: withoutConsumerKey, loggedIn: true };
    const ran = await logIn((token, secret) => `${token};${secret}`, world);
    expect(ran.stdout).toContain("Logged in to prod as @alice");
  });

  it("uses the user id as name when the access tier excludes the request", async () => {
    const answers = {
      "twitter.token": () => twitterRefusal(453, "You currently have access to a subset", 403),
    };
    const ran = await logIn((token, secret) => `${token};${secret}`, { answers });
    expect(ran.code).toBe(0);
    expect(storedSession(ran)).toMatchObject({ userId: "42", screenName: "42" });
  });

  it("reports Twitter's rejection of a token rather than Cognito's", async () => {
    const answers = {
      "twitter.token": () => twitterRefusal(89, "Invalid or expired token."),
      "cognito.get-id": () => cognitoRefusal("NotAuthorizedException", "Invalid login token. No."),
    };
    const ran = await logIn((token, secret) => `${token};${secret}`, { answers, args: ["--json"] });
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toMatchObject({ code: "token-refused", step: "twitter.token" });
    expect(storedSession(ran)).toBeUndefined();
  });

  it.each<[string, (token: string, secret: string) => string, number, string, RegExp]>([
    ["nothing", () => "", 4, "login-cancelled", /the input is empty/],
    ["blank lines", () => "\n \n", 4, "login-cancelled", /the input is empty/],
    ["the guide's colon", (token, secret) => `${token}:${secret}`, 2, "invalid-usage", /semicolon/],
    ["a token alone", (token) => `${token}\n`, 2, "invalid-usage", /one part/],
    ["three lines", (token, secret) => `${token}\n${secret}\n1\n`, 2, "invalid-usage", /3 lines/],
    ["three parts", (token, secret) => `${token};${secret};`, 2, "invalid-usage", /3 parts/],
    ["no secret", (token) => `${token};`, 2, "invalid-usage", /empty/],
    ["quotes", (token, secret) => `"${token}";"${secret}"`, 2, "invalid-usage", /quotation marks/],
    ["variables", (token, secret) => `A=${token}\nB=${secret}\n`, 2, "invalid-usage", /character/],
    ["bytes", () => "\u0000\u0001\n\u0002\n", 2, "invalid-usage", /character/],
  ])("rejects %s without showing it or sending a request", async (_name, input, code, errorCode, cause) => {
    const ran = await logIn(input, { args: ["--json"] });
    expect(ran.code).toBe(code);
    expect(reportedError(ran)).toMatchObject({ code: errorCode, step: "twitter.token" });
    expect(reportedError(ran)["cause"]).toMatch(cause);
    expect(ran.environment.requests).toEqual([]);
  });

  it("needs the consumer key for a token without a user id", async () => {
    const ran = await logIn((_token, secret) => `abc;${secret}`, {
      variables: withoutConsumerKey,
      args: ["--json"],
    });
    expect(ran.code).toBe(2);
    expect(reportedError(ran)).toMatchObject({ code: "missing-configuration", step: "twitter.token" });
  });

  it("rejects a token without its secret in the environment", async () => {
    const ran = await logIn((token, secret) => `${token};${secret}`, {
      variables: { TWITTER_ACCESS_TOKEN: "42-abcdef" },
      args: ["--json"],
    });
    expect(ran.code).toBe(2);
    expect(reportedError(ran)["message"]).toBe("TWITTER_ACCESS_TOKEN_SECRET is not set");
  });
});
