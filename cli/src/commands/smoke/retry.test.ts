import { describe, expect, it } from "vitest";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { type Answer, cognitoRefusal, twitterRefusal } from "../../../test/fakes/scripted-services.ts";
import {
  atFirst,
  forbidden,
  loseConnection,
  permissionMissing,
  rolesUnusable,
  smokeWith,
  unreachable,
} from "../../../test/fakes/smoke-world.ts";
import { steps } from "../../../test/fakes/world.ts";

const poolUnknown: Answer = () => cognitoRefusal("ResourceNotFoundException", "IdentityPool 'x' not found.");
/** Leaves the request to the working services. */
const heard: Answer = () => undefined;

describe("--retry-for", () => {
  it.each<[string, string, Answer, attempts: number]>([
    ["the role's policy is not active", "private.signed", forbidden, 4],
    ["the API has no routes", "private.signed", () => reply(404), 4],
    ["the function does not exist", "private.signed", () => reply(500), 4],
    ["the DNS does not know the host", "private.signed", unreachable, 4],
    ["an open route has its old authorizer", "public.open", forbidden, 4],
    ["a control meets an API without routes", "private.tampered", () => reply(404), 4],
    ["Cognito does not know the pool", "cognito.get-id", poolUnknown, 4],
    ["Cognito does not know the pool of a guest", "cognito.guest", poolUnknown, 4],
    ["Cognito cannot assume the role", "cognito.get-credentials", rolesUnusable, 4],
  ])("waits while %s", async (_why, name, answer, attempts) => {
    const answers = { ...permissionMissing(), "private.signed": heard, [name]: atFirst(3, answer) };
    const ran = await smokeWith(["--retry-for", "60s"], { answers });
    expect([ran.code, ran.failed, ran.skipped]).toEqual([0, [], []]);
    expect(ran.report.checks.find((check) => check.name === name)?.attempts).toBe(attempts);
    // Each wait is between half and all of its limit. The fake random gives three quarters.
    expect(ran.environment.sleeps).toEqual([375, 750, 1500]);
    const once = await smokeWith([], { answers: { [name]: answer } });
    expect(once.environment.sleeps).toEqual([]);
  });

  it.each<[string, string, Answer]>([
    ["a control that let an unsigned request through", "private.unsigned", () => reply(200, "Hello!")],
    ["a control that let a wrong signature through", "private.wrong-region", () => reply(200, "Hello!")],
    ["a guest with an identity", "cognito.guest", () => reply(200, { IdentityId: "us-east-1:0" })],
    [
      "a signature that does not match",
      "private.signed",
      () => reply(403, { message: "The request signature we calculated does not match" }),
    ],
    ["an unexpected response", "private.signed", () => reply(418)],
    [
      "an identity of another user",
      "private.signed",
      () => reply(200, "Hello us-east-1:00000000-0000-4000-8000-000000000000!"),
    ],
    ["a lost connection", "public.open", loseConnection],
    [
      "a token that Twitter does not know",
      "twitter.token",
      () => twitterRefusal(89, "Invalid or expired token."),
    ],
    [
      "a login that Cognito refuses",
      "cognito.get-id",
      () => cognitoRefusal("NotAuthorizedException", "Invalid login token."),
    ],
  ])("does not retry %s", async (_what, name, answer) => {
    const ran = await smokeWith(["--retry-for", "60s"], { answers: { [name]: atFirst(1, answer) } });
    expect(ran.code).toBe(1);
    expect(ran.environment.sleeps).toEqual([]);
  });

  it("ends at the given time after the start", async () => {
    const ran = await smokeWith(["--retry-for", "10s"], { answers: permissionMissing() });
    expect([ran.code, ran.failed]).toEqual([1, ["private.signed"]]);
    const { sleeps } = ran.environment;
    expect(sleeps.slice(0, -1)).toEqual([375, 750, 1500, 3000, 3750]);
    expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBe(10_000);
    expect(ran.check("private.signed")).toMatchObject({ attempts: 7, durationMs: 10_000, httpStatus: 403 });
    expect(ran.check("private.signed").error).toMatchObject({
      message: expect.stringContaining("HTTP 403") as string,
      reason: "undetermined",
    });
    // One diagnosis for all attempts.
    expect(steps(ran).filter((step) => step === "diagnosis.caller")).toHaveLength(1);
  });

  it("counts the time once for all checks", async () => {
    const answers = { ...permissionMissing(), "cognito.get-id": atFirst(2, poolUnknown) };
    const ran = await smokeWith(["--retry-for", "2s"], { answers });
    expect(ran.failed).toEqual(["private.signed"]);
    expect(ran.report.durationMs).toBe(2000);
  });

  it("reports a hop for each attempt", async () => {
    const ran = await smokeWith(["--retry-for", "60s"], {
      answers: { ...permissionMissing(), "private.signed": atFirst(1, forbidden) },
    });
    expect(ran.check("private.signed").hops).toEqual([
      { step: "private.signed", host: expect.any(String), startedMs: 0, reused: false, httpStatus: 403 },
      { step: "private.signed", host: expect.any(String), startedMs: 375, reused: false, httpStatus: 200 },
    ]);
  });
});
