import { describe, expect, expectTypeOf, it } from "vitest";
import { cognitoRefusal } from "../../test/fakes/scripted-services.ts";
import { handled, permissionMissing } from "../../test/fakes/smoke-world.ts";
import { createWorld, type World } from "../../test/fakes/world.ts";
import { AuthCliError } from "../errors.ts";
import { smoke } from "./library.ts";
import type { Timings } from "../http.ts";
import type * as published from "./types.ts";
import { smokeGivenStages } from "./given-stages.ts";
import { checkNames, type CheckName } from "../commands/smoke/report.ts";

/** A program that imports the package, and the services that it calls. */
function createProgram(world: World = {}) {
  const { services, environment } = createWorld({
    files: { "/project/sst.config.ts": "", "/project/.sst/outputs.json": "{}" },
    ...world,
    variables: { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "", ...world.variables },
  });
  const { tokenCredentials, clientCredentials, apiEndpoint: endpoint, identityPoolId } = services;
  const login: published.SmokeLogin = {
    accessToken: tokenCredentials.token,
    accessTokenSecret: tokenCredentials.secret,
    consumerKey: clientCredentials.key,
    consumerSecret: clientCredentials.secret,
    source: "the secret canary",
  };
  const options: published.SmokeOptions = { stages: { prod: { endpoint, identityPoolId } }, login };
  return { services, environment, options, login };
}

const failed = ({ stages }: published.SmokeRun): published.CheckResult[] =>
  stages.flatMap(({ checks }) => checks.filter(({ status }) => status === "failed"));

