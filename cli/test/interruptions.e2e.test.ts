import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "@api-auth-twitter/test-support/listen";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import {
  type RecordedServices,
  startRecordedServices,
} from "@api-auth-twitter/test-support/recorded-services";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { startTmux, type Tmux } from "@api-auth-twitter/test-support/tmux";
import { combinations } from "@api-auth-twitter/test-support/test-runs";

const signals = ["SIGINT", "SIGTERM"] as const;
const identityPoolId = "eu-west-1:00000000-0000-4000-8000-000000000000";
const token = { TWITTER_ACCESS_TOKEN: "1-token-of-alice", TWITTER_ACCESS_TOKEN_SECRET: "secret-of-alice" };
const consumer = { TWITTER_CONSUMER_KEY: "consumer-key", TWITTER_CONSUMER_SECRET: "consumer-secret" };
const deployer = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret-of-the-deployer" };

let services: RecordedServices;
let folder: string;
let cli: AuthCli;

beforeAll(async () => {
  services = await startRecordedServices();
});
afterAll(() => services.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "auth-cli-interruptions-"));
  await writeFile(join(folder, "sst.config.ts"), 'export default { config: () => ({ name: "notes" }) };');
  cli = await createAuthCli(folder, { AWS_ENDPOINT_URL: services.url, TWITTER_API_URL: services.url });
  return async () => {
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  };
});

const target = (url: string): string[] => ["--endpoint", url, "--identity-pool-id", identityPoolId];

/** Forwards requests to the services, and never answers some of them. */
async function startSilence(isStalled: (request: IncomingMessage, body: string) => boolean) {
  const stalls = new EventEmitter();
  const stalled = once(stalls, "stall");
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      if (isStalled(incoming, body.toString())) {
        stalls.emit("stall");
        return;
      }
      const { method = "GET", url = "/", headers } = incoming;
      const { host: _host, connection: _connection, "content-length": _length, ...others } = headers;
      const reply = await fetch(services.url + url, {
        method,
        headers: others as Record<string, string>,
        ...(body.length === 0 ? {} : { body }),
      });
      outgoing.writeHead(reply.status).end(Buffer.from(await reply.arrayBuffer()));
    })();
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    stalled,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Files that exist only during a write or while a lock is held. */
async function leftovers(): Promise<string[]> {
  const names = await Promise.all([cli.home, folder].map((each) => readdir(each, { recursive: true })));
  return names.flat().filter((name) => /\.(tmp|part|lock)$|\.part\b/.test(name));
}

interface Request {
  args: string[];
  variables?: Record<string, string>;
  stdin?: string;
  /** A command to run first. */
  before?: string[];
  /** The request that gets no answer. */
  of: (request: IncomingMessage, body: string) => boolean;
  /** Runs without the flags that name the deployment. */
  withoutTarget?: true;
}

const operation = (name: string) => (request: IncomingMessage) =>
  String(request.headers["x-amz-target"] ?? "").endsWith(`.${name}`);
const action = (name: string) => (_request: IncomingMessage, body: string) => body.includes(`Action=${name}`);
const path = (text: string) => (request: IncomingMessage) => request.url?.includes(text) ?? false;
const anyOf = (): boolean => true;

