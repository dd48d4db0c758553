import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AuthCliError } from "../../../../cli/src/errors.ts";
import type { CheckResult, SmokeOptions, SmokeRun } from "../../../../cli/src/library/types.ts";
import { healthyDescription, type Settings } from "../settings.ts";
import type { AlarmSettings, AwsServices } from "./aws-services.ts";
import { runCanary } from "./run-canary.ts";

const settings: Settings = {
  secret: "arn:aws:secretsmanager:us-east-1:123456789012:secret:notes/canary-AbCdEf",
  namespace: "auth-cli/Notes-Canary",
  alarms: "Notes-Canary-",
  every: 5,
  checkMetrics: true,
  framework: "cdk",
};
const stage = { endpoint: "https://a.example", identityPoolId: "us-east-1:1" };
const passedCheck: CheckResult = {
  name: "public.open",
  status: "passed",
  durationMs: 31,
  httpStatus: 200,
  attempts: 1,
};
const failedCheck: CheckResult = {
  name: "private.signed",
  route: "GET /notes",
  status: "failed",
  durationMs: 42,
  httpStatus: 403,
  requestId: "request-1=",
  attempts: 1,
  error: {
    code: "check-failed",
    reason: "permission-missing",
    message: "GET /notes signed as the identity answered HTTP 403",
    cause: "the role does not allow execute-api:Invoke",
    fix: "add it to the stack",
    evidence: ["STS accepts the credentials", "the control was accepted"],
  },
};
const skippedCheck: CheckResult = {
  name: "identity.match",
  status: "skipped",
  durationMs: 0,
  attempts: 0,
  error: { code: "check-failed", message: "needs private.signed, which did not pass" },
};

