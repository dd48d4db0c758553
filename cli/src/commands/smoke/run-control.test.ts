import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { type Answer, cognitoRefusal, twitterRefusal } from "../../../test/fakes/scripted-services.ts";
import {
  atFirst,
  loseConnection,
  meeting,
  neverAnswers,
  permissionMissing,
  routeMissing,
  smokeIn,
  smokeWith,
} from "../../../test/fakes/smoke-world.ts";
import { authCli, createWorld, reportedError, runIn, steps, type World } from "../../../test/fakes/world.ts";
import { signedControlNames } from "./checks/negative-controls.ts";
import { runStages } from "./run-stages.ts";
import { checkNames, type Progress } from "./report.ts";

const forbidden: Answer = () => reply(403, { message: "Forbidden" });
const poolUnknown: Answer = () => cognitoRefusal("ResourceNotFoundException", "IdentityPool 'x' not found.");
const rolesUnusable: Answer = () =>
  cognitoRefusal("InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration.");
/** Leaves the request to the working services. */
const heard: Answer = () => undefined;
const unreachable: Answer = () => {
  throw new AuthCliError("unreachable", { message: "no such host" });
};

/** Answers none of these requests before all are open. */
function together(names: readonly string[]): Record<string, Answer> {
  const meet = meeting(names.length);
  const waits: Answer = async () => {
    await meet();
    return undefined;
  };
  return Object.fromEntries(names.map((name) => [name, waits]));
}

describe("concurrency", () => {
  it("takes two round trips for the token exchange and the independent checks, then one", async () => {
    const beside = ["twitter.token", "cognito.guest", "public.open", "private.unsigned", "cognito.get-id"];
    const after = [...signedControlNames, "private.signed"];
    const ran = await smokeWith([], {
      answers: { ...together(beside), ...together(after) },
    });
    expect([ran.code, ran.failed]).toEqual([0, []]);
    expect(ran.environment.requests).toHaveLength(beside.length + after.length + 1);
  });
});

describe("connections to the API", () => {
  it.each([
    [[], 5],
    [["--route", "/a", "--route", "/b"], 10],
    [["--route", "/a", "--only", "private.signed"], 1],
    [["--only", "public.open"], 0],
    [Array.from({ length: 9 }, (_, index) => ["--route", `/${index}`]).flat(), 24],
  ])("open early: %j opens %i", async (args, count) => {
    const { environment, services } = await smokeWith(args);
    expect(environment.preconnected).toEqual(Array.from({ length: count }, () => services.apiEndpoint));
  });
});