const requests: Record<string, Request> = {
  "twitter.request_token": {
    args: ["login", "--no-browser"],
    variables: consumer,
    stdin: "1234567\n",
    of: path("request_token"),
  },
  "twitter.access_token": {
    args: ["login", "--no-browser"],
    variables: consumer,
    stdin: "1234567\n",
    of: path("access_token"),
  },
  "twitter.verify_credentials": {
    args: ["login", "--with-token"],
    variables: { ...consumer, ...token },
    of: path("verify_credentials"),
  },
  "cognito.get-id of login": { args: ["login", "--with-token"], variables: token, of: operation("GetId") },
  "cognito.get-id of call": { args: ["call", "/x"], variables: token, of: operation("GetId") },
  "cognito.get-credentials of call": {
    args: ["call", "/x"],
    variables: token,
    of: operation("GetCredentialsForIdentity"),
  },
  "cognito.get-credentials of credentials": {
    args: ["credentials"],
    variables: token,
    of: operation("GetCredentialsForIdentity"),
  },
  "api.call": { args: ["call", "/x"], variables: token, of: path("/x") },
  "api.call of an upload": {
    args: ["call", "/x", "-d", "body", "--retry", "3"],
    variables: token,
    of: path("/x"),
  },
  "sts of status": {
    args: ["status"],
    variables: token,
    before: ["call", "/x"],
    of: action("GetCallerIdentity"),
  },
  "twitter.invalidate_token": {
    args: ["logout", "--revoke"],
    variables: consumer,
    before: ["login", "--no-browser"],
    of: path("invalidate"),
  },
  "cloudformation of call": {
    args: ["call", "/x", "--stage", "qa"],
    variables: { ...token, ...deployer },
    withoutTarget: true,
    of: action("DescribeStacks"),
  },
  "cognito.get-id of smoke": {
    args: ["smoke"],
    variables: { ...consumer, ...token },
    of: operation("GetId"),
  },
  "a route of smoke": {
    args: ["smoke", "--retry-for", "60s"],
    variables: { ...consumer, ...token },
    of: path("/private"),
  },
  "all of doctor": { args: ["doctor"], variables: { ...consumer, ...token }, of: anyOf },
};

describe("a signal during a request", () => {
  it.each(
    combinations(signals, Object.entries(requests)).map(([signal, [name, request]]) => ({
      signal,
      name,
      request,
    })),
  )("$signal to $name exits with 130, prints no error and leaves no file", async ({ signal, request }) => {
    const silence = await startSilence(request.of);
    const variables = { ...cli.variables, ...request.variables };
    try {
      if (request.before !== undefined) {
        const ran = await cli.run([...request.before, ...target(silence.url)], {
          variables,
          stdin: "1234567\n",
        });
        if (ran.code !== 0) throw new Error(ran.stderr);
      }
      const args = [...request.args, ...(request.withoutTarget ? [] : target(silence.url))];
      const child = spawn(process.execPath, [authCliPath, ...args], {
        cwd: folder,
        env: { ...variables, AWS_ENDPOINT_URL: silence.url, TWITTER_API_URL: silence.url },
      });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      if (request.stdin !== undefined) child.stdin.write(request.stdin);
      const ended = once(child, "close");
      const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await Promise.race([silence.stalled, ended]);
      child.kill(signal);
      expect(await ended, output).toEqual([130, null]);
      clearTimeout(limit);
      expect(output).not.toMatch(/^error:|^\s+at /m);
      expect(await leftovers()).toEqual([]);
    } finally {
      await silence.close();
    }
  });
});

const shell = (words: string[], script: string, variables: Record<string, string> = {}) =>
  runProcess(
    "/bin/bash",
    ["-c", script, "bash", process.execPath, authCliPath, ...words, ...target(services.url)],
    {
      cwd: folder,
      env: { ...cli.variables, ...token, ...variables },
      timeoutMs: 30_000,
    },
  );

describe("standard output that is closed early", () => {
  it.each([
    [["status"]],
    [["status", "--json"]],
    [["credentials"]],
    [["call", "/x", "--json"]],
    [["call", "/x", "--dry-run"]],
    [["smoke"]],
    [["smoke", "--json"]],
    [["doctor"]],
    [["--help"]],
    [["call", "--help"]],
    [["completion", "bash"]],
  ])("causes no error of %j", async (words) => {
    const { stdout, stderr } = await shell(
      words,
      '"$@" 2>notes | true; echo "${PIPESTATUS[0]}"; cat notes >&2',
    );
    // 141 is the exit code after SIGPIPE. Smoke fails against services that accept everything.
    expect(["0", "1", "4", "141"]).toContain(stdout.trim());
    expect(stderr).not.toMatch(/EPIPE|^\s+at |bug in auth-cli/m);
  });
});

it("login ends while standard input stays open", async () => {
  const child = spawn(process.execPath, [authCliPath, "login", "--no-browser", ...target(services.url)], {
    cwd: folder,
    env: { ...cli.variables, ...consumer },
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), 10_000);
  child.stdin.write("1234567\n");
  expect(await once(child, "exit")).toEqual([0, null]);
  clearTimeout(limit);
});

