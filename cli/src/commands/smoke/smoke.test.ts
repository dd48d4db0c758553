import { describe, expect, it } from "vitest";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { type Answer, cognitoRefusal, twitterRefusal } from "../../../test/fakes/scripted-services.ts";
import { handled, loseConnection, type SmokeRan, smokeWith } from "../../../test/fakes/smoke-world.ts";
import { authCli, createWorld, runIn, type World } from "../../../test/fakes/world.ts";

async function smoke(world: World = {}): Promise<SmokeRan> {
  const ran = await smokeWith([], world);
  expect(ran.report.passed).toBe(ran.failed.length === 0);
  return ran;
}

describe("smoke", () => {
  const all = [
    "outputs",
    "twitter.token",
    "cognito.get-id",
    "cognito.get-credentials",
    "public.open",
    "private.unsigned",
    "private.tampered",
    "private.no-session-token",
    "private.expired-signature",
    "private.wrong-region",
    "cognito.guest",
    "private.signed",
    "identity.match",
  ];
  const controls = all.slice(5, 10);

  it("passes every check of a working chain", async () => {
    const { code, report, services, stderr } = await smoke();
    expect([code, stderr]).toEqual([0, ""]);
    expect(report.checks.map(({ name }) => name)).toEqual(all);
    expect(report.checks.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(report).toMatchObject({
      schemaVersion: 1,
      stage: "prod",
      startedAt: "2026-03-01T12:00:00.000Z",
      identityId: services.identityId,
      passed: true,
    });
    expect(report.checks.find(({ name }) => name === "private.unsigned")).toMatchObject({
      httpStatus: 403,
      requestId: "request-1=",
      attempts: 1,
    });
  });

  it("prints a table and writes the same report to a file", async () => {
    const ran = await authCli(["smoke", "--report-json", "report.json"], { loggedIn: true });
    expect(ran.code).toBe(0);
    for (const name of all)
      expect(ran.stdout).toMatch(new RegExp(`^✓ ${name.replaceAll(".", "\\.")} +passed`, "m"));
    expect(ran.stdout).toContain("13 passed, 0 failed, 0 skipped");
    expect(JSON.parse(ran.environment.fileTexts()["/project/report.json"] ?? "")).toMatchObject({
      passed: true,
    });
  });

  it.each(controls)("fails only %s when the API lets it through", async (name) => {
    const { code, failed, report } = await smoke({
      answers: { [name]: () => reply(200, "Hello!", [["apigw-requestid", "id="]]) },
    });
    expect([code, failed]).toEqual([1, [name]]);
    expect(report.checks.find((check) => check.name === name)?.error?.fix).toContain("iam");
  });

  it.each(controls.flatMap((name) => [404, 401, 500, 301].map((status) => [name, status] as const)))(
    "does not accept for %s HTTP %i as a refusal",
    async (name, status) => {
      const { code, failed } = await smoke({ answers: { [name]: () => reply(status) } });
      expect([code, failed]).toEqual([1, [name]]);
    },
  );

  it.each([...controls, "cognito.guest"])(
    "does not accept for %s a lost connection as a refusal",
    async (name) => {
      const { code, failed } = await smoke({ answers: { [name]: loseConnection } });
      expect([code, failed]).toEqual([1, [name]]);
    },
  );

  it.each<[string, Record<string, Answer>, string[], string[]]>([
    [
      "/private is open",
      Object.fromEntries(
        [...controls, "private.signed"].map((name) => [name, () => handled(200, "Hello undefined!")]),
      ),
      [...controls, "identity.match"],
      [],
    ],
    [
      "the permission is removed",
      { "private.signed": () => reply(403) },
      ["private.signed"],
      ["identity.match"],
    ],
    [
      "guests are allowed",
      { "cognito.guest": () => reply(200, { IdentityId: "us-east-1:0" }) },
      ["cognito.guest"],
      [],
    ],
    [
      "a guest is refused for another reason",
      { "cognito.guest": () => cognitoRefusal("ResourceNotFoundException", "IdentityPool not found.") },
      ["cognito.guest"],
      [],
    ],
    [
      "the handler returns another identity",
      { "private.signed": () => handled(200, "Hello us-east-1:00000000-0000-4000-8000-000000000000!") },
      ["identity.match"],
      [],
    ],
    [
      "the handler looks for the identity in the wrong place",
      { "private.signed": () => handled(200, "Hello undefined!") },
      ["identity.match"],
      [],
    ],
    [
      "the handler does not return the identity",
      { "private.signed": () => handled(200, { notes: [] }) },
      [],
      ["identity.match"],
    ],
    [
      "a sign-in page answers instead of the handlers",
      { "private.signed": () => reply(200, "<html>"), "public.open": () => reply(200, "<html>") },
      ["public.open", "private.signed"],
      ["identity.match"],
    ],
    [
      "a sign-in page redirects instead of the handlers",
      { "private.signed": () => reply(302), "public.open": () => reply(302) },
      ["public.open", "private.signed"],
      ["identity.match"],
    ],
    ["/public needs a signature", { "public.open": () => reply(403) }, ["public.open"], []],
    [
      "the token is revoked",
      {
        "twitter.token": () => twitterRefusal(89, "Invalid or expired token."),
        "cognito.get-id": () => cognitoRefusal("NotAuthorizedException", "Invalid login token. Revoked."),
      },
      ["twitter.token", "cognito.get-id"],
      ["cognito.get-credentials", ...all.slice(6, 10), "private.signed", "identity.match"],
    ],
    [
      "the X app may not verify tokens",
      { "twitter.token": () => twitterRefusal(453, "You currently have access to a subset", 403) },
      [],
      ["twitter.token"],
    ],
    [
      "the X account has no credits",
      { "twitter.token": () => reply(402, { title: "CreditsDepleted", detail: "No credits." }) },
      [],
      ["twitter.token"],
    ],
    [
      "the pool has no roles",
      {
        "cognito.get-credentials": () =>
          cognitoRefusal("InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration."),
      },
      ["cognito.get-credentials"],
      [...all.slice(6, 10), "private.signed", "identity.match"],
    ],
  ])("when %s, names the failed and the skipped checks", async (_name, answers, failed, skipped) => {
    const ran = await smoke({ answers });
    expect(ran.failed).toEqual(failed);
    expect(ran.skipped).toEqual(skipped);
    expect(ran.code).toBe(failed.length === 0 ? 0 : 1);
    for (const check of ran.report.checks) expect(check.error === undefined).toBe(check.status === "passed");
  });

  it("fails when the response contains another identity beside the caller's", async () => {
    const world = createWorld({ loggedIn: true });
    const other = "us-east-1:00000000-0000-4000-8000-000000000000";
    world.services.answers["private.signed"] = () => handled(200, `${world.services.identityId} ${other}`);
    const { code, stdout } = await runIn(["smoke"], world);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ identity\.match/);
  });

  it("exits with 4 without a login, and still runs the checks that need none", async () => {
    const ran = await smoke({ loggedIn: false });
    expect([ran.code, ran.failed]).toEqual([4, ["twitter.token"]]);
    const passed = ran.report.checks.filter(({ status }) => status === "passed").map(({ name }) => name);
    expect(passed).toEqual(["outputs", "public.open", "private.unsigned", "cognito.guest"]);
  });

  it("exits with 2 without a deployment, and sends nothing", async () => {
    const ran = await smoke({ files: { "/project/.sst/outputs.json": "{}" } });
    expect([ran.code, ran.failed]).toEqual([2, ["outputs"]]);
    expect(ran.skipped).toEqual(all.slice(1));
    expect(ran.environment.requests).toEqual([]);
  });

  it("rejects an invalid stage name before the checks", async () => {
    const ran = await authCli(["smoke", "--stage", "prod", "--stage", "my prod"]);
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toMatch(/^error: invalid stage name "my prod" \(--stage\)\ncause: .+\nfix: .+\n$/);
  });

  it("asks Cognito even with cached credentials, which could hide a revoked token", async () => {
    const world = createWorld({ loggedIn: true });
    await runIn(["call", "/private"], world);
    const before = world.environment.requests.length;
    await runIn(["smoke"], world);
    const after = world.environment.requests.slice(before).map(({ step }) => step);
    expect(after).toContain("cognito.get-credentials");
    expect(after.filter((step) => step === "cognito.get-id")).toHaveLength(2);
  });

  it("masks secrets in quoted responses", async () => {
    const world = createWorld({ loggedIn: true });
    const { tokenCredentials } = world.services;
    world.services.answers["public.open"] = () => reply(500, `leaked: ${tokenCredentials.secret}`);
    const { stdout } = await runIn(["smoke", "--report-json", "r.json"], world);
    expect(stdout).toContain("leaked: [access token secret]");
    expect(world.environment.fileTexts()["/project/r.json"]).toContain("leaked: [access token secret]");
  });
});
