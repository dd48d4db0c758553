import { describe, expect, it } from "vitest";
import { reply } from "../../test/fakes/fake-environment.ts";
import { type Answer, cognitoRefusal, twitterRefusal } from "../../test/fakes/scripted-services.ts";
import { authCli, createWorld, runIn, type World } from "../../test/fakes/world.ts";
import type { ErrorReport } from "../errors.ts";

/** The error of `call --json` when Cognito refuses the login. */
async function refused(world: World): Promise<ErrorReport> {
  const ran = await authCli(["call", "/private", "--json"], { loggedIn: true, ...world });
  return (JSON.parse(ran.stderr.slice(ran.stderr.indexOf("{"))) as { error: ErrorReport }).error;
}

const invalidToken: Answer = () => cognitoRefusal("NotAuthorizedException", "Invalid login token. No.");
const cannotAsk: Answer = () => cognitoRefusal("ExternalServiceException", "Twitter answered 429.");
const noCallback: Answer = () => twitterRefusal(417, "Desktop applications only support oob");
const noCredits: Answer = () => reply(402, '{"title":"CreditsDepleted","detail":"No credits."}');
const wrongKey: Answer = () => twitterRefusal(32, "Could not authenticate you.");
/** The stored login knows its identity, so auth-cli skips GetId. */
const at = (cognito: Answer, answers: Record<string, Answer> = {}): World => ({
  answers: { "cognito.get-credentials": cognito, ...answers },
});
const twitterSays = (code: number, status = 401): Record<string, Answer> => ({
  "twitter.token": () => twitterRefusal(code, "No.", status),
});