describe("smoke as a library", () => {
  it("runs every check of the given stages and prints nothing", async () => {
    const { environment, options } = createProgram();
    const run = await smokeGivenStages(options, environment);
    expect(run).toMatchObject({ schemaVersion: 1, passed: true, stages: [{ stage: "prod", passed: true }] });
    expect(run.stages[0]?.checks.map(({ name, status }) => [name, status])).toEqual(
      checkNames.map((name) => [name, "passed"]),
    );
    expect(environment.stdout() + environment.stderr()).toBe("");
  });

  it("has a login for each stage", async () => {
    const { environment, options, login, services } = createProgram();
    const { prod } = options.stages as { prod: published.SmokeStage };
    const run = await smokeGivenStages(
      {
        ...options,
        stages: { dev: prod, prod },
        login: (stage) => (stage === "prod" ? login : Promise.reject(new Error("no token for dev"))),
      },
      environment,
    );
    expect(run.stages.map(({ stage, passed }) => [stage, passed])).toEqual([
      ["dev", false],
      ["prod", true],
    ]);
    expect(failed(run).map(({ name, error }) => [name, error?.code, error?.message])).toEqual([
      ["twitter.token", "not-logged-in", "cannot get the login of dev: no token for dev"],
    ]);
    for (const secret of services.secrets) expect(JSON.stringify(run)).not.toContain(secret);
  });

  it("checks the named routes, as auth-cli.json names them", async () => {
    const { environment, options } = createProgram();
    const { prod } = options.stages as { prod: published.SmokeStage };
    const routes = { routes: ["GET /notes"], expectations: { "GET /notes": { body: "Hello" } } };
    const run = await smokeGivenStages({ ...options, stages: { prod: { ...prod, ...routes } } }, environment);
    expect(run.passed).toBe(true);
    expect(run.stages[0]?.checks.find(({ name }) => name === "private.signed")?.route).toBe("GET /notes");
  });

  it("reports the cause and a fix", async () => {
    const { environment, options } = createProgram({ answers: permissionMissing() });
    const run = await smokeGivenStages(options, environment);
    expect(failed(run)).toMatchObject([
      {
        name: "private.signed",
        // Only the deployer's credentials could tell it from a handler that refuses.
        error: {
          reason: "undetermined",
          cause: expect.stringContaining("does not allow execute-api:Invoke") as unknown,
          fix: expect.stringContaining("auth.attachPermissionsForAuthUsers(stack, [api])") as unknown,
        },
      },
    ]);
  });

  it("names the place of the token in the fix, and shows no part of the token", async () => {
    const program = createProgram();
    const { accessToken } = program.login as published.TwitterLogin;
    const refusal = cognitoRefusal("NotAuthorizedException", `Invalid login token. ${accessToken}`);
    program.services.answers["cognito.get-id"] = (request) =>
      String(request.body).includes(accessToken) ? refusal : undefined;
    program.services.answers["twitter.*"] = () =>
      handled(401, { errors: [{ code: 89, message: "Expired" }] });
    const run = await smokeGivenStages(program.options, program.environment);
    expect(failed(run).map(({ name }) => name)).toEqual(["twitter.token", "cognito.get-id"]);
    for (const { error } of failed(run))
      expect(error?.fix).toBe(
        "run `auth-cli login --stage prod` and put the new token into the secret canary",
      );
    expect(JSON.stringify(run)).not.toContain(accessToken);
  });

  it("names its options in errors, not flags and variables of the command", async () => {
    const { environment, options, login, services } = createProgram();
    services.answers["private.signed"] = () => {
      environment.clock.ms += 5000;
      throw new AuthCliError("timeout", { message: "no answer within 5 s" });
    };
    const { prod } = options.stages as { prod: published.SmokeStage };
    const { consumerKey: _key, ...half } = login as published.TwitterLogin;
    const run = await smokeGivenStages(
      {
        stages: { prod: { ...prod, routes: ["GET /notes"] } },
        login: { ...half, source: "the secret canary" },
        timeout: 5000,
      },
      environment,
    );
    const errors = Object.fromEntries(run.stages[0]?.checks.map(({ name, error }) => [name, error]) ?? []);
    expect(errors).toMatchObject({
      "twitter.token": { message: "consumerKey is not set", fix: "set consumerKey in the secret canary" },
      "public.open": { message: "no open route is named; add it to publicRoutes of the stage" },
      "private.signed": {
        message: "not finished within 5 s (`timeout`)",
        cause: "a service is slow or does not answer",
        fix: "raise `timeout`, or exclude checks with `skip`",
      },
    });
    await expect(smokeGivenStages({ ...options, skip: ["outputs"] }, environment)).rejects.toMatchObject({
      message: "cannot skip outputs (`skip`)",
    });
  });

  it("names the place of the consumer key", async () => {
    const { environment, options } = createProgram({
      answers: { "twitter.*": () => handled(401, { errors: [{ code: 32, message: "No" }] }) },
    });
    expect(failed(await smokeGivenStages(options, environment))).toMatchObject([
      {
        name: "twitter.token",
        error: {
          fix: expect.stringContaining("into consumerKey and consumerSecret of the secret canary") as unknown,
        },
      },
    ]);
  });

  it("ignores the variables and the files of the process", async () => {
    const { environment, options } = createProgram({ variables: { TWITTER_ACCESS_TOKEN: "other", CI: "1" } });
    const run = await smokeGivenStages({ ...options, login: {} as published.SmokeLogin }, environment);
    expect(failed(run)).toMatchObject([
      {
        name: "twitter.token",
        error: { code: "invalid-configuration", message: "no login in the argument of smoke" },
      },
    ]);
  });

  it.each<[string, object, object]>([
    [
      "an unknown field",
      { stages: { prod: { url: "https://a.example" } } },
      { code: "invalid-configuration" },
    ],
    [
      "an invalid route",
      { stages: { prod: { routes: ["notes"] } } },
      { code: "invalid-configuration", message: "the argument of smoke has an invalid stages.prod.routes" },
    ],
    ["no stage", { stages: {} }, { code: "invalid-usage", message: "the argument of smoke names no stage" }],
    ["no stages", { stages: undefined }, { code: "invalid-usage" }],
    ["no check", { skip: checkNames.slice(1) }, { code: "invalid-usage" }],
  ])("rejects %s", async (_name, change, error) => {
    const { environment, options } = createProgram();
    await expect(smokeGivenStages({ ...options, ...change }, environment)).rejects.toMatchObject(error);
  });

  it("reports a missing login", async () => {
    const { environment, options } = createProgram();
    const run = await smokeGivenStages({ ...options, login: undefined } as never, environment);
    expect(failed(run)[0]).toMatchObject({ error: { message: "no login in the argument of smoke" } });
  });

  it("reports a stage without an address", async () => {
    const { environment, options } = createProgram();
    const { prod } = options.stages as { prod: published.SmokeStage };
    const stages = { prod: { endpoint: prod.endpoint } as published.SmokeStage };
    const run = await smokeGivenStages({ ...options, stages }, environment);
    expect(failed(run)).toMatchObject([
      { name: "outputs", error: { message: "the stage prod has no identityPoolId" } },
    ]);
  });

  it("ends with its signal", async () => {
    const { options } = createProgram();
    await expect(smoke({ ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "interrupted",
    });
  });

  it("has the types of the report", () => {
    expectTypeOf<published.CheckName>().toEqualTypeOf<CheckName>();
    expectTypeOf(smoke).toEqualTypeOf<typeof published.smoke>();
    expectTypeOf<Timings>().toExtend<Pick<published.Hop, keyof Timings>>();
  });
});
