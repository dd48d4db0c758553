import { describe, expect, it } from "vitest";
import { configFile } from "../../../test/fakes/fake-environment.ts";
import { twitterRefusal, wrongPin } from "../../../test/fakes/scripted-services.ts";
import { createWorld, type Ran, reportedError, runIn, steps, type World } from "../../../test/fakes/world.ts";

type Query = (token: string, verifier: string) => string;

const approved: Query = (token, verifier) => `oauth_token=${token}&oauth_verifier=${verifier}`;

async function logIn(queries: Query[], args: string[] = [], world: World = {}): Promise<Ran> {
  const callbacks: (() => string)[] = [];
  const created = createWorld({ ...world, callbacks });
  const { temporaryCredentials, pin } = created.services;
  callbacks.push(...queries.map((query) => () => query(temporaryCredentials.token, pin)));
  const ran = await runIn(["login", "--callback", ...args], created);
  // The port is free again after every outcome.
  expect(created.environment.callbackServers).not.toContain("open");
  for (const { html } of created.environment.callbackPages) {
    expect(html).not.toContain(temporaryCredentials.token);
    expect(html).not.toMatch(/<script|https?:|url\(/);
  }
  return ran;
}

describe("login --callback", () => {
  it("logs in with the verifier of the redirect, and names the user on the page", async () => {
    const ran = await logIn([approved]);
    expect(ran.stdout).toBe(`Logged in to prod as @alice, identity ${ran.services.identityId}\n`);
    const [page] = ran.environment.callbackPages;
    expect(page?.status).toBe(200);
    expect(page?.html).toContain("<h1>Signed in as @alice</h1>");
    expect(page?.html).toContain("You can close this window.");
    const url = `https://api.x.com/oauth/authorize?oauth_token=${ran.services.temporaryCredentials.token}`;
    expect(ran.stderr.split("\n")).toContain(url);
    expect(ran.environment.fileTexts()[configFile]).toContain('"screenName": "alice"');
  });

  it("sends Twitter the callback URL with the given port", async () => {
    const ran = await logIn([approved], ["8976"]);
    const [request] = ran.environment.requests;
    const callback = encodeURIComponent("http://127.0.0.1:8976/callback");
    expect(request?.headers.find(([name]) => name === "Authorization")?.[1]).toContain(
      `oauth_callback="${callback}"`,
    );
  });

  it("opens the browser, from a script too, but not with --no-browser", async () => {
    expect((await logIn([approved], [], { browser: true })).environment.openedPages).toHaveLength(1);
    const closed = await logIn([approved], ["--no-browser"], { browser: true });
    expect(closed.environment.openedPages).toEqual([]);
    const none = await logIn([approved]);
    expect(none.stderr).toContain("(cannot open a browser: this session has no display)");
  });

  it.each<[string, Query]>([
    ["a foreign request token", (_token, verifier) => `oauth_token=foreign&oauth_verifier=${verifier}`],
    [
      "a prefix of the request token",
      (token, verifier) => `oauth_token=${token.slice(0, -1)}&oauth_verifier=${verifier}`,
    ],
    ["no verifier", (token) => `oauth_token=${token}`],
    ["an empty verifier", (token) => `oauth_token=${token}&oauth_verifier=`],
    ["another login's denial", () => "denied=foreign"],
    ["nothing", () => ""],
    ["a script", () => 'oauth_token=<script>alert("x")</script>&oauth_verifier=1'],
  ])("rejects %s with 400 and keeps waiting", async (_name, query) => {
    const ran = await logIn([query, approved]);
    expect(ran.environment.callbackPages.map(({ status }) => status)).toEqual([400, 200]);
    expect(ran.code).toBe(0);
    expect(steps(ran).filter((step) => step === "twitter.access_token")).toHaveLength(1);
  });

  it("exits with 4 after a denial of its request token", async () => {
    const ran = await logIn([(token) => `denied=${token}`], ["--json"]);
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toMatchObject({ code: "login-cancelled", step: "twitter.authorize" });
    expect(ran.environment.callbackPages[0]?.html).toContain("Login cancelled");
    expect(steps(ran)).toEqual(["twitter.request_token"]);
  });

  it("times out with a fix", async () => {
    const ran = await logIn([], ["--timeout", "7", "--json"]);
    expect(ran.code).toBe(4);
    const error = reportedError(ran);
    expect(error).toMatchObject({ code: "login-cancelled", step: "twitter.authorize" });
    expect(error["message"]).toContain("within 7 s");
    expect(error["fix"]).toContain("--timeout");
  });

  it("reports on the page and in the terminal that Twitter rejects the verifier", async () => {
    const ran = await logIn([approved], ["--json"], { answers: { "twitter.access_token": wrongPin } });
    expect(ran.code).toBe(4);
    expect(reportedError(ran)["code"]).toBe("verifier-refused");
    expect(ran.environment.callbackPages[0]?.status).toBe(502);
  });

  it.each([
    [415, 403, "Callback URL not approved for this client application."],
    [417, 401, "Desktop applications only support the oauth_callback value 'oob'"],
  ])("names the callback URL to register when X rejects it with code %i", async (code, status, message) => {
    const answers = { "twitter.request_token": () => twitterRefusal(code, message, status) };
    const ran = await logIn([], ["8976", "--json"], { answers });
    expect(ran.code).toBe(4);
    expect(reportedError(ran)["code"]).toBe("callback-refused");
    expect(reportedError(ran)["fix"]).toMatch(/register http:\/\/127\.0\.0\.1:8976\/callback /);
  });

  it.each([
    [["--callback", "http"], /port, 0 to 65535/],
    [["--callback", "65536"], /port, 0 to 65535/],
    [["--callback", "--timeout", "0"], /seconds above 0/],
    [["--callback", "--with-token"], /cannot be used with/],
    [["--callback", "--from-twurl"], /cannot be used with/],
    [["--with-token", "--from-twurl"], /cannot be used with/],
  ])("exits with 2 for login %j", async (args, message) => {
    const ran = await runIn(["login", ...args], createWorld({}));
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
  });
});
