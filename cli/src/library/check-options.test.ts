import { describe, expect, it } from "vitest";
import { AuthCliError } from "../errors.ts";
import { createSigner, smoke } from "./library.ts";

const stage = {
  endpoint: "http://127.0.0.1:9",
  identityPoolId: "us-east-1:11111111-2222-4333-8444-666666666666",
};
const login = { accessToken: "42-access-token", accessTokenSecret: "token-secret" };
const options = { stage, login };
const request = { method: "GET", url: "/private" };

type Invalid = [field: string, values: unknown[]];
const common: Invalid[] = [
  ["variables", [null, 1, "x", [], { AWS_ENDPOINT_URL: 5 }]],
  ["signal", [null, 1, "x", {}, { aborted: true }]],
  ["now", [null, 1, {}, () => Number.NaN, () => "x"]],
];

/** @returns what an invalid argument causes */
async function errorOf(call: () => unknown): Promise<AuthCliError> {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => new Error("accepted"),
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(AuthCliError);
  for (const secret of Object.values(login)) expect(JSON.stringify(error)).not.toContain(secret);
  return error as AuthCliError;
}

/** The error that names a field, and what to do about it. */
function named(field: string): object {
  return {
    code: "invalid-configuration",
    message: expect.stringMatching(new RegExp(`has (an invalid|no) ${field}$`)) as unknown,
    cause: expect.stringContaining(field) as unknown,
    fix: expect.stringContaining(`set ${field} to `) as unknown,
  };
}

describe("the argument", () => {
  it.each([undefined, null, 1, "x", [], () => options])("of either function rejects %s", async (value) => {
    expect((await errorOf(() => createSigner(value as never))).message).toBe(
      "the argument of createSigner is not an object",
    );
    expect((await errorOf(() => smoke(value as never))).message).toBe(
      "the argument of smoke is not an object",
    );
  });

  it.each<Invalid>([
    ...common,
    ["stage", [undefined, null, 1, "x", [], () => stage, {}, { endpoint: stage.endpoint }]],
    [
      "login",
      [undefined, null, 1, "x", [], () => login, {}, { ...login, accessToken: 1 }, { provider: "x" }],
    ],
  ])("of createSigner names an invalid %s at once", async (field, values) => {
    for (const value of values) {
      // Not a promise: a load test must not start.
      const create = (): void => void createSigner({ ...options, [field]: value });
      expect(await errorOf(create)).toMatchObject(named(field));
    }
  });

  it.each(["ftp://127.0.0.1:9", "http://api.example"])(
    "of createSigner rejects the endpoint %s at once",
    async (endpoint) => {
      const create = (): void => void createSigner({ login, stage: { ...stage, endpoint } });
      expect(await errorOf(create)).toMatchObject({
        code: "invalid-configuration",
        message: expect.stringContaining("(the argument of createSigner)") as unknown,
      });
    },
  );

  it.each<Invalid>([
    ["stage\\.endpoint", [1, "nonsense", new URL(stage.endpoint)]],
    ["stage\\.identityPoolId", [1, "us-east-1_abc"]],
  ])("of createSigner names an invalid %s", async (field, values) => {
    const name = field.replace("stage\\.", "");
    for (const value of values) {
      const error = await errorOf(() => createSigner({ login, stage: { ...stage, [name]: value } }));
      expect(error.message).toMatch(new RegExp(`has an invalid ${field}$`));
      expect(error.fix).not.toContain("remove it");
    }
  });

  it("of either function names an unknown option", async () => {
    for (const [call, name] of [
      [createSigner, "createSigner"],
      [smoke, "smoke"],
    ] as const) {
      const given = { stage, stages: { prod: stage }, login, retyFor: 1 };
      const { stage: _stage, ...ofSmoke } = given;
      const { stages: _stages, ...ofSigner } = given;
      const error = await errorOf(() => call((name === "smoke" ? ofSmoke : ofSigner) as never));
      expect(error).toMatchObject({
        code: "invalid-configuration",
        message: `the argument of ${name} has an unknown retyFor`,
        cause: expect.stringContaining("login") as unknown,
        fix: "remove retyFor",
      });
    }
  });

  it.each<Invalid>([
    ...common,
    ["stages", [null, 1, "x", [stage]]],
    ["only", [null, 1, "outputs", {}, ["unknown"], [null]]],
    ["skip", [null, 1, "outputs", ["unknown"]]],
    ["retryFor", [null, "5m", -1, Number.NaN]],
    ["timeout", [null, "5m", -1, Number.NaN, {}]],
    ["failFast", [null, "yes", 1]],
    ["framework", [null, "x", 1]],
  ])("of smoke names an invalid %s", async (field, values) => {
    for (const value of values) {
      const given = { stages: { prod: stage }, login, only: ["outputs"], [field]: value };
      expect(await errorOf(() => smoke(given as never))).toMatchObject(named(field));
    }
  });

  it.each<Invalid>([
    ["method", [undefined, null, 5, "", "GE T"]],
    ["url", [undefined, null, 5, new URL(stage.endpoint)]],
    [
      "headers",
      [null, "a: b", [["a", "b"]], new Map([["a", "b"]]), new Headers({ a: "b" }), { a: 5 }, { a: ["b"] }],
    ],
    ["body", [5, {}, new ArrayBuffer(1), new URLSearchParams("a=1")]],
  ])("of a signer names an invalid %s", async (field, values) => {
    const sign = createSigner(options);
    for (const value of values) {
      expect(await errorOf(() => sign({ ...request, [field]: value }))).toMatchObject(named(field));
    }
  });

  it("of a signer must be there", async () => {
    const sign = createSigner(options) as (given?: unknown) => Promise<unknown>;
    expect((await errorOf(() => sign())).message).toBe("the request to sign is not an object");
    expect((await errorOf(() => sign(null))).message).toBe("the request to sign is not an object");
  });

  it.each([5, "x", [], () => 5])(
    "of smoke may have the login %s, which the report rejects",
    async (value) => {
      const run = await smoke({
        stages: { prod: stage },
        login: value as never,
        only: ["cognito.get-id"],
      });
      const [failed] = run.stages[0]?.checks.filter(({ status }) => status === "failed") ?? [];
      expect(failed?.error).toMatchObject({
        code: "invalid-configuration",
        message: "no login in the argument of smoke",
      });
    },
  );

  it.each([null, undefined, 5])("of smoke may have a login function that throws %s", async (thrown) => {
    const run = await smoke({
      stages: { prod: stage },
      login: () => Promise.reject(thrown),
      only: ["cognito.get-id"],
    });
    const [failed] = run.stages[0]?.checks.filter(({ status }) => status === "failed") ?? [];
    expect(failed?.error).toMatchObject({ code: "not-logged-in" });
  });
});
