import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { configFile, reply, sentHeader } from "../../../test/fakes/fake-environment.ts";
import type { Answer } from "../../../test/fakes/scripted-services.ts";
import {
  authCli,
  createWorld,
  type Ran,
  reportedError,
  runIn,
  steps,
  type World,
} from "../../../test/fakes/world.ts";

const role: Answer = () =>
  reply(
    200,
    `<GetCallerIdentityResponse><GetCallerIdentityResult>
      <Arn>arn:aws:sts::123456789012:assumed-role/prod-notes-CognitoAuthRole/CognitoIdentityCredentials</Arn>
      <UserId>AROAX:CognitoIdentityCredentials</UserId><Account>123456789012</Account>
    </GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );
const interrupted: Answer = () => Promise.reject(new AuthCliError("interrupted", { message: "interrupted" }));
const withRole = { "sts.get-caller-identity": role };

interface ReportedStatus extends Record<string, unknown> {
  sources: Record<string, string>;
}
const statusOf = ({ stdout }: Ran): ReportedStatus =>
  JSON.parse(stdout.slice(stdout.indexOf("{"))) as ReportedStatus;

/** A world in which alice has just made a call. */
async function afterCall(options: World = {}) {
  const world = createWorld({ loggedIn: true, answers: withRole, ...options });
  expect((await runIn(["call", "/private", "-o", "/dev/null"], world)).code).toBe(0);
  return world;
}

const rows = (ran: Ran): Record<string, string> =>
  Object.fromEntries(
    ran.stdout
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("Hello"))
      .map((line) => line.split(/ {2,}/))
      .map(([name = "", ...rest]) => [name, rest.join(" ")]),
  );

describe("status", () => {
  it("exits with 4 and a fix without a login", async () => {
    for (const name of ["status", "whoami"]) {
      const ran = await authCli([name, "--json"]);
      expect(ran.code).toBe(4);
      expect(reportedError(ran)).toMatchObject({
        code: "not-logged-in",
        fix: "run `auth-cli login --stage prod`",
      });
    }
  });

  it("shows user, deployment and the source of each value", async () => {
    const world = await afterCall();
    const ran = await runIn(["status"], world);
    const { services } = world;
    const outputs = "(/project/.sst/outputs.json)";
    const cache = /^expire in 60 min \(\/home\/user\/\.cache\/auth-cli\/[0-9a-f]{32}\.json\)$/;
    const { credentials, ...others } = rows(ran);
    expect(credentials).toMatch(cache);
    expect(others).toEqual({
      user: `@alice (user 42) (${configFile})`,
      identity: `${services.identityId} (${configFile})`,
      role: "prod-notes-CognitoAuthRole (AWS STS)",
      stage: `prod ${outputs}`,
      API: `${services.apiEndpoint} ${outputs}`,
      "identity pool": `${services.identityPoolId} ${outputs}`,
      region: "us-east-1 (the API's host)",
      "consumer key": "set (the environment variable TWITTER_CONSUMER_KEY)",
      Twitter: "https://api.x.com",
      AWS: "amazonaws.com",
    });
  });

  it("prints the same as JSON", async () => {
    const world = await afterCall();
    const { services } = world;
    expect(statusOf(await runIn(["status", "--json"], world))).toEqual({
      stage: "prod",
      apiEndpoint: services.apiEndpoint,
      identityPoolId: services.identityPoolId,
      region: "us-east-1",
      provider: "api.twitter.com",
      screenName: "alice",
      userId: "42",
      loggedInAt: "2026-03-01T11:00:00.000Z",
      identityId: services.identityId,
      role: "prod-notes-CognitoAuthRole",
      expiration: "2026-03-01T13:00:00.000Z",
      credentialsFresh: true,
      twitterApiUrl: "https://api.x.com",
      sources: {
        stage: "/project/.sst/outputs.json",
        apiEndpoint: "/project/.sst/outputs.json",
        identityPoolId: "/project/.sst/outputs.json",
        region: "the API's host",
        login: configFile,
        identity: configFile,
        credentials: expect.stringMatching(/^\/home\/user\/\.cache\/auth-cli\/[0-9a-f]{32}\.json$/),
        clientCredentials: "the environment variable TWITTER_CONSUMER_KEY",
      },
    });
  });

  it("names flags and variables as sources", async () => {
    const world = createWorld({
      loggedIn: true,
      variables: {
        SST_STAGE: "prod",
        TWITTER_API_URL: "https://twitter.example",
        TWITTER_CONSUMER_KEY: "",
        AWS_ENDPOINT_URL: "https://aws.example",
      },
    });
    const flags = ["--endpoint", "https://api.example", "--identity-pool-id", world.services.identityPoolId];
    const reported = statusOf(await runIn(["status", "--json", ...flags, "--region", "eu-west-1"], world));
    expect(reported).toMatchObject({
      apiEndpoint: "https://api.example",
      region: "eu-west-1",
      twitterApiUrl: "https://twitter.example",
      awsEndpointUrl: "https://aws.example",
      sources: {
        stage: "SST_STAGE",
        apiEndpoint: "--endpoint",
        identityPoolId: "--identity-pool-id",
        region: "--region",
        twitterApiUrl: "the environment variable TWITTER_API_URL",
        awsEndpointUrl: "the environment variable AWS_ENDPOINT_URL",
      },
    });
    expect(reported.sources).not.toHaveProperty("clientCredentials");
  });

  it("shows a token from the environment without a user", async () => {
    const world = createWorld({ answers: withRole });
    const { token, secret } = world.services.tokenCredentials;
    Object.assign(world.environment.variables, {
      TWITTER_ACCESS_TOKEN: token,
      TWITTER_ACCESS_TOKEN_SECRET: secret,
    });
    const before = await runIn(["status"], world);
    expect(rows(before)).toMatchObject({
      user: "a Twitter token (the environment variable TWITTER_ACCESS_TOKEN)",
      identity: "none yet",
      credentials: "none yet; the next call gets them",
      role: "unknown without fresh credentials",
    });
    // status sends no request for credentials.
    expect(steps(before)).toEqual([]);
  });

  it.each([
    [50, "expire in 10 min", true],
    [56, "expire in 4 min; the next call renews them", false],
    [90, "expired 30 min ago; the next call renews them", false],
  ])("%i minutes after the call, shows: %s", async (minutes, text, fresh) => {
    const world = await afterCall();
    world.environment.clock.ms += minutes * 60_000;
    const requests = world.environment.requests.length;
    const ran = await runIn(["status"], world);
    expect(rows(ran)["credentials"]).toContain(text);
    expect(steps(ran).slice(requests)).toEqual(fresh ? ["sts.get-caller-identity"] : []);
    const json = statusOf(await runIn(["status", "--json"], world));
    expect([json["credentialsFresh"], json["role"] !== undefined]).toEqual([fresh, fresh]);
  });

  it("signs for STS in the region of the pool", async () => {
    const world = await afterCall();
    await runIn(["status"], world);
    const request = world.environment.requests.at(-1);
    expect(request?.url.href).toBe("https://sts.us-east-1.amazonaws.com/");
    expect(request && sentHeader(request, "authorization")).toMatch(
      /\/20260301\/us-east-1\/sts\/aws4_request/,
    );
  });

  it.each<[string, Answer, string]>([
    [
      "refuses",
      () =>
        reply(
          403,
          "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>m</Message></Error></ErrorResponse>",
        ),
      'AWS does not accept the credentials: ExpiredToken: "m"',
    ],
    ["replies with HTML", () => reply(200, "<html>"), "the reply (HTTP 200) is not from AWS"],
    [
      "cannot be reached",
      () => Promise.reject(new AuthCliError("unreachable", { message: "connection refused" })),
      "connection refused",
    ],
  ])("shows everything else when STS %s", async (_name, answer, message) => {
    const world = await afterCall({ answers: { "sts.get-caller-identity": answer } });
    const ran = await runIn(["status"], world);
    expect(ran.code).toBe(0);
    expect(rows(ran)["role"]).toContain(message);
    const json = statusOf(await runIn(["status", "--json"], world));
    expect(json["roleError"]).toMatchObject({ message: expect.stringContaining(message) });
  });

  it("ends on an interruption while it waits for STS", async () => {
    const world = await afterCall({ answers: { "sts.get-caller-identity": interrupted } });
    expect((await runIn(["status"], world)).code).toBe(130);
  });

  it("names the stored logins for an unknown --user", async () => {
    const ran = await authCli(["status", "--user", "bob", "--json"], { loggedIn: true });
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toMatchObject({ cause: "logged in: @alice" });
  });
});