/** In their order: lines of standard output, and calls of AWS. */
let events: unknown[];
beforeEach(() => {
  events = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    events.push(
      ...String(text)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    );
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const lines = (): Record<string, unknown>[] =>
  events.filter((event): event is Record<string, unknown> => typeof event === "object");

function runOf(checks: Record<string, CheckResult[]>): SmokeRun {
  const stages = Object.entries(checks).map(([name, results]) => ({
    schemaVersion: 1 as const,
    stage: name,
    startedAt: "2026-03-01T12:00:00.000Z",
    durationMs: 400,
    passed: results.every(({ status }) => status !== "failed"),
    checks: results,
  }));
  return {
    schemaVersion: 1,
    startedAt: "2026-03-01T12:00:00.000Z",
    durationMs: 400,
    passed: stages.every(({ passed }) => passed),
    stages,
  };
}

async function run(
  checks: Record<string, CheckResult[]>,
  {
    services = {},
    descriptions = {},
    changed = {},
  }: {
    services?: Partial<AwsServices>;
    descriptions?: Record<string, string>;
    changed?: Partial<Settings>;
  } = {},
): Promise<Record<string, boolean>> {
  return runCanary({
    settings: { ...settings, ...changed },
    stages: Object.fromEntries(Object.keys(checks).map((name) => [name, stage])),
    smoke: () => Promise.resolve(runOf(checks)),
    services: {
      readSecret: () => Promise.reject(new Error("not asked")),
      findAlarms: (names) =>
        Promise.resolve(
          names.map((name): AlarmSettings => ({
            name,
            description:
              descriptions[name] ?? healthyDescription(name.replace("Notes-Canary-", ""), settings),
            parameters: { AlarmName: name },
          })),
        ),
      describeAlarm({ name }, description) {
        events.push(`${name}: ${description}`);
        return Promise.resolve();
      },
      ...services,
    },
    timeout: 1000,
    variables: {},
  });
}

describe("a run of the canary", () => {
  it("writes the cause and the fix into the alarm before the metric that raises it", async () => {
    expect(await run({ prod: [passedCheck, failedCheck], dev: [passedCheck] })).toEqual({
      prod: false,
      dev: true,
    });
    expect(events[0]).toBe(
      "Notes-Canary-prod: The stage prod is broken. private.signed of GET /notes: GET /notes signed as the identity answered HTTP 403. " +
        "Cause: the role does not allow execute-api:Invoke. Fix: add it to the stack.",
    );
    expect(events.slice(1).every((event) => typeof event === "object")).toBe(true);
  });

  it("restores the description of a stage that is healthy again, and leaves a right one alone", async () => {
    await run(
      { prod: [passedCheck], dev: [passedCheck] },
      { descriptions: { "Notes-Canary-prod": "broken" } },
    );
    expect(events.filter((event) => typeof event === "string")).toEqual([
      `Notes-Canary-prod: ${healthyDescription("prod", settings)}`,
    ]);
  });

  it("has metrics for each check and each stage, in CloudWatch's embedded format", async () => {
    await run({ prod: [passedCheck, failedCheck, skippedCheck] });
    const [open, signed, match, whole] = lines();
    expect(signed).toMatchObject({
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: "auth-cli/Notes-Canary",
            Dimensions: [["Stage", "Check"]],
            Metrics: [
              { Name: "Failed", Unit: "Count" },
              { Name: "Duration", Unit: "Milliseconds" },
            ],
          },
        ],
      },
      Stage: "prod",
      Check: "private.signed",
      Failed: 1,
      Duration: 42,
      status: "failed",
      route: "GET /notes",
      httpStatus: "403",
      requestId: "request-1=",
      reason: "permission-missing",
      cause: "the role does not allow execute-api:Invoke",
      fix: "add it to the stack",
      evidence: "STS accepts the credentials; the control was accepted",
    });
    expect(open).toMatchObject({
      Stage: "prod",
      Check: "public.open",
      Failed: 0,
      Duration: 31,
      status: "passed",
    });
    // Neither passed nor failed.
    expect(match).toEqual({
      Stage: "prod",
      Check: "identity.match",
      status: "skipped",
      code: "check-failed",
      message: "needs private.signed, which did not pass",
    });
    expect(whole).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Dimensions: [["Stage"]] }] },
      Stage: "prod",
      Failed: 1,
      Duration: 400,
    });
    expect(whole).not.toHaveProperty("service");
  });

  it("has metrics for the stages only, on request", async () => {
    await run({ prod: [passedCheck] }, { changed: { checkMetrics: false } });
    expect(lines().map((line) => [line["Check"], "_aws" in line])).toEqual([
      ["public.open", false],
      [undefined, true],
    ]);
  });

  it("counts a stage of which nothing could be checked as broken", async () => {
    const run1 = runOf({ prod: [skippedCheck] });
    const nothing = { ...run1, stages: run1.stages.map((report) => ({ ...report, passed: false })) };
    await runCanary({
      settings,
      stages: { prod: stage },
      smoke: () => Promise.resolve(nothing),
      services: {
        readSecret: () => Promise.resolve("{}"),
        findAlarms: () => Promise.resolve([]),
        describeAlarm: () => Promise.resolve(),
      },
      timeout: 1000,
      variables: {},
    });
    expect(lines().at(-1)).toMatchObject({ Stage: "prod", Failed: 1 });
  });

  it.each<[string, Partial<AwsServices>]>([
    ["found", { findAlarms: () => Promise.reject(refused("cloudwatch:DescribeAlarms")) }],
    ["described", { describeAlarm: () => Promise.reject(refused("cloudwatch:PutMetricAlarm")) }],
  ])("writes the metrics when the alarm cannot be %s", async (_name, services) => {
    await run({ prod: [failedCheck] }, { services });
    const [error, ...others] = lines();
    expect(error).toMatchObject({
      level: "ERROR",
      code: "aws-permission-missing",
      message: expect.stringContaining("cannot write the cause into the alarm") as unknown,
    });
    expect(others.at(-1)).toMatchObject({ Stage: "prod", Failed: 1 });
  });

  it("explains the failure with a known reason, not the first one", async () => {
    const first = {
      ...failedCheck,
      name: "twitter.token",
      error: { code: "x", message: "refused" },
    } as CheckResult;
    await run({ prod: [first, failedCheck] });
    expect(events[0]).toMatch(/private\.signed of GET \/notes: .* Also failed: twitter\.token\.$/);
  });

  it("names the construct's property when a run takes too long", async () => {
    const error = {
      code: "timeout",
      message: "not finished within 50 s (`timeout`)",
      fix: "raise `timeout`, or exclude checks with `skip`",
    };
    await run({ prod: [{ ...failedCheck, error }] });
    const fix = "raise `timeout` of the canary in the stack and deploy";
    expect(events[0]).toContain(`Fix: ${fix}.`);
    expect(lines()[0]).toMatchObject({ fix });
  });

  it("keeps a description below CloudWatch's limit", async () => {
    const long = {
      ...failedCheck,
      error: { ...failedCheck.error, message: "x ".repeat(1000) },
    } as CheckResult;
    await run({ prod: [long] });
    expect(String(events[0]).length).toBeLessThanOrEqual("Notes-Canary-prod: ".length + 1024);
  });
});