describe("closed standard input", () => {
  it.each([
    ["the PIN", ["login", "--no-browser"], consumer, 4],
    [
      "an access token",
      ["login", "--with-token"],
      { TWITTER_ACCESS_TOKEN: "", TWITTER_ACCESS_TOKEN_SECRET: "" },
      4,
    ],
    ["a consumer key", ["login", "--no-browser"], {}, 2],
    ["a body", ["call", "/x", "-d", "@-"], {}, 0],
    ["nothing", ["call", "/x"], {}, 0],
  ] as [string, string[], Record<string, string>, number][])(
    "instead of %s is an error only when the command needs it",
    async (_name, words, variables, expected) => {
      const { code, stderr } = await shell(words, '"$@" <&-', variables);
      expect(code, stderr).toBe(expected);
      expect(stderr).not.toMatch(/^\s+at |bug in auth-cli/m);
      const error = /^error: .+\n(cause: .+\n)?fix: .+\n$/m.test(stderr);
      expect(error).toBe(expected !== 0);
    },
  );
});

const tmux = findPeer("tmux");

describe.skipIf(tmux === undefined)("an interrupted prompt", () => {
  let terminal: Tmux;

  beforeEach(async () => {
    terminal = await startTmux(tmux ?? "", {
      cwd: folder,
      env: { ...cli.variables, TERM: "xterm-256color" },
    });
    await terminal.type("PS1='READY> '", "Enter");
    await terminal.waitFor(/READY> *$/m);
    return () => terminal.close();
  });

  /** For each prompt: the command, the input for earlier prompts, and its text. */
  const prompts: Record<
    string,
    { args: string; variables?: Record<string, string>; before?: [RegExp, string][]; shows: RegExp }
  > = {
    "the PIN": { args: "--no-browser", variables: consumer, shows: /PIN: *$/m },
    "the consumer key": { args: "--no-browser", shows: /Consumer key \(API Key\): *$/m },
    "the consumer secret": {
      args: "--no-browser --consumer-key x",
      shows: /Consumer secret .*not shown\): *$/m,
    },
    "an access token": { args: "--with-token", shows: /Access token: *$/m },
    "its secret": {
      args: "--with-token",
      before: [[/Access token: *$/m, "1-token"]],
      shows: /Access token secret \(not shown\): *$/m,
    },
    "whether to log in again": {
      args: "--no-browser",
      variables: consumer,
      shows: /Log in again\? \(y\/N\) *$/m,
    },
  };
  const cases = combinations(Object.keys(prompts), ["Ctrl-C", "SIGTERM"]).map(([name, how]) => ({
    name,
    how,
  }));

  it.each(cases)(
    "for $name by $how exits with 130 and restores the terminal's echo",
    async ({ name, how }) => {
      const { args, variables = {}, before = [], shows } = prompts[name] ?? { args: "", shows: /$/ };
      if (name === "whether to log in again") {
        const loggedIn = await cli.run(["login", "--with-token", ...target(services.url)], {
          variables: token,
        });
        if (loggedIn.code !== 0) throw new Error(loggedIn.stderr);
      }
      const assignments = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
      const words = [...assignments, process.execPath, authCliPath, "login", args, ...target(services.url)];
      await writeFile(join(folder, "start.sh"), `echo pid=$$\nexec env ${words.join(" ")}\n`);
      await terminal.type("clear; sh start.sh", "Enter");
      for (const [pattern, text] of before) {
        await terminal.waitFor(pattern);
        await terminal.type(text, "Enter");
      }
      await terminal.waitFor(shows);
      if (how === "Ctrl-C") await terminal.type("C-c");
      else process.kill(Number((await terminal.waitFor(/^pid=(\d+)$/m))[1]), "SIGTERM");
      await terminal.waitFor(/READY>\s*$/);
      await terminal.type("echo exit=$?", "Enter");
      expect((await terminal.waitFor(/exit=(\d+)/))[1]).toBe("130");
      await terminal.type("echo typed$((1+1))");
      await terminal.waitFor(/READY> echo typed\$\(\(1\+1\)\)$/m);
      expect(await leftovers()).toEqual([]);
    },
  );
});
