import { describe, expect, it } from "vitest";
import { reply } from "../../test/fakes/fake-environment.ts";
import { type Answer, cognitoRefusal, twitterRefusal } from "../../test/fakes/scripted-services.ts";
import { authCli, createWorld, runIn, type World } from "../../test/fakes/world.ts";
import type { ErrorReport } from "../errors.ts";

/** What `call --json` reports when Cognito has refused the login of the environment. */
async function refused(world: World): Promise<ErrorReport> {
  const ran = await authCli(["call", "/private", "--json"], { loggedIn: true, ...world });
  return (JSON.parse(ran.stderr.slice(ran.stderr.indexOf("{"))) as { error: ErrorReport }).error;
}

const invalidToken: Answer = () => cognitoRefusal("NotAuthorizedException", "Invalid login token. No.");
const cannotAsk: Answer = () => cognitoRefusal("ExternalServiceException", "Twitter answered 429.");
const noCallback: Answer = () => twitterRefusal(417, "Desktop applications only support oob");
const wrongKey: Answer = () => twitterRefusal(32, "Could not authenticate you.");
/** The stored login knows its identity, so that credentials are asked for at once. */
const at = (cognito: Answer, answers: Record<string, Answer> = {}): World => ({
  answers: { "cognito.get-credentials": cognito, ...answers },
});
const twitterSays = (code: number, status = 401): Record<string, Answer> => ({
  "twitter.token": () => twitterRefusal(code, "No.", status),
});

describe("an invalid login token", () => {
  it("that Twitter accepts is the pool's fault", async () => {
    const error = await refused(at(invalidToken));
    expect(error).toMatchObject({
      code: "pool-configuration",
      step: "cognito.get-credentials",
      message: "NotAuthorizedException: Invalid login token. No.",
      reason: "pool-client-credentials-differ",
      evidence: [
        "asked with the consumer key of the environment variable TWITTER_CONSUMER_KEY, Twitter says that the token is @alice's",
      ],
    });
    expect(error.fix).toContain("npx sst deploy --stage prod");
  });

  it.each([
    [89, 401, "token-refused", "token-revoked", /^run `auth-cli login` again$/],
    [416, 401, "app-suspended", "app-suspended", /developer portal/],
    [453, 403, "access-tier", "access-tier", /^raise the app's access/],
    [88, 429, "rate-limited", "rate-limited", /^wait/],
    [135, 401, "clock-refused", "clock-wrong", /^set the clock/],
  ])("for which Twitter says code %i is explained by it", async (code, status, errorCode, reason, fix) => {
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

  it("whose signature Twitter refuses is a wrong consumer key, or a wrong secret of the token", async () => {
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
    ["says what is not known", twitterSays(999)],
    [
      "fails at the second question",
      { ...twitterSays(32), "twitter.request_token": () => reply(503, "busy") },
    ],
  ])("stays as it is, with evidence, when Twitter %s", async (_what, answers) => {
    const error = await refused(at(invalidToken, answers));
    expect(error).toMatchObject({ code: "token-refused", evidence: [expect.stringContaining("HTTP")] });
    expect(error).not.toHaveProperty("reason");
  });

  it("stays as it is where no consumer key is known, and says so", async () => {
    const none = { TWITTER_CONSUMER_KEY: undefined, TWITTER_CONSUMER_SECRET: undefined };
    const world = createWorld({ loggedIn: true, ...at(invalidToken), variables: none });
    const { stderr, environment } = await runIn(["call", "/private"], world);
    expect(stderr).toContain(
      "evidence: Twitter was not asked: TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
    );
    expect(environment.requests.filter(({ step }) => step.startsWith("twitter."))).toEqual([]);
  });
});

it("explains what Cognito could not ask Twitter", async () => {
  expect(await refused(at(cannotAsk, twitterSays(88, 429)))).toMatchObject({
    code: "rate-limited",
    reason: "rate-limited",
  });
});

describe("a pool that is not there", () => {
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

  it("is told where it was looked for in another region than its id's", async () => {
    expect(await call(["--region", "eu-west-1"])).toMatchObject({
      code: "pool-not-found",
      reason: "pool-in-another-region",
      cause: "the identity pool was looked for in eu-west-1, and its id names us-east-1",
      fix: "leave out --region, or give --region us-east-1",
    });
  });

  it("is told where the API is in another region", async () => {
    const { reason, cause } = await call(["--identity-pool-id", pool]);
    expect(reason).toBe("pool-in-another-region");
    expect(cause).toMatch(/no such identity pool in eu-west-1, which its id names; the API is in us-east-1$/);
  });

  it("goes by AWS_REGION for an API under a name of its own", async () => {
    const own = ["--endpoint", "https://api.example.com"];
    const { cause } = await call([...own, "--identity-pool-id", pool], { AWS_REGION: "us-east-1" });
    expect(cause).toMatch(/the environment variable AWS_REGION says us-east-1$/);
    expect(await call(own, { AWS_REGION: "us-east-1" })).not.toHaveProperty("reason");
    expect(await call(own)).not.toHaveProperty("reason");
  });
});
