import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createSessions } from "../iam/sessions.ts";
import { type Account, createAccount, type LambdaFunction } from "../account.ts";
import { allow, deployFunction, deployRole } from "../../test/account-fixture.ts";
import { createLambda, type InvocationResult, type Lambda } from "./lambda.ts";

let account: Account;
let sessions: ReturnType<typeof createSessions>;
let lambda: Lambda;
let log: string[];
/** What CloudWatch gets. */
let lines: string[];

const now = () => new Date();

beforeEach(() => {
  account = createAccount("123456789012", "us-east-1");
  deployRole(account, "function", [allow("logs:*", "*")]);
  sessions = createSessions({ now });
  log = [];
  lines = [];
  lambda = createLambda({
    account,
    sessions,
    now,
    log: (line) => log.push(line),
    onLine: (_name, line) => lines.push(line),
    environment: () => ({ AWS_ENDPOINT_URL: "http://127.0.0.1:4566" }),
  });
});

afterEach(() => lambda.close());

const deploy = (source: string, settings?: Parameters<typeof deployFunction>[3]): LambdaFunction =>
  deployFunction(account, "f", source, settings);

async function result(lambdaFunction: LambdaFunction, event: unknown = {}): Promise<unknown> {
  const outcome = await lambda.invoke(lambdaFunction, event);
  if (!outcome.ok) throw new Error(`${outcome.errorType}: ${outcome.errorMessage}`);
  return JSON.parse(outcome.payload);
}

describe("the log of a function", () => {
  const group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f";

  it.each([
    ["a role that may write to any", [allow("logs:*", "*")], undefined, undefined],
    ["a role that may write to it", [allow("logs:*", `${group}:*`)], undefined, undefined],
    [
      "a role that may write to its own one",
      [allow("logs:*", `${group}-own:*`)],
      "/aws/lambda/f-own",
      undefined,
    ],
    [
      "a role that may write to another",
      [allow("logs:*", `${group}-own:*`)],
      undefined,
      "logs:CreateLogStream",
    ],
    ["a role that may not add events", [allow("logs:CreateLogStream", "*")], undefined, "logs:PutLogEvents"],
    [
      "a role that may not create its stream",
      [allow("logs:PutLogEvents", "*")],
      undefined,
      "logs:CreateLogStream",
    ],
  ])("depends on its role: %s", async (_name, policies, logGroup, missing) => {
    deployRole(account, "function", policies);
    const lambdaFunction = deploy("export const handler = async () => { console.log('one'); };");
    lambdaFunction.logGroup = logGroup;
    await result(lambdaFunction);
    await vi.waitFor(() => expect(log).toContain("lambda f: one"));
    expect(lines).toEqual(missing === undefined ? ["one"] : []);
    expect(log.map((line) => /its role lacks (\S+),/.exec(line)?.[1]).find(Boolean)).toBe(missing);
  });
});

