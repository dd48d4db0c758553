import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { installPinned } from "@api-auth-twitter/test-support/pinned-packages";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";
import type { SstApp } from "@api-auth-twitter/test-support/sst-app";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const example = join(dirname(dirname(dirname(dirname(import.meta.dirname)))), "examples/load");
const users = 6;

/** A fault that a single user does not notice. */
const cachesTheFirstCaller = (app: SstApp): Promise<void> =>
  app.edit(
    "packages/functions/src/private.ts",
    // oxlint-disable-next-line no-template-curly-in-string -- source code
    "body: `Hello ${identityId}!`",
    'body: ((globalThis as { first?: string }).first ??= "Hello " + identityId + "!")',
  );

describe("the load example", () => {
  const settings = {
    LOAD_ENDPOINT: "http://127.0.0.1:9",
    LOAD_IDENTITY_POOL_ID: "us-east-1:11111111-2222-4333-8444-666666666666",
  };
  const login = { accessToken: "42-token", accessTokenSecret: "secret" };

  it.each<[message: string, text: string, variables: Record<string, string>]>([
    ["LOAD_ENDPOINT is not set\nfix: run `export LOAD_ENDPOINT=…`", JSON.stringify([login]), {}],
    ["tokens.json is not valid JSON", "42-token secret", settings],
    ["tokens.json is not a list of logins", "[]", settings],
    ["tokens.json is not a list of logins", "{}", settings],
    [
      "login 2 of .*tokens.json: the argument of createSigner has an invalid login",
      JSON.stringify([login, { accessToken: "42-token" }]),
      settings,
    ],
    ["login 1 of .*tokens.json: the argument of createSigner has an invalid login", "[null]", settings],
    [
      "the argument of createSigner has an invalid LOAD_ENDPOINT",
      JSON.stringify([login]),
      { ...settings, LOAD_ENDPOINT: "x" },
    ],
    ["cannot read .*nowhere.json", "", { ...settings, LOAD_TOKENS: "nowhere.json" }],
  ])("says before the load that %s, without the tokens", async (message, text, variables) => {
    const folder = await mkdtemp(join(tmpdir(), "load-example-"));
    try {
      const LOAD_TOKENS = join(folder, "tokens.json");
      await writeFile(LOAD_TOKENS, text, { mode: 0o600 });
      const { code, stderr } = await runProcess(process.execPath, ["processor.mjs"], {
        cwd: example,
        env: { LOAD_TOKENS, ...variables },
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^error: .*${message}`));
      expect(stderr).toMatch(/^fix: /m);
      expect(stderr).not.toContain("    at ");
      expect(stderr).not.toContain("42-token");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each(["AWS_LAMBDA_FUNCTION_NAME", "ECS_CONTAINER_METADATA_URI_V4"])(
    "takes the copy of the token file that a worker with %s has",
    async (variable) => {
      const folder = await mkdtemp(join(tmpdir(), "load-example-"));
      try {
        const LOAD_TOKENS = join(folder, "tokens.json");
        await writeFile(LOAD_TOKENS, JSON.stringify([login]), { mode: 0o644 });
        const check = (env: Record<string, string>): Promise<ProcessResult> =>
          runProcess(process.execPath, ["processor.mjs"], {
            cwd: example,
            env: { ...settings, LOAD_TOKENS, ...env },
          });
        expect((await check({})).stderr).toContain("other users can read");
        expect(await check({ [variable]: "x" })).toMatchObject({ code: 0, stderr: "" });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});

describe("an identity that Cognito gives to two logins", () => {
  const identityId = "us-east-1:11111111-2222-4333-8444-555555555555";
  /** Each login in turn sends a request, whose response names the identity. */
  const script = `
    const { chooseUser, sign, check } = await import(${JSON.stringify(pathToFileURL(join(example, "processor.mjs")).href)});
    const events = { emit: (_kind, name) => console.log(name) };
    for (let turn = 0; turn < 2; turn += 1) {
      const context = { vars: {} };
      const request = { method: "GET", url: "/private", headers: {} };
      await chooseUser(context);
      await sign(request, context, events);
      await check(request, { statusCode: 200, body: "Hello ${identityId}!" }, context, events);
    }`;

  it.each([
    ["another's for two users", ["1-token", "2-token"], "load.answers.another's identity"],
    ["own for two logins of one user", ["1-token", "1-other"], "load.answers.own identity"],
  ])("is %s", async (_name, accessTokens, second) => {
    const cognito = createServer((request, response) => {
      request.resume();
      const Credentials = { AccessKeyId: "ASIAEXAMPLE", SecretKey: "secret", SessionToken: "session-token" };
      response.end(
        JSON.stringify({
          IdentityId: identityId,
          Credentials: { ...Credentials, Expiration: Date.now() / 1000 + 3600 },
        }),
      );
    });
    await new Promise<void>((resolve) => void cognito.listen(0, "127.0.0.1", resolve));
    const folder = await mkdtemp(join(tmpdir(), "load-example-"));
    try {
      const LOAD_TOKENS = join(folder, "tokens.json");
      const logins = accessTokens.map((accessToken) => ({ accessToken, accessTokenSecret: "secret" }));
      await writeFile(LOAD_TOKENS, JSON.stringify(logins), { mode: 0o600 });
      const { stdout, stderr } = await runProcess(
        process.execPath,
        ["--input-type=module", "--eval", script],
        {
          cwd: example,
          env: {
            AWS_ENDPOINT_URL_COGNITO_IDENTITY: `http://127.0.0.1:${(cognito.address() as AddressInfo).port}`,
            LOAD_ENDPOINT: "http://127.0.0.1:9",
            LOAD_IDENTITY_POOL_ID: "us-east-1:11111111-2222-4333-8444-666666666666",
            LOAD_TOKENS,
          },
        },
      );
      expect(stdout.trim().split("\n"), stderr).toEqual(["load.answers.own identity", second]);
    } finally {
      cognito.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe("the load example, by Artillery", () => {
  let artillery: string;
  let folder: string;

  beforeAll(async () => {
    artillery = join(await installPinned(example), "artillery/bin/run");
    folder = await mkdtemp(join(tmpdir(), "load-example-"));
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs the example against a stage with a few users. @returns what Artillery and the verdict printed */
  async function load(
    edit?: (app: SstApp) => Promise<void>,
    mode = 0o600,
  ): Promise<Record<"run" | "verdict", ProcessResult>> {
    const world = await deployWorld("prod", edit);
    try {
      const { ApiEndpoint, IdentityPoolId } = await world.outputs();
      const tokens = join(folder, "tokens.json");
      const report = join(folder, "report.json");
      const node = (...args: string[]): Promise<ProcessResult> =>
        runProcess(process.execPath, args, {
          cwd: example,
          env: {
            ...world.variables,
            ARTILLERY_DISABLE_TELEMETRY: "true",
            LOAD_ENDPOINT: ApiEndpoint,
            LOAD_IDENTITY_POOL_ID: IdentityPoolId,
            LOAD_TOKENS: tokens,
          },
          timeoutMs: 100_000,
        });
      await rm(report, { force: true });
      const login = await node("log-in.mjs", String(users), tokens);
      expect(login.code, login.stderr).toBe(0);
      await chmod(tokens, mode);
      const overrides = JSON.stringify({ config: { phases: [{ duration: 1, arrivalCount: users }] } });
      const run = await node(artillery, "run", "--output", report, "--overrides", overrides, "load.yml");
      return { run, verdict: await node("verdict.mjs", report) };
    } finally {
      await world.close();
    }
  }

  it("gives each user their own identity", async () => {
    const { run, verdict } = await load();
    expect(verdict.stdout, run.stdout + run.stderr).toContain(
      `${users} virtual users, ${users * 50} requests\n${users * 50} responses had the user's own identity, 0 another's\n`,
    );
    expect(verdict.code).toBe(0);
  });

  it("fails when the API answers with another user's identity", async () => {
    const { verdict } = await load(cachesTheFirstCaller);
    expect(verdict.stdout).toMatch(/^wrong: \d+ responses had another user's identity$/m);
    expect(verdict.code).toBe(1);
  });

  it("takes no token file that other users can read", async () => {
    const { run, verdict } = await load(undefined, 0o644);
    expect(run.stdout + run.stderr).toMatch(/other users can read .*tokens\.json/);
    expect(verdict.code).not.toBe(0);
  });
});
