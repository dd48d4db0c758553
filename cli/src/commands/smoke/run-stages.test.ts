import { setImmediate as later } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { forbidden, meeting, rolesUnusable, smokeIn, unreachable } from "../../../test/fakes/smoke-world.ts";
import { authCli, createWorld, reportedError, runIn, type World } from "../../../test/fakes/world.ts";
import { projectStages } from "./project-stages.ts";
import { runStages } from "./run-stages.ts";
import { checkNames, type Progress } from "./report.ts";

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

describe("fifty stages", () => {
  it("run sixteen at once, with a bounded number of requests, and ask X once about their token", async () => {
    const world = createWorld({ loggedIn: true });
    const { apiEndpoint, identityPoolId } = world.services;
    const stages = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const outputs = stages.map((stage) => [
      `${stage}-notes-ExampleStack`,
      { ApiEndpoint: apiEndpoint, IdentityPoolId: identityPoolId },
    ]);
    world.environment.addFile("/project/.sst/outputs.json", JSON.stringify(Object.fromEntries(outputs)));
    const { send } = world.environment;
    let open = 0;
    const mostOpen: number[] = [];
    world.environment.send = async (request) => {
      mostOpen.push((open += 1));
      await later();
      return send(request).finally(() => (open -= 1));
    };
    const finished = new Map<number, number>();
    const running: number[] = [];
    const finder = projectStages(world.environment, undefined);
    const run = await runStages({ stages }, world.environment, finder, (stage, { kind }) => {
      finished.set(stage, (finished.get(stage) ?? 0) + Number(kind === "finished"));
      running.push([...finished.values()].filter((count) => count < checkNames.length).length);
    });
    expect(run.stages.map(({ stage, passed }) => [stage, passed])).toEqual(
      stages.map((stage) => [stage, true]),
    );
    expect(Math.max(...running)).toBe(16);
    expect(Math.max(...mostOpen)).toBeLessThanOrEqual(16 * (8 + 3));
    expect(world.environment.requests.filter(({ step }) => step === "twitter.token")).toHaveLength(1);
    for (const { checks } of run.stages) {
      expect(checks.find(({ name }) => name === "twitter.token")).toMatchObject({
        httpStatus: 200,
        hops: [{ step: "twitter.token", httpStatus: 200 }],
      });
    }
  });

  it("read each file once, and look up the deployer's credentials once", async () => {
    const { environment } = twoStages();
    const { files } = environment;
    const read: string[] = [];
    environment.files = {
      ...files,
      readText(path) {
        read.push(path);
        return files.readText(path);
      },
    };
    const queries: unknown[] = [];
    environment.findAwsCredentials = (query) => {
      queries.push(query);
      return Promise.resolve(undefined);
    };
    const finder = projectStages(environment, undefined);
    const run = await runStages({ stages: ["dev", "prod"] }, environment, finder);
    expect(run.passed).toBe(true);
    expect(read).toEqual(expect.arrayContaining(["/project/.env", "/project/.sst/outputs.json"]));
    expect(read.filter((path, index) => read.indexOf(path) < index)).toEqual([]);
    expect(queries).toEqual([{ profile: undefined, region: undefined }]);
  });

  it("each ask X, when it refuses the token", async () => {
    const world = twoStages({ answers: { "twitter.token": () => reply(401, { errors: [{ code: 89 }] }) } });
    const ran = await smokeIn(world, ["--stage", "dev", "--stage", "prod"]);
    expect(ran.run.stages.map(({ checks }) => checks.find(({ name }) => name === "twitter.token"))).toEqual([
      expect.objectContaining({ status: "failed", attempts: 1 }),
      expect.objectContaining({ status: "failed", attempts: 1 }),
    ]);
    expect(world.environment.requests.filter(({ step }) => step === "twitter.token")).toHaveLength(2);
  });
});

describe("progress", () => {
  it("reports the end of every check once, and the start of each that ran", async () => {
    const { environment, services } = createWorld({ loggedIn: true });
    services.answers["cognito.get-credentials"] = rolesUnusable;
    const events: Progress[] = [];
    const run = await runStages(
      { stages: ["prod"] },
      environment,
      projectStages(environment, undefined),
      (stage, event) => {
        expect(stage).toBe(0);
        events.push(event);
      },
    );
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
