import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";

import { zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { deployFunction, deployRole } from "../../test/account-fixture.ts";
import { type Account, createAccount, type LambdaFunction } from "../account.ts";
import { createSessions } from "../iam/sessions.ts";
import { createLambda, type Lambda } from "./lambda.ts";

const now = () => new Date();
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let account: Account;
let lambda: Lambda;
let log: string[];
let servers: Server[];

beforeEach(() => {
  account = createAccount("123456789012", "us-east-1");
  deployRole(account, "function", []);
  log = [];
  servers = [];
  start();
});

afterEach(async () => {
  await lambda.close();
  for (const server of servers) server.close();
});

function start(endpoint = ""): void {
  lambda = createLambda({
    account,
    sessions: createSessions({ now }),
    now,
    log: (line) => log.push(line),
    environment: () => ({ AWS_ENDPOINT_URL: endpoint }),
  });
}

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A live function has `SST_FUNCTION_ID`. */
const deployLive = (source: string, settings: Partial<LambdaFunction> = {}): LambdaFunction =>
  deployFunction(account, "live", source, { environment: { SST_FUNCTION_ID: "f" }, ...settings });

async function result(lambdaFunction: LambdaFunction, event: unknown = {}): Promise<unknown> {
  const outcome = await lambda.invoke(lambdaFunction, event);
  if (!outcome.ok) throw new Error(`${outcome.errorType}: ${outcome.errorMessage}`);
  return JSON.parse(outcome.payload);
}

const leavesTimer =
  "let fired = false; export const handler = async () => { const was = fired; setTimeout(() => (fired = true), 5); return was; };";

describe("between two invocations", () => {
  it("a live bridge's event loop runs", async () => {
    const bridge = deployLive(leavesTimer);
    await expect(result(bridge)).resolves.toBe(false);
    await pause(100);
    await expect(result(bridge)).resolves.toBe(true);
  });

  it("another function stands still", async () => {
    const lambdaFunction = deployFunction(account, "f", leavesTimer);
    await expect(result(lambdaFunction)).resolves.toBe(false);
    await pause(100);
    await expect(result(lambdaFunction)).resolves.toBe(false);
  });

  it.each([
    ["exits", "process.exit(1)"],
    ["throws", "throw new Error('lost')"],
    ["rejects", "Promise.reject(new Error('lost'))"],
  ])("a live bridge that %s is replaced", async (_name, statement) => {
    const bridge = deployLive(
      `let calls = 0; export const handler = async ({ end }) => { if (end) setTimeout(() => { ${statement} }, 5); return ++calls; };`,
    );
    await expect(result(bridge, { end: true })).resolves.toBe(1);
    await pause(200);
    await expect(result(bridge)).resolves.toBe(1);
  });
});

it("names process.exit where a live bridge waits in vain", async () => {
  const bridge = deployLive("export const handler = () => new Promise(() => {});", { timeoutSeconds: 0.3 });
  await expect(result(bridge)).rejects.toThrow(/Task timed out/);
  expect(log.join("\n")).toMatch(/lambda live: sst dev sent no result: .* process\.exit/);
});

it("a live bridge ends when its caller has gone, and another answers", async () => {
  const bridge = deployLive(
    "export const handler = async ({ waits }) => (waits ? new Promise(() => {}) : 7);",
    {
      timeoutSeconds: 900,
    },
  );
  const unanswered = await lambda.invoke(bridge, { waits: true }, { waitsMs: 300 });
  expect(unanswered).toMatchObject({ errorMessage: "Task timed out after 0.30 seconds" });
  expect(log.join("\n")).toContain("sst dev sent no result");
  await expect(result(bridge)).resolves.toBe(7);
});

const started = (): Promise<void> => vi.waitFor(() => expect(log).toContain("lambda live: started"), 10_000);

const deployWaiting = (body: string): LambdaFunction =>
  deployLive(`export const handler = async () => { console.log("started"); ${body} };`, {
    environment: { SST_FUNCTION_ID: "f", SST_APP: "app", SST_STAGE: "live" },
    timeoutSeconds: 3600,
  });

describe("a request during which sst dev loses its connection", () => {
  const filters = ["/sst/app/live/events"];
  beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
  afterEach(() => vi.useRealTimers());

  it("ends after five seconds, and the log names the cause", async () => {
    const outcome = lambda.invoke(deployWaiting("await new Promise(() => {});"), {});
    await started();
    lambda.abandon(filters);
    await vi.advanceTimersByTimeAsync(6000);
    await expect(outcome).resolves.toMatchObject({ ok: false, errorType: "Runtime.ExitError" });
    expect(log.join("\n")).toContain("lambda live: sst dev ended or lost its connection to AWS IoT");
  });

  it("may still be answered", async () => {
    const answer = result(deployWaiting("await new Promise((r) => setTimeout(r, 500)); return 7;"));
    await started();
    lambda.abandon(filters);
    await expect(answer).resolves.toBe(7);
  });

  it("goes on when the client was another", async () => {
    const answer = result(deployWaiting("await new Promise((r) => setTimeout(r, 500)); return 7;"));
    await started();
    lambda.abandon(["/sst/app/live/events/0a", "/sst/app/other/events"]);
    await vi.advanceTimersByTimeAsync(6000);
    await expect(answer).resolves.toBe(7);
  });
});

it("keeps all live bridges, however long they are idle", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const bridge = deployLive(
      "let calls = 0; export const handler = async () => { calls++; await new Promise((r) => setTimeout(r, 50)); return calls; };",
    );
    const invokeTogether = () => Promise.all([1, 2, 3].map(() => result(bridge)));
    await expect(invokeTogether()).resolves.toEqual([1, 1, 1]);
    vi.advanceTimersByTime(3_600_000);
    await expect(invokeTogether()).resolves.toEqual([2, 2, 2]);
  } finally {
    vi.useRealTimers();
  }
});