describe("an invalid login token", () => {
  it("is a fault of the pool when Twitter accepts it", async () => {
    const error = await refused(at(invalidToken));
    expect(error).toMatchObject({
      code: "pool-configuration",
      step: "cognito.get-credentials",
      message: "NotAuthorizedException: Invalid login token. No.",
      reason: "pool-client-credentials-differ",
      evidence: [
        "with the consumer key from the environment variable TWITTER_CONSUMER_KEY, Twitter accepts the token, as @alice's",
      ],
    });
    expect(error.fix).toContain("npx sst deploy --stage prod");
  });

  it.each([
    [
      "http://127.0.0.1:4567",
      /^start the local cloud again in this folder, .*; or remove TWITTER_CONSUMER_KEY from/,
    ],
    ["https://api.x.com", /^remove TWITTER_CONSUMER_KEY from/],
  ])("names the two consumer keys when .env has another one (%s)", async (twitterUrl, fix) => {
    const error = await refused({
      ...at(invalidToken, { "twitter.token": () => reply(200, '{"id_str":"42","screen_name":"alice"}') }),
      variables: { TWITTER_API_URL: twitterUrl },
      files: { "/project/.env": "TWITTER_CONSUMER_KEY=another\n" },
    });
    expect(error).toMatchObject({
      reason: "pool-client-credentials-differ",
      cause:
        "TWITTER_CONSUMER_KEY is one in the environment, which auth-cli takes, and another in /project/.env, which `sst deploy` takes",
      fix: expect.stringMatching(fix),
    });
  });

  it.each([
    [89, 401, "token-refused", "token-revoked", /^run `auth-cli login` again$/],
    [416, 401, "app-suspended", "app-suspended", /X Developer Console/],
    [453, 403, "access-tier", "access-tier", /^raise the app's access tier/],
    [88, 429, "rate-limited", "rate-limited", /^wait/],
  ])("is explained by Twitter's code %i", async (code, status, errorCode, reason, fix) => {
    const error = await refused(at(invalidToken, twitterSays(code, status)));
    expect(error).toMatchObject({
      code: errorCode,
      reason,
      step: "cognito.get-credentials",
      cause: expect.any(String),
      fix: expect.stringMatching(fix),
    });
    expect(error.evidence?.[0]).toContain(`Twitter answered HTTP ${status}, code ${code}`);
  });

  it("is a wrong consumer key or a wrong token secret when Twitter rejects the signature", async () => {
    const signature = twitterSays(32);
    expect(await refused(at(invalidToken, signature))).toMatchObject({
      code: "token-refused",
      reason: "token-secret-wrong",
    });
    expect(
      await refused(at(invalidToken, { ...signature, "twitter.request_token": noCallback })),
    ).toMatchObject({ reason: "token-secret-wrong" });
    expect(
      await refused(at(invalidToken, { ...signature, "twitter.request_token": wrongKey })),
    ).toMatchObject({
      code: "client-credentials-refused",
      reason: "consumer-key-refused",
    });
  });

  it.each([
    ["fails", { "twitter.token": () => reply(503, "busy") }],
    ["answers an unknown code", twitterSays(999)],
    ["refuses the time of this computer, which Cognito's request does not have", twitterSays(135)],
    [
      "fails at the second request",
      { ...twitterSays(32), "twitter.request_token": () => reply(503, "busy") },
    ],
  ])("keeps its error, with evidence, when Twitter %s", async (_what, answers) => {
    const error = await refused(at(invalidToken, answers));
    expect(error).toMatchObject({ code: "token-refused", evidence: [expect.stringContaining("HTTP")] });
    expect(error).not.toHaveProperty("reason");
  });

  it("keeps its error without a consumer key, and says so", async () => {
    const none = { TWITTER_CONSUMER_KEY: undefined, TWITTER_CONSUMER_SECRET: undefined };
    const world = createWorld({ loggedIn: true, ...at(invalidToken), variables: none });
    const { stderr, environment } = await runIn(["call", "/private"], world);
    expect(stderr).toContain(
      "evidence: cannot ask Twitter: TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
    );
    expect(environment.requests.filter(({ step }) => step.startsWith("twitter."))).toEqual([]);
  });
});

it("is explained by an account without credits", async () => {
  const error = await refused(at(invalidToken, { "twitter.token": noCredits }));
  expect(error).toMatchObject({ code: "credits-depleted", reason: "credits-depleted" });
  expect(error.fix).toContain("console.x.com");
  expect(error.evidence?.[0]).toContain('Twitter answered HTTP 402: "CreditsDepleted: No credits."');
});

it("explains why Cognito cannot ask Twitter", async () => {
  expect(await refused(at(cannotAsk, twitterSays(88, 429)))).toMatchObject({
    code: "rate-limited",
    reason: "rate-limited",
  });
});

it("does not blame the pool when Cognito cannot ask Twitter, and Twitter accepts the token a moment later", async () => {
  const error = await refused(at(cannotAsk));
  expect(error).not.toHaveProperty("reason");
  expect(error.evidence?.[0]).toContain("Twitter accepts the token");
});

describe("a missing pool", () => {
  const missing = {
    answers: {
      "cognito.get-id": () => cognitoRefusal("ResourceNotFoundException", "IdentityPool not found."),
    },
  };
  const call = async (args: string[], variables: Record<string, string> = {}): Promise<ErrorReport> => {
    const world = createWorld({ ...missing, variables });
    const { token, secret } = world.services.tokenCredentials;
    Object.assign(world.environment.variables, {
      TWITTER_ACCESS_TOKEN: token,
      TWITTER_ACCESS_TOKEN_SECRET: secret,
    });
    const { stderr } = await runIn(["call", "/private", "--json", ...args], world);
    return (JSON.parse(stderr) as { error: ErrorReport }).error;
  };
  const pool = "eu-west-1:11111111-1111-4111-8111-111111111111";

  it("is looked for in the region of its id, whatever --region says", async () => {
    const { code, reason } = await call(["--region", "eu-west-1"]);
    expect({ code, reason }).toEqual({ code: "pool-not-found", reason: undefined });
  });

  it("may be that of a local cloud that was started again", async () => {
    const { cause } = await call([], { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" });
    expect(cause).toContain("the local cloud was started again after the deploy");
  });

  it("is explained by the API's region", async () => {
    const { reason, cause } = await call(["--identity-pool-id", pool]);
    expect(reason).toBe("pool-in-another-region");
    expect(cause).toMatch(/does not exist in eu-west-1, the region in its id, but the API is in us-east-1$/);
  });

  it("uses AWS_REGION for an API at a custom domain", async () => {
    const own = ["--endpoint", "https://api.example.com"];
    const { cause } = await call([...own, "--identity-pool-id", pool], { AWS_REGION: "us-east-1" });
    expect(cause).toMatch(/the environment variable AWS_REGION says us-east-1$/);
    expect(await call(own, { AWS_REGION: "us-east-1" })).not.toHaveProperty("reason");
    expect(await call(own)).not.toHaveProperty("reason");
  });
});