describe("a handler", () => {
  it.each<[string, string, Parameters<typeof deployFunction>[3]]>([
    ["an async function", "export const handler = async ({ n }) => n + 1;", {}],
    [
      "a function with a callback",
      "export const handler = ({ n }, _, done) => { setTimeout(() => done(null, n + 1), 5); };",
      {},
    ],
    [
      "a function that uses context.succeed",
      "export const handler = ({ n }, context, _) => { context.succeed(n + 1); };",
      {},
    ],
    ["CommonJS", "exports.handler = async ({ n }) => n + 1;", { file: "index.js" }],
    [
      "CommonJS that static analysis cannot resolve",
      "module.exports = Object.fromEntries([['handler', async ({ n }) => n + 1]]);",
      { file: "index.cjs" },
    ],
    [
      "in a folder",
      "export const run = async ({ n }) => n + 1;",
      { file: "packages/functions/src/private.mjs", handler: "packages/functions/src/private.run" },
    ],
    ["nested", "export const a = { b: async ({ n }) => n + 1 };", { handler: "index.a.b" }],
  ])("may be %s", async (_name, source, settings) => {
    await expect(result(deploy(source, settings), { n: 1 })).resolves.toBe(2);
  });

  it("gets its own environment and its role's credentials only", async () => {
    vi.stubEnv("SECRET_OF_THE_MACHINE", "x");
    const lambdaFunction = deploy("export const handler = async () => process.env;", {
      environment: { TABLE: "t" },
    });
    const environment = (await result(lambdaFunction)) as Record<string, string>;
    vi.unstubAllEnvs();
    expect(environment).toMatchObject({
      TABLE: "t",
      AWS_REGION: "us-east-1",
      AWS_LAMBDA_FUNCTION_NAME: "f",
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    });
    expect(environment).not.toHaveProperty("SECRET_OF_THE_MACHINE");
    const root = environment["LAMBDA_TASK_ROOT"];
    expect(environment).toMatchObject({
      PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
      NODE_PATH: `/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:${root}`,
      LAMBDA_RUNTIME_DIR: "/var/runtime",
      AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    });
    expect(
      sessions.find(environment["AWS_ACCESS_KEY_ID"] ?? "", environment["AWS_SESSION_TOKEN"]),
    ).toMatchObject({
      state: "active",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"],
      principal: { arn: "arn:aws:sts::123456789012:assumed-role/function/f" },
    });
  });

  it("gets the trace of each request", async () => {
    const lambdaFunction = deploy("export const handler = async () => process.env._X_AMZN_TRACE_ID;");
    const trace = async (root?: string): Promise<unknown> => {
      const outcome = await lambda.invoke(lambdaFunction, {}, { trace: root });
      return outcome.ok && JSON.parse(outcome.payload);
    };
    const rest = ";Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$";
    expect(await trace("Root=1-a-b")).toMatch(new RegExp(`^Root=1-a-b${rest}`));
    expect(await trace("Root=1-a-c;Parent=d;Sampled=1")).toBe("Root=1-a-c;Parent=d;Sampled=1");
    expect(await trace()).toMatch(new RegExp(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}${rest}`));
  });

  it("runs in the folder of its bundle", async () => {
    const reads = {
      readFileSync: "fs.readFileSync('a/b.txt', 'utf8')",
      named: "readFileSync('./a/b.txt', 'utf8')",
      promises: "await readFile('a/b.txt', 'utf8')",
      open: "await (await open('a/b.txt')).readFile('utf8')",
      stream: "(await fs.createReadStream('a/b.txt').toArray()).join('')",
      copyFile: "(fs.copyFileSync('a/b.txt', 'c.txt'), fs.readFileSync(process.cwd() + '/c.txt', 'utf8'))",
      symlink: "(fs.symlinkSync('b.txt', 'a/link'), fs.readFileSync('a/link', 'utf8'))",
      realpath: "fs.readFileSync(fs.realpathSync.native('a/b.txt'), 'utf8')",
      resolve: "fs.readFileSync(resolve('a', 'b.txt'), 'utf8')",
      execSync: "execSync('cat a/b.txt').toString()",
      execFileSync: "execFileSync('cat', ['b.txt'], { cwd: 'a', encoding: 'utf8' })",
      exec: "(await promisify(exec)('cat a/b.txt')).stdout",
      chdir: "(process.chdir('a'), fs.readFileSync('b.txt', 'utf8'))",
    };
    const source = `
      import { exec, execFileSync, execSync } from "node:child_process";
      import fs, { readFileSync } from "node:fs";
      import { open, readFile } from "node:fs/promises";
      import { resolve } from "node:path";
      import { promisify } from "node:util";
      export const handler = async () => ({ ${Object.entries(reads)
        .map(([name, expression]) => `${name}: ${expression}`)
        .join(", ")} });`;
    const code = zipSync({ "index.mjs": strToU8(source), "a/b.txt": strToU8("from the bundle") });
    const expected = Object.fromEntries(Object.keys(reads).map((name) => [name, "from the bundle"]));
    await expect(result(deploy("", { code }))).resolves.toEqual(expected);
  });

  it("does not see the files of the project", async () => {
    const lambdaFunction = deploy(
      "import fs from 'node:fs'; export const handler = async () => [fs.existsSync('package.json'), fs.readdirSync('.'), process.cwd() === process.env.LAMBDA_TASK_ROOT];",
    );
    expect(existsSync("package.json")).toBe(true);
    await expect(result(lambdaFunction)).resolves.toEqual([false, ["index.mjs"], true]);
  });

  it.each([
    ["responseStream.write('[1,'); responseStream.end('2]');", [1, 2]],
    ["responseStream.setContentType('text/plain'); responseStream.end(JSON.stringify(event));", { n: 1 }],
  ])("may stream its response: %s", async (statements, expected) => {
    const lambdaFunction = deploy(
      `export const handler = awslambda.streamifyResponse(async (event, responseStream) => { ${statements} });`,
    );
    await expect(result(lambdaFunction, { n: 1 })).resolves.toEqual(expected);
  });

  it("writes metadata before a streamed response", async () => {
    const lambdaFunction = deploy(
      "export const handler = awslambda.streamifyResponse(async (_, stream) => { awslambda.HttpResponseStream.from(stream, { statusCode: 201 }).end('made'); });",
    );
    const payload = `{"statusCode":201}${"\0".repeat(8)}made`;
    await expect(lambda.invoke(lambdaFunction, {})).resolves.toEqual({ ok: true, payload });
  });

  it("gets events of up to 6,291,456 bytes", async () => {
    const lambdaFunction = deploy("export const handler = async (event) => event.length;");
    // Two bytes a character, and quotes.
    const largest = "é".repeat(6_291_456 / 2 - 1);
    await expect(result(lambdaFunction, largest)).resolves.toBe(largest.length);
    await expect(result(lambdaFunction, `${largest}x`)).rejects.toThrow(
      "RequestEntityTooLargeException: Request must be smaller than 6291456 bytes",
    );
  });

  it("gets a context object", async () => {
    const lambdaFunction = deploy(
      `export const handler = async (_, context) => ({ ...context, left: context.getRemainingTimeInMillis() });`,
    );
    const context = (await result(lambdaFunction)) as Record<string, unknown>;
    expect(context).toMatchObject({
      functionName: "f",
      invokedFunctionArn: lambdaFunction.arn,
      memoryLimitInMB: "128",
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(context["left"]).toBeGreaterThan(4000);
    expect(context["left"]).toBeLessThanOrEqual(5000);
  });

  it("writes to the log instead of the terminal", async () => {
    const stdout = vi.spyOn(process.stdout, "write");
    const lambdaFunction = deploy(
      "export const handler = async () => { console.log('one %d', 1); console.error('two'); process.stdout.write('three\\n'); };",
    );
    await result(lambdaFunction);
    await vi.waitFor(() => expect(log).toEqual(["lambda f: one 1", "lambda f: two", "lambda f: three"]));
    expect(stdout.mock.calls.flat().join("")).not.toContain("three");
    stdout.mockRestore();
  });

  it("keeps its state between invocations and runs one at a time", async () => {
    const lambdaFunction = deploy(
      "let running = 0, most = 0; export const handler = async () => { running++; most = Math.max(most, running); await new Promise((r) => setTimeout(r, 5)); running--; return most; };",
    );
    const results = await Promise.all(Array.from({ length: 30 }, () => result(lambdaFunction)));
    expect(results).toEqual(Array.from({ length: 30 }, () => 1));
  });

  it("keeps one worker when others are not needed any more", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const lambdaFunction = deploy(
        "let calls = 0; export const handler = async () => { calls++; await new Promise((r) => setTimeout(r, 50)); return calls; };",
      );
      const invokeTogether = () =>
        Promise.all([1, 2, 3].map(async () => Number(await result(lambdaFunction))));
      await expect(invokeTogether()).resolves.toEqual([1, 1, 1]);
      await expect(invokeTogether()).resolves.toEqual([2, 2, 2]);
      vi.advanceTimersByTime(20_000);
      expect((await invokeTogether()).toSorted((a, b) => a - b)).toEqual([1, 1, 3]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("gets the event of its own invocation, however fast invocations follow", async () => {
    const lambdaFunction = deploy("export const handler = async (n) => n;");
    const numbers = Array.from({ length: 5000 }, (_, n) => n);
    let next = 0;
    const client = async (): Promise<void> => {
      // oxlint-disable-next-line no-await-in-loop
      for (let n = next++; n < numbers.length; n = next++) expect(await result(lambdaFunction, n)).toBe(n);
    };
    await Promise.all(Array.from({ length: 8 }, client));
  });
});

describe("a failure", () => {
  const failures: [string, string, Parameters<typeof deployFunction>[3], RegExp][] = [
    ["throws", "export const handler = async () => { throw new TypeError('no'); };", {}, /^TypeError: no$/],
    [
      "throws a value that is not an error",
      "export const handler = async () => { throw 'no'; };",
      {},
      /^Error: no$/,
    ],
    [
      "calls back with an error",
      "export const handler = (_, __, done) => done(new Error('no'));",
      {},
      /^Error: no$/,
    ],
    ["exits", "export const handler = async () => process.exit(3);", {}, /^Runtime\.ExitError: /],
    [
      "throws from a timer",
      "export const handler = () => new Promise(() => setTimeout(() => { throw new Error('later'); }));",
      {},
      /later/,
    ],
    [
      "never ends",
      "export const handler = () => { for (;;); };",
      { timeoutSeconds: 0.3 },
      /^Sandbox\.Timedout: Task timed out after 0\.30 seconds$/,
    ],
    [
      "waits forever",
      "export const handler = () => new Promise(() => {});",
      { timeoutSeconds: 0.3 },
      /^Sandbox\.Timedout/,
    ],
    [
      "uses more memory than it has",
      "export const handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill({})); };",
      // Half a second of CPU, for which a busy machine takes longer than the default timeout.
      { memoryMb: 32, timeoutSeconds: 25 },
      /^Runtime\.ExitError/,
    ],
    ["does not exist", "export const other = 1;", {}, /^Runtime\.HandlerNotFound/],
    [
      "has no file",
      "export const handler = 1;",
      { handler: "elsewhere.handler" },
      /^Runtime\.ImportModuleError/,
    ],
    ["is not JavaScript", "export const handler = (", {}, /^SyntaxError/],
  ];
  it.each(failures)(
    "of a handler that %s is reported, and the next invocation works",
    async (_name, source, settings, reason) => {
      const bad = deploy(source, settings);
      await expect(result(bad)).rejects.toThrow(reason);
      expect(log.length).toBeGreaterThan(0);
      await expect(result(deploy("export const handler = async () => 'works';"))).resolves.toBe("works");
    },
  );

  it("does not affect the next invocation of the same function", async () => {
    const lambdaFunction = deploy(
      "export const handler = async ({ hang }) => { if (hang) for (;;); return 'here'; };",
      { timeoutSeconds: 0.3 },
    );
    const outcomes: InvocationResult[] = [];
    // oxlint-disable-next-line no-await-in-loop
    for (const hang of [false, true, false]) outcomes.push(await lambda.invoke(lambdaFunction, { hang }));
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
  });

  it.each([
    ["an exit in a timer", "setTimeout(() => process.exit(1))", /^Runtime\.ExitError/],
    ["a throw in a timer", "setTimeout(() => { throw new RangeError('late'); })", /^RangeError: late$/],
    [
      "an unhandled rejection",
      "Promise.reject(new Error('lost'))",
      /^Runtime\.UnhandledPromiseRejection: lost$/,
    ],
  ])("by %s ends the invocation and discards the worker's state", async (_name, statement, reason) => {
    const lambdaFunction = deploy(
      `let calls = 0; export const handler = async ({ fail }) => { calls++; if (fail) { ${statement}; await new Promise(() => {}); } return calls; };`,
    );
    await expect(result(lambdaFunction)).resolves.toBe(1);
    await expect(result(lambdaFunction, { fail: true })).rejects.toThrow(reason);
    await expect(result(lambdaFunction)).resolves.toBe(1);
  });

  it.each<[string, string, RegExp | "here", Parameters<typeof deployFunction>[3]?]>([
    [
      "posts to the parent",
      "const { parentPort } = await import('node:worker_threads'); parentPort.postMessage({ junk: 1 }); parentPort.postMessage({ ok: true, payload: '\"forged\"' });",
      "here",
    ],
    [
      "closes the parent's port",
      "const { parentPort } = await import('node:worker_threads'); parentPort.unref(); parentPort.close();",
      "here",
    ],
    [
      "reads workerData",
      "const { workerData } = await import('node:worker_threads'); if (Object.keys(workerData).length > 0) throw new Error('readable');",
      "here",
    ],
    [
      "removes listeners and throws later",
      "process.removeAllListeners(); setTimeout(() => { throw new Error('gone'); }); await new Promise(() => {});",
      /gone/,
    ],
    ["replaces globals", "JSON.stringify = JSON.parse = Atomics.wait = setImmediate = undefined;", "here"],
    ["kills its process", "process.kill(process.pid, 'SIGKILL');", /^Runtime\.ExitError: .*signal: killed$/],
    ["kills its process group", "process.kill(0);", /signal: terminated$/],
    ["kills the parent process", "process.kill(String(process.ppid));", /signal: terminated$/],
    ["aborts", "process.abort();", /signal: aborted$/],
    ["exits by the internal function", "process.reallyExit(4);", /exit status 4$/],
    ["asks whether its process runs", "process.kill(process.pid, 0);", "here"],
    ["returns a BigInt", "return 1n;", /^Error: Unable to stringify response body$/],
    ["returns a cycle", "const a = {}; a.a = a; return a;", /^Error: Unable to stringify response body$/],
    ["throws what JSON cannot hold", "throw 1n;", /^Error: /],
    [
      "throws an object that cannot be read",
      "throw new Proxy({}, { get() { throw new Error('no'); }, getPrototypeOf() { throw new Error('no'); } });",
      /^Error: /,
    ],
    [
      "throws an error with odd properties",
      "throw Object.assign(new Error('x'), { name: () => 1, stack: {} , message: [2] });",
      /: 2$/,
    ],
    [
      "leaves a rejection behind",
      "Promise.reject(new Error('lost'));",
      /^Runtime\.UnhandledPromiseRejection: lost$/,
    ],
    ["returns more than 6 MB", "return 'é'.repeat(3_145_778);", /^Function\.ResponseSizeTooLarge: /],
    [
      "fills its memory at once",
      "const all = []; for (;;) all.push(1);",
      /^Runtime\.ExitError: .*signal: killed$/,
      { memoryMb: 128, timeoutSeconds: 25 },
    ],
  ])("of a handler that %s affects its own invocation alone", async (_name, statement, outcome, settings) => {
    const other = deployFunction(account, "other", "export const handler = async () => 'here';");
    const lambdaFunction = deploy(
      `export const handler = async ({ fail }) => { if (fail) { ${statement} } return 'here'; };`,
      settings,
    );
    const [failing, same, another] = await Promise.allSettled([
      result(lambdaFunction, { fail: true }).catch((error: unknown) => (error as Error).message),
      result(lambdaFunction),
      result(other),
    ]);
    expect(failing).toEqual({ status: "fulfilled", value: expect.stringMatching(outcome) as string });
    expect([same, another]).toEqual([
      { status: "fulfilled", value: "here" },
      { status: "fulfilled", value: "here" },
    ]);
    await expect(result(lambdaFunction)).resolves.toBe("here");
  });

  it("to leave file descriptors does not end the process, which cannot measure its memory then", async () => {
    const measured = join(await mkdtemp(join(tmpdir(), "measured-")), "measured");
    const measure = vi.spyOn(process.memoryUsage, "rss").mockImplementation(() => {
      writeFileSync(measured, "");
      throw new Error("EMFILE: too many open files");
    });
    const handler = deploy(
      `import { existsSync } from "node:fs"; export const handler = async () => { while (!existsSync(${JSON.stringify(measured)})); return "busy"; };`,
    );
    expect(await result(handler)).toBe("busy");
    measure.mockRestore();
    await rm(dirname(measured), { recursive: true });
  });

  it("to load is not counted as the handler's time", async () => {
    const lambdaFunction = deploy(
      "await new Promise((r) => setTimeout(r, 600)); export const handler = async () => 'here';",
      { timeoutSeconds: 0.3 },
    );
    await expect(result(lambdaFunction)).resolves.toBe("here");
  });

  it("by process.exit discards the worker's state", async () => {
    const lambdaFunction = deploy(
      "let calls = 0; export const handler = async ({ exit }) => { calls++; if (exit) process.exit(1); return calls; };",
    );
    await expect(result(lambdaFunction)).resolves.toBe(1);
    await expect(result(lambdaFunction, { exit: true })).rejects.toThrow(/exit status 1/);
    await expect(result(lambdaFunction)).resolves.toBe(1);
  });

  it.each(["../escaped.mjs", "/etc/escaped.mjs/../../../../escaped", "a/../../escaped.mjs"])(
    "of a bundle that holds %s is reported, and nothing is written outside the folder",
    async (name) => {
      const code = zipSync({ [name]: strToU8("x") });
      await expect(result(deploy("", { code }))).rejects.toThrow(/leads out of it/);
      expect(existsSync(join(tmpdir(), "escaped.mjs"))).toBe(false);
    },
  );

  it("of a bundle that is not an archive is reported", async () => {
    await expect(result(deploy("", { code: new Uint8Array([1, 2, 3]) }))).rejects.toThrow(/InvalidZipFile/);
  });

  it("of this computer is not blamed on the bundle, and the next invocation tries again", async () => {
    const lambdaFunction = deploy("export const handler = async () => 1;");
    vi.stubEnv("TMPDIR", join(tmpdir(), "does-not-exist"));
    await expect(result(lambdaFunction)).rejects.toThrow(/^ServiceException: ENOENT/);
    vi.unstubAllEnvs();
    await expect(result(lambdaFunction)).resolves.toBe(1);
  });
});

describe("a deployment", () => {
  it("takes effect at the next invocation, while earlier invocations finish", async () => {
    const lambdaFunction = deploy(
      "export const handler = async () => { await new Promise((r) => setTimeout(r, 200)); return 'old'; };",
    );
    const before = result(lambdaFunction);
    await new Promise((resolve) => setTimeout(resolve, 100));
    lambdaFunction.code = zipSync({
      "index.mjs": strToU8("export const handler = async () => process.env.V ?? 'new';"),
    });
    await expect(result(lambdaFunction)).resolves.toBe("new");
    await expect(before).resolves.toBe("old");
    lambdaFunction.environment = { V: "newer" };
    await expect(result(lambdaFunction)).resolves.toBe("newer");
  });

  it("leaves no file and no worker behind", async () => {
    // Other tests run beside this one.
    const temporary = await mkdtemp(join(tmpdir(), "lambda-test-"));
    vi.stubEnv("TMPDIR", temporary);
    const folders = () => readdirSync(temporary);
    const hanging = lambda.invoke(deploy("export const handler = () => new Promise(() => {});"), {});
    await vi.waitFor(() => expect(folders()).not.toEqual([]));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await lambda.close();
    vi.unstubAllEnvs();
    expect(folders()).toEqual([]);
    await rm(temporary, { recursive: true });
    await expect(hanging).resolves.toMatchObject({ ok: false });
  });
});