describe("--only and --skip", () => {
  it("--only runs the named checks and the checks they need, and skips the others with a reason", async () => {
    const ran = await smokeWith(["--only", "private.signed", "--only", "public.open"]);
    expect([ran.code, ran.failed]).toEqual([0, []]);
    expect(ran.passed).toEqual([
      "outputs",
      "cognito.get-id",
      "cognito.get-credentials",
      "public.open",
      "private.signed",
    ]);
    expect(ran.check("twitter.token").error?.message).toBe("excluded by --only");
    expect(ran.environment.requests.map(({ step }) => step).toSorted()).toEqual([
      "cognito.get-credentials",
      "cognito.get-id",
      "private.signed",
      "public.open",
    ]);
  });

  it("--skip excludes the named checks and the checks that need them", async () => {
    const ran = await smokeWith(["--skip", "private.signed,twitter.token"]);
    expect([ran.code, ran.failed, ran.skipped]).toEqual([
      0,
      [],
      ["twitter.token", "private.signed", "identity.match"],
    ]);
    expect(ran.check("private.signed").error?.message).toBe("excluded by --skip");
    expect(ran.check("identity.match").error?.message).toBe("needs private.signed, which was excluded");
  });

  it("--only reports the failure of a check that the named one needs", async () => {
    const ran = await smokeWith(["--only", "identity.match"], {
      answers: { "cognito.get-credentials": rolesUnusable },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["cognito.get-credentials"]]);
    expect(ran.check("identity.match").error?.message).toBe("needs private.signed, which did not pass");
  });

  it("exits with 4 without a login, even without the check of the token", async () => {
    const ran = await smokeWith(["--skip", "twitter.token"], { loggedIn: false });
    expect([ran.code, ran.failed]).toEqual([4, ["cognito.get-id"]]);
    expect(ran.check("cognito.get-id").error?.code).toBe("not-logged-in");
  });

  it("needs no login for checks that do not use one", async () => {
    const ran = await smokeWith(["--only", "public.open,private.unsigned,cognito.guest"], {
      loggedIn: false,
    });
    expect([ran.code, ran.failed, ran.report.passed]).toEqual([0, [], true]);
  });

  it("exits with 2 and a report when no check could run", async () => {
    const ran = await smokeWith(["--only", "twitter.token"], {
      variables: { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" },
    });
    expect([ran.code, ran.report.passed, ran.failed, ran.passed]).toEqual([2, false, [], ["outputs"]]);
    expect(reportedError(ran)).toMatchObject({
      code: "missing-configuration",
      message: "no check of prod could run",
      cause: expect.stringContaining("TWITTER_CONSUMER_KEY") as string,
    });
  });

  it("--only outputs passes when the deployment is found", async () => {
    const ran = await smokeWith(["--only", "outputs"]);
    expect([ran.code, ran.report.passed, ran.environment.requests]).toEqual([0, true, []]);
  });

  it.each([
    [["--skip", "outputs"], "cannot skip outputs (--skip)"],
    [["--only", "public.open", "--skip", "public.open"], "--only and --skip leave no check to run"],
    [["--only", "private.sgned"], 'invalid --only "private.sgned"'],
  ])("%j is a usage error", async (args, message) => {
    const ran = await authCli(["smoke", "--json", ...args], { loggedIn: true });
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(reportedError(ran)).toMatchObject({ code: "invalid-usage", message });
    expect(ran.environment.requests).toEqual([]);
  });
});

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
      reason: "permission-missing",
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

describe("the diagnosis of a failed route", () => {
  const guess = "does not allow execute-api:Invoke on this route";

  it("runs once and explains every check with the same failure", async () => {
    const names = ["private.unsigned", "private.tampered", "private.signed"] as const;
    const ran = await smokeWith([], {
      answers: {
        ...Object.fromEntries(names.map((name) => [name, routeMissing])),
        "diagnosis.*": routeMissing,
      },
    });
    expect(ran.failed).toEqual(names);
    const errors = names.map((name) => ran.check(name).error);
    for (const error of errors) {
      expect(error?.reason).toBe("route-missing");
      expect(error?.evidence).not.toHaveLength(0);
      expect([error?.cause, error?.fix]).toEqual([errors[0]?.cause, errors[0]?.fix]);
    }
    expect(errors.map((error) => error?.message)).toEqual([
      "GET /private without a signature answered HTTP 404, not 403",
      "GET /private changed after signing answered HTTP 404, not 403",
      'GET /private signed as the identity answered HTTP 404: "{"message":"Not Found"}"',
    ]);
    expect(steps(ran).filter((step) => step === "diagnosis.unusedPath")).toHaveLength(1);
  });

  it("runs for each failed route", async () => {
    const ran = await smokeWith(["--route", "/private", "--route", "/notes"], {
      answers: permissionMissing(),
    });
    expect(ran.failed).toEqual(["private.signed GET /private", "private.signed GET /notes"]);
    for (const route of ["GET /private", "GET /notes"]) {
      const { reason, cause } = ran.check("private.signed", route).error ?? {};
      expect(reason).toBe("permission-missing");
      expect(cause).toContain(route.replace(" ", ""));
      expect(cause).not.toContain(guess);
    }
    expect(steps(ran).filter((step) => step === "diagnosis.caller")).toHaveLength(2);
  });

  it("does not run for passed checks and controls that let a request through", async () => {
    const ran = await smokeWith([], { answers: { "private.tampered": () => reply(200, "Hello!") } });
    expect(ran.failed).toEqual(["private.tampered"]);
    expect(steps(ran).filter((step) => step.startsWith("diagnosis."))).toEqual([]);
  });

  it("stops retries of a signature that does not match", async () => {
    const refusal =
      "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>does not match</Message></Error></ErrorResponse>";
    const ran = await smokeWith(["--retry-for", "60s"], {
      answers: { ...permissionMissing(), "diagnosis.caller": () => reply(403, refusal) },
    });
    expect(ran.check("private.signed").error?.reason).toBe("signature-mismatch");
    expect(ran.environment.sleeps).toEqual([]);
  });
});

describe("--timeout", () => {
  it("fails unfinished checks and keeps finished ones", async () => {
    const world = createWorld({ loggedIn: true });
    world.services.answers["cognito.get-id"] = () => {
      world.environment.clock.ms += 5000;
      throw new AuthCliError("timeout", { message: "cognito-identity did not answer within 5 s" });
    };
    const ran = await smokeIn(world, ["--timeout", "5s"]);
    expect(ran.code).toBe(1);
    expect(ran.passed).toEqual([
      "outputs",
      "twitter.token",
      "public.open",
      "private.unsigned",
      "cognito.guest",
    ]);
    expect(ran.skipped).toEqual([]);
    for (const name of ran.failed) {
      expect(ran.report.checks.find((check) => check.name === name)?.error).toMatchObject({
        code: "timeout",
        message: "not finished within 5 s (--timeout)",
      });
    }
  });

  it("limits each request", async () => {
    const world = createWorld({ loggedIn: true });
    world.services.answers["cognito.get-id"] = () => {
      world.environment.clock.ms += 1500;
      return undefined;
    };
    const ran = await smokeIn(world, ["--timeout", "4s"]);
    expect(ran.code).toBe(0);
    const limit = (step: string): number | undefined =>
      ran.environment.requests.find((request) => request.step === step)?.timeoutMs;
    expect([limit("cognito.get-id"), limit("private.signed")]).toEqual([4000, 2500]);
    expect((await smokeWith([])).environment.requests.map(({ timeoutMs }) => timeoutMs)).not.toContain(
      undefined,
    );
  });

  it("ends retries", async () => {
    const ran = await smokeWith(["--retry-for", "60s", "--timeout", "2s"], {
      answers: permissionMissing(),
    });
    expect([ran.code, ran.report.durationMs]).toEqual([1, 2000]);
    expect(ran.failed).toContain("private.signed");
  });
});

describe("--fail-fast", () => {
  it("aborts open requests at the first failure", async () => {
    const ran = await smokeWith(["--fail-fast"], {
      answers: { "private.unsigned": () => reply(200, "Hello!"), "cognito.get-id": neverAnswers },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["private.unsigned"]]);
    const stopped = "not finished: private.unsigned failed (--fail-fast)";
    for (const name of [
      "cognito.get-id",
      "cognito.get-credentials",
      "private.signed",
      "identity.match",
    ] as const) {
      expect(ran.check(name)).toMatchObject({ status: "skipped", error: { message: stopped } });
    }
  });

  it("waits for retries, since a check that can still pass has not failed", async () => {
    const ran = await smokeWith(["--fail-fast", "--retry-for", "60s"], {
      answers: { ...permissionMissing(), "private.signed": atFirst(3, forbidden) },
    });
    expect([ran.code, ran.failed, ran.skipped]).toEqual([0, [], []]);
  });

  it("also ends the other stages", async () => {
    const ran = await smokeWith(["--stage", "prod", "--stage", "qa", "--fail-fast"], {
      answers: { "cognito.get-id": neverAnswers },
    });
    expect(ran.code).toBe(2);
    expect(ran.check("cognito.get-id")).toMatchObject({
      status: "skipped",
      error: { message: "not finished: outputs of qa failed (--fail-fast)" },
    });
  });
});

/** The stages prod and dev, in one outputs file. */
function twoStages(world: World = {}): ReturnType<typeof createWorld> {
  const made = createWorld({ loggedIn: true, ...world });
  const { apiEndpoint, identityPoolId } = made.services;
  const outputs = { ApiEndpoint: apiEndpoint, IdentityPoolId: identityPoolId };
  made.environment.addFile(
    "/project/.sst/outputs.json",
    JSON.stringify({ "prod-notes-ExampleStack": outputs, "dev-notes-ExampleStack": outputs }),
  );
  return made;
}

describe("several stages", () => {
  it("run in parallel, in one report", async () => {
    const world = twoStages();
    const meet = meeting(2);
    world.services.answers["cognito.get-credentials"] = async () => {
      await meet();
      return undefined;
    };
    const ran = await smokeIn(world, ["--stage", "dev", "--stage", "prod", "--stage", "dev"]);
    expect(ran.code).toBe(0);
    expect(ran.run).toMatchObject({ schemaVersion: 1, passed: true, startedAt: "2026-03-01T12:00:00.000Z" });
    expect(ran.run.stages.map(({ stage, passed }) => [stage, passed])).toEqual([
      ["dev", true],
      ["prod", true],
    ]);
    for (const { checks } of ran.run.stages) expect(checks.map(({ name }) => name)).toEqual(checkNames);
  });

  it("print a single stage's report alone", async () => {
    const ran = await runIn(["smoke", "--json", "--stage", "prod", "--stage", "prod"], twoStages());
    expect(JSON.parse(ran.stdout)).toMatchObject({ stage: "prod", passed: true });
    expect(JSON.parse(ran.stdout)).not.toHaveProperty("stages");
  });

  it.each<[string, string[], World, number]>([
    ["a missing deployment first", ["--stage", "prod", "--stage", "qa"], {}, 2],
    ["then a missing login", ["--stage", "prod", "--stage", "dev"], { loggedIn: false }, 4],
    [
      "then a failed check",
      ["--stage", "prod", "--stage", "dev"],
      { answers: { "public.open": forbidden } },
      1,
    ],
  ])("exit with the worst code: %s", async (_name, args, world, code) => {
    const ran = await smokeIn(twoStages(world), args);
    expect([ran.code, ran.run.passed]).toEqual([code, false]);
  });

  it("report an unreachable CloudFormation as a failed check, not as a missing deployment", async () => {
    const world = twoStages({
      variables: { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "hush-hush-hush" },
      answers: { "cloudformation.describe-stacks": unreachable },
    });
    const ran = await smokeIn(world, ["--stage", "qa"]);
    expect([ran.code, ran.failed, ran.check("outputs").error?.code]).toEqual([1, ["outputs"], "unreachable"]);
  });

  it.each([
    ["--endpoint", "https://abc.execute-api.us-east-1.amazonaws.com"],
    ["--identity-pool-id", "us-east-1:12345678-90ab-cdef-1234-567890abcdef"],
  ])("reject %s, which names one deployment", async (flag, value) => {
    const ran = await authCli(["smoke", "--json", "--stage", "a", "--stage", "b", flag, value]);
    expect(ran.code).toBe(2);
    expect(reportedError(ran).message).toContain("the stages are a, b");
  });

  it("are for smoke only: other commands take the last --stage", async () => {
    const ran = await runIn(["status", "--json", "--stage", "qa", "--stage", "prod"], twoStages());
    expect(JSON.parse(ran.stdout)).toMatchObject({ stage: "prod" });
  });
});

describe("progress", () => {
  it("reports the end of every check once, and the start of each that ran", async () => {
    const { environment, services } = createWorld({ loggedIn: true });
    services.answers["cognito.get-credentials"] = rolesUnusable;
    const events: Progress[] = [];
    const run = await runStages({ stages: ["prod"] }, environment, (stage, event) => {
      expect(stage).toBe(0);
      events.push(event);
    });
    const checks = run.stages[0]?.checks ?? [];
    const finished = events.filter((event) => event.kind === "finished");
    expect(finished.map(({ result }) => result)).toEqual(expect.arrayContaining(checks));
    expect(finished).toHaveLength(checks.length);
    for (const { name, status } of checks) {
      const kinds = events.filter((event) => event.name === name).map(({ kind }) => kind);
      expect(kinds).toEqual(status === "skipped" ? ["finished"] : ["started", "finished"]);
    }
  });
});

describe("an interruption", () => {
  it("exits with 130 and prints no report", async () => {
    const world = createWorld({ loggedIn: true });
    world.services.answers["private.signed"] = () => {
      throw new AuthCliError("interrupted", { message: "interrupted" });
    };
    const ran = await runIn(["smoke"], world);
    expect([ran.code, ran.stdout]).toEqual([130, ""]);
  });
});