it("gets a live bridge's invocations, however fast they follow", async () => {
  const bridge = deployLive("export const handler = async (n) => n;");
  for (let n = 0; n < 1000; n += 1) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await result(bridge, n)).toBe(n);
  }
});

describe("the bridge of sst dev", () => {
  it("logs no secret and no usable presigned URL", async () => {
    await lambda.close();
    const iot = createServer((_, response) => {
      response.setHeader("content-type", "application/json");
      // No broker listens there.
      response.end(JSON.stringify({ endpointAddress: "127.0.0.1:9" }));
    });
    start(`http://127.0.0.1:${await listen(iot)}`);
    const bundle = join(createRequire(import.meta.url).resolve("sst"), "../support/bridge/live-lambda.mjs");
    const code = zipSync({
      "live-lambda.mjs": await readFile(bundle),
      "index.mjs": Buffer.from(
        `export const handler = async () => process.env;
         import("./live-lambda.mjs");`,
      ),
    });
    const bridge = deployFunction(account, "live", "", {
      code,
      memoryMb: 1024,
      environment: { SST_FUNCTION_ID: "f", SST_APP: "app", SST_STAGE: "local" },
    });
    const variables = (await result(bridge)) as Record<string, string>;
    await vi.waitFor(() => expect(log.join("\n")).toContain("using websockets, will connect to"), 10_000);
    const text = log.join("\n");
    expect(text).toContain("X-Amz-Security-Token=[session token]");
    expect(text).toContain("signing key: [signing key]");
    for (const name of ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
      expect(text).not.toContain(variables[name]);
      expect(text).not.toContain(encodeURIComponent(variables[name] ?? ""));
    }
  });
});

it("masks what any handler logs and throws", async () => {
  const lambdaFunction = deployFunction(
    account,
    "f",
    "export const handler = async () => { console.log(process.env); throw new Error(process.env.AWS_SESSION_TOKEN); };",
  );
  await expect(result(lambdaFunction)).rejects.toThrow("Error: [session token]");
  expect(log.join("\n")).toContain("AWS_SECRET_ACCESS_KEY: '[secret access key]'");
  expect(log.join("\n")).not.toMatch(/AWS_SESSION_TOKEN: '(?!\[session token\])/);
});