function refused(step: string): AuthCliError {
  return new AuthCliError("aws-permission-missing", { step, message: "AWS answered AccessDenied" });
}

/** What smoke gets as the login of each stage. */
async function loginOf(read: AwsServices["readSecret"], name = "prod"): Promise<unknown> {
  let found: unknown;
  await runCanary({
    settings,
    stages: { prod: stage },
    async smoke({ login }: SmokeOptions) {
      found =
        typeof login === "function"
          ? await Promise.resolve(login(name)).catch((error: unknown) => error)
          : login;
      return runOf({});
    },
    services: {
      readSecret: read,
      findAlarms: () => Promise.resolve([]),
      describeAlarm: () => Promise.resolve(),
    },
    timeout: 1000,
    variables: {},
  });
  return found;
}

describe("the secret of the canary", () => {
  const secret = {
    accessToken: "token-1",
    accessTokenSecret: "secret-1",
    stages: { dev: { accessToken: "token-2", accessTokenSecret: "secret-2" } },
  };

  it.each([
    ["prod", "token-1"],
    ["dev", "token-2"],
  ])("has the login of %s", async (name, accessToken) => {
    expect(await loginOf(() => Promise.resolve(JSON.stringify(secret)), name)).toMatchObject({
      accessToken,
      source: "the secret notes/canary",
    });
  });

  it.each<[string, AwsServices["readSecret"], object]>([
    [
      "no JSON",
      () => Promise.resolve("token-1;secret-1"),
      { code: "invalid-configuration", fix: expect.stringContaining("--format canary") as unknown },
    ],
    [
      "missing",
      () =>
        Promise.reject(
          new AuthCliError("aws-not-found", { message: "AWS answered ResourceNotFoundException" }),
        ),
      {
        code: "aws-not-found",
        message: expect.stringContaining("there is no secret notes/canary") as unknown,
      },
    ],
    [
      "deleted",
      () =>
        Promise.reject(
          new AuthCliError("aws-refused", {
            message: "AWS answered InvalidRequestException: it was marked for deletion",
          }),
        ),
      {
        message: "the secret notes/canary is deleted",
        fix: "run `aws secretsmanager restore-secret --secret-id notes/canary`",
      },
    ],
    [
      "encrypted with a key that is disabled",
      () => Promise.reject(new AuthCliError("aws-refused", { message: "AWS answered DecryptionFailure" })),
      { message: "cannot read the secret notes/canary: AWS answered DecryptionFailure" },
    ],
    [
      "forbidden",
      () => Promise.reject(refused("secretsmanager:GetSecretValue")),
      {
        message: "cannot read the secret notes/canary: AWS refused secretsmanager:GetSecretValue",
        evidence: ["AWS answered AccessDenied"],
        cause: expect.stringContaining(
          "there is no secret notes/canary, or the role of the canary lacks secretsmanager:GetSecretValue",
        ) as unknown,
        fix: expect.stringContaining("create-secret --name notes/canary") as unknown,
      },
    ],
  ])("is explained when it is %s", async (_name, read, error) => {
    const found = (await loginOf(read)) as AuthCliError;
    expect(found).toMatchObject(error);
    expect(found.message + String(found.cause)).not.toContain("secret-1");
  });
});
