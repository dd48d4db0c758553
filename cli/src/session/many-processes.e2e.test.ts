import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { join } from "node:path";
import { listen } from "@api-auth-twitter/test-support/listen";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import type { ProcessResult } from "@api-auth-twitter/test-support/run-process";
import { isLongRun, testRuns } from "@api-auth-twitter/test-support/test-runs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logInHere } from "../../test/run-here.ts";

let world: DeployedWorld;
let token: { token: string; secret: string };
let config: string;
let cache: string;
let counting: CountingCognito;

beforeAll(async () => {
  world = await deployWorld("prod");
  counting = await startCountingCognito(world.cloud.awsUrl);
  for (const user of ["bob", "alice"]) await logInHere(world.cli, user);
  const stored = (await world.cli.storedTokens()).at(-1);
  if (stored === undefined) throw new Error("no token was stored");
  token = stored;
  config = join(world.cli.home, "config/auth-cli");
  cache = join(world.cli.home, "cache/auth-cli");
});
afterAll(async () => {
  await counting.close();
  await world.close();
});

interface CountingCognito {
  url: string;
  /** Requests per operation since the last call. */
  takeCounts(): Record<string, number>;
  close(): Promise<void>;
}

/** Forwards every request and counts the operations. Requests to Cognito are unsigned, so the proxy may change the host. */
async function startCountingCognito(target: string): Promise<CountingCognito> {
  let counts: Record<string, number> = {};
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const operation = String(incoming.headers["x-amz-target"]).replace(/^.*\./, "");
    counts[operation] = (counts[operation] ?? 0) + 1;
    const onward = request(target, { method: "POST", headers: incoming.headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    takeCounts() {
      const taken = counts;
      counts = {};
      return taken;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const run = (args: string[], variables: Record<string, string> = {}, stdin = ""): Promise<ProcessResult> =>
  world.cli.run(args, {
    variables: { AWS_ENDPOINT_URL_COGNITO_IDENTITY: counting.url, ...variables },
    stdin,
  });

const leftovers = (): string[] =>
  [...readdirSync(config), ...readdirSync(cache)].filter(
    (name) => !/^(sessions|[0-9a-f]{32})\.json$/.test(name),
  );

const crowd = isLongRun ? 50 : 5;
const runAtOnce = (args: string[], variables?: Record<string, string>): Promise<ProcessResult[]> =>
  Promise.all(Array.from({ length: crowd }, () => run(args, variables)));

describe(`${crowd} processes at once`, () => {
  test("renew expired credentials once", async () => {
    await world.cli.expireCredentials();
    counting.takeCounts();
    const results = await runAtOnce(["call", "/private", "--user", "alice"]);
    expect(new Set(results.map(({ code, stderr }) => `${code} ${stderr}`))).toEqual(new Set(["0 "]));
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    // The login stored the identity, so GetId is not called.
    expect(counting.takeCounts()).toEqual({ GetCredentialsForIdentity: 1 });
    expect(leftovers()).toEqual([]);
  });

  test("call GetId only once, ever, for a token from the environment", async () => {
    const variables = { TWITTER_ACCESS_TOKEN: token.token, TWITTER_ACCESS_TOKEN_SECRET: token.secret };
    counting.takeCounts();
    const results = await runAtOnce(["call", "/private"], variables);
    expect(results.every(({ code }) => code === 0)).toBe(true);
    expect(counting.takeCounts()).toEqual({ GetId: 1, GetCredentialsForIdentity: 1 });
    await world.cli.expireCredentials();
    expect((await run(["call", "/private"], variables)).code).toBe(0);
    expect(counting.takeCounts()).toEqual({ GetCredentialsForIdentity: 1 });
  });

  test("keep every login when they log in", async () => {
    const before = await world.cli.storedTokens();
    const stdin = `${token.token}\n${token.secret}\n`;
    const results = await Promise.all(
      Array.from({ length: crowd }, () => world.cli.run(["login", "--with-token", "--force"], { stdin })),
    );
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: crowd }, () => 0));
    expect(await world.cli.storedTokens()).toEqual(before);
    expect(leftovers()).toEqual([]);
  });
});

/** Starts a command and kills it after a time. @returns false if it ended earlier */
async function killAfter(ms: number, args: string[], stdin: string): Promise<boolean> {
  const child = spawn(process.execPath, [authCliPath, ...args], {
    cwd: world.app.folder,
    env: world.cli.variables,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  const signal = await new Promise((resolve) => child.once("close", (_code, name) => resolve(name)));
  clearTimeout(timer);
  return signal === "SIGKILL";
}

/** Reads the store without auth-cli. Every file must exist and be complete. */
function readStore(): { users: string[]; identities: number } {
  const { sessions } = JSON.parse(readFileSync(join(config, "sessions.json"), "utf8")) as {
    sessions: { screenName: string; tokenCredentials: { secret: string } }[];
  };
  const cached = readdirSync(cache).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
  for (const name of cached) {
    const { identityId, credentials } = JSON.parse(readFileSync(join(cache, name), "utf8")) as {
      identityId: string;
      credentials: { sessionToken: string };
    };
    expect([typeof identityId, typeof credentials.sessionToken]).toEqual(["string", "string"]);
  }
  for (const { tokenCredentials } of sessions) expect(tokenCredentials.secret).not.toBe("");
  return { users: sessions.map(({ screenName }) => screenName).toSorted(), identities: cached.length };
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const kills = testRuns(10);

test(`${kills} logins and renewals killed at random moments lose nothing and leave nothing`, async () => {
  for (const name of readdirSync(cache)) rmSync(join(cache, name));
  for (const user of ["alice", "bob"]) expect((await run(["call", "/private", "--user", user])).code).toBe(0);
  const stdin = `${token.token}\n${token.secret}\n`;
  const login = { args: ["login", "--with-token", "--force"], ms: 0 };
  const renew = { args: ["call", "/private", "--user", "bob"], ms: 0 };
  login.ms = await msOf(() => world.cli.run(login.args, { stdin }));
  await world.cli.expireCredentials();
  renew.ms = await msOf(() => world.cli.run(renew.args));

  let killed = 0;
  /** Of the runs that met a lock that a killed process left. */
  const failures: string[] = [];
  for (let index = 0; killed < kills; index += 1) {
    const command = index % 2 === 0 ? login : renew;
    if (command === renew) await world.cli.expireCredentials();
    // The command writes the stores in its last third.
    const moment = command.ms * (index % 4 < 2 ? Math.random() : 0.6 + 0.4 * Math.random());
    let isKilled = false;
    const ms = await msOf(async () => (isKilled = await killAfter(moment, command.args, stdin)));
    if (isKilled) killed += 1;
    // Measure again: the load of the machine changes.
    else command.ms = ms;
    expect(readStore(), `after run ${index}, killed after ${moment} ms`).toEqual({
      users: ["alice", "bob"],
      identities: 2,
    });
    if (leftovers().some((name) => name.endsWith(".lock"))) {
      await world.cli.expireCredentials();
      // The owner of the lock is dead, so nobody waits until it is stale.
      for (const { args } of [renew, login]) {
        const { code, stderr } = await run(args, {}, stdin);
        if (code !== 0) failures.push(stderr);
      }
      failures.push(...leftovers().filter((name) => name.endsWith(".lock")));
    }
  }

  expect(failures).toEqual([]);

  // A later run removes old leftovers.
  const minuteAgo = new Date(Date.now() - 61_000);
  for (const folder of [config, cache])
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), minuteAgo, minuteAgo);
  await world.cli.expireCredentials();
  expect((await world.cli.run(login.args, { stdin })).code).toBe(0);
  expect(leftovers()).toEqual([]);
  for (const user of ["alice", "bob"]) expect((await run(["call", "/private", "--user", user])).code).toBe(0);
}, 300_000);
