import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LocalCloud, startLocalCloud } from "@api-auth-twitter/local-cloud";
import { notesTemplate } from "@api-auth-twitter/test-support/any-project";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { deployTemplate } from "@api-auth-twitter/test-support/replay-stack";
import { type ErrorCode, errorCodes, exitCodeFor, exitCodeMeanings } from "../src/errors.ts";
import { type Campaign, type Case, runCases } from "./campaign.ts";
import { type ChaosFault, chaosFaultNames, type ChaosProxy, startChaosProxy } from "./chaos-proxy.ts";

/* ── The world: a deployed local cloud behind three proxies, and a project that knows only these ─────────────── */

interface ChaosWorld {
  cloud: LocalCloud;
  proxies: Record<"aws" | "twitter" | "api", ChaosProxy>;
  folder: string;
  cli: AuthCli;
  /** The stores of a user who is logged in. */
  loggedIn: string;
  /** Starts from the stores of that user again. */
  restore: (state: State) => Promise<void>;
  close: () => Promise<void>;
}

const states = ["fresh", "expired", "logged out"] as const;
type State = (typeof states)[number];

async function startWorld(): Promise<ChaosWorld> {
  const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-chaos-"));
  const outputs = await deployTemplate("notes", notesTemplate(cloud.environment), cloud.environment);
  const proxies = {
    aws: await startChaosProxy(cloud.awsUrl),
    twitter: await startChaosProxy(cloud.twitterUrl),
    api: await startChaosProxy(outputs["HttpApiUrl"] ?? ""),
  };
  const settings = { endpoint: proxies.api.url, identityPoolId: outputs["PoolId"], routes: ["GET /notes"] };
  await writeFile(join(folder, "auth-cli.json"), JSON.stringify(settings));
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...environment } = cloud.environment;
  const cli = await createAuthCli(folder, {
    ...environment,
    AWS_ENDPOINT_URL: proxies.aws.url,
    TWITTER_API_URL: proxies.twitter.url,
  });
  const loggedIn = join(folder, "..", `${folder.split("/").at(-1)}-logged-in`);
  const world: ChaosWorld = {
    cloud,
    proxies,
    folder,
    cli,
    loggedIn,
    async restore(state) {
      await rm(cli.home, { recursive: true, force: true });
      await mkdir(cli.home, { mode: 0o700 });
      if (state === "logged out") return;
      await cp(loggedIn, cli.home, { recursive: true });
      if (state === "expired") await cli.expireCredentials();
    },
    async close() {
      for (const proxy of Object.values(proxies)) await proxy.close();
      await cloud.close();
      for (const each of [folder, loggedIn, cli.home]) await rm(each, { recursive: true, force: true });
    },
  };
  await logIn(world);
  return world;
}

/** A token that an earlier case revoked is replaced. */
async function logIn({ cli, cloud, proxies, loggedIn, restore }: ChaosWorld): Promise<void> {
  await restore("logged out");
  const { code, stderr } = await cli.logIn((url) => pinFor(url, cloud, proxies.twitter));
  if (code !== 0) throw new Error(`cannot log in: ${stderr}`);
  await rm(loggedIn, { recursive: true, force: true });
  await cp(cli.home, loggedIn, { recursive: true });
}

/** The user's browser does not pass the proxy. */
async function pinFor(url: string, cloud: LocalCloud, proxy: ChaosProxy): Promise<string | undefined> {
  const page = url.replace(proxy.url, cloud.twitterUrl);
  return answerAuthorizePage(page, { screenName: "alice" }).then(
    ({ pin }) => pin,
    () => undefined,
  );
}

/* ── One command, and what has to hold after it ──────────────────────────────────────────────────────────────── */

interface Ran {
  args: readonly string[];
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  program?: string;
  variables?: Record<string, string>;
  killAfterMs?: number;
  /** Called once the process has started. */
  meanwhile?: () => Promise<void>;
}

/** No command of this campaign takes a minute on an idle machine. */
const hangAfterMs = 120_000;

async function runCli(world: ChaosWorld, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { program = authCliPath, variables = {}, killAfterMs, meanwhile } = options;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: world.folder,
    env: { ...world.cli.variables, ...variables },
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  let answered = false;
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stdin.on("error", () => {});
  if (args[0] !== "login") child.stdin.end();
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    const url = /^(https?:\/\/\S+oauth_token=\S+)\n/m.exec(stderr)?.[1];
    if (answered || url === undefined || args[0] !== "login") return;
    answered = true;
    void pinFor(url, world.cloud, world.proxies.twitter).then((pin) => child.stdin.end(`${pin ?? ""}\n`));
  });
  let hung = false;
  const group = -(child.pid ?? 0);
  const timers = [
    setTimeout(() => {
      hung = true;
      process.kill(group, "SIGKILL");
    }, hangAfterMs),
  ];
  if (killAfterMs !== undefined) timers.push(setTimeout(() => child.kill("SIGKILL"), killAfterMs));
  const work = meanwhile?.();
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  for (const timer of timers) clearTimeout(timer);
  await work;
  if (hung) throw new Error(`${args.join(" ")} hangs\n${stderr}`);
  if (isAlive(group)) {
    process.kill(group, "SIGKILL");
    throw new Error(`${args.join(" ")} leaves a process`);
  }
  return { args, code, signal, stdout, stderr };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error for an exit code, an error or an output that is not documented */
export function checkReport({ args, code, signal, stdout, stderr }: Ran, isKilled: boolean): void {
  const fail = (what: string): never => {
    throw new Error(`${args.join(" ")}: ${what}\n${stdout.slice(0, 500)}\n${stderr.slice(0, 1000)}`);
  };
  if (/^\s+at .*:\d+:\d+|this is a bug in auth-cli/m.test(stdout + stderr)) fail("prints a stack trace");
  if (isKilled && signal === "SIGKILL") return;
  if (code === null || !(code in exitCodeMeanings)) fail(`ends with ${code ?? signal}`);
  if (code === 0) return;
  const start = stderr.search(/^\{/m);
  if (start >= 0) {
    const { error } = JSON.parse(stderr.slice(start)) as { error: { code: ErrorCode } };
    if (!errorCodes.includes(error.code)) fail(`has the error ${error.code}`);
    if (exitCodeFor(error.code) !== code) fail(`has the error ${error.code} and the exit code ${code}`);
    return;
  }
  // Their report names what failed. So does the answer of the API.
  if (stdout.trim() === "") fail(`prints no error and exits with ${code}`);
  const report = JSON.parse(stdout) as { checks?: { status: string; error?: { code: ErrorCode } }[] };
  for (const { status, error } of report.checks ?? [])
    if (status === "failed" && (error === undefined || !errorCodes.includes(error.code)))
      fail("has a failed check without a code");
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const isStore = (path: string): boolean => /\/(config|cache)\/auth-cli\//.test(path);

/** @throws Error when a file of the stores is not whole, or a secret is outside of them */
async function checkFiles(
  { cli, folder, cloud, loggedIn }: ChaosWorld,
  outputs: string,
  isKilled: boolean,
): Promise<void> {
  const files = [...(await filesBelow(cli.home)), ...(await filesBelow(folder))];
  const secrets = new Set([
    cloud.environment["TWITTER_CONSUMER_SECRET"] ?? "",
    cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
  ]);
  for (const path of [...files, ...(await filesBelow(loggedIn))].filter(isStore)) {
    const text = await readFile(path, "utf8");
    for (const [, secret = ""] of text.matchAll(
      /"(?:secret|secretAccessKey|sessionToken|token)": ?"([^"]{8,})"/g,
    ))
      secrets.add(secret);
    if (!/\/(sessions|[0-9a-f]{32})\.json$/.test(path)) continue;
    const content = JSON.parse(text) as unknown;
    if (typeof content !== "object" || content === null) throw new Error(`${path} is not whole`);
    if (((await stat(path)).mode & 0o077) !== 0) throw new Error(`${path} is open to other users`);
  }
  for (const path of files.filter((each) => !isStore(each))) {
    const text = await readFile(path, "utf8");
    if ([...secrets].some((secret) => secret !== "" && text.includes(secret)))
      throw new Error(`${path} has a secret`);
  }
  if ([...secrets].some((secret) => secret !== "" && outputs.includes(secret)))
    throw new Error(`the output has a secret`);
  const left = files.filter((path) => /\.(tmp|part|lock|corrupt-\w+)$/.test(path));
  if (!isKilled && left.length > 0) throw new Error(`left over: ${left.join(", ")}`);
}

/** After whatever happened: the login is usable, or clearly gone. */
async function checkUsable(world: ChaosWorld, variables: Record<string, string> = {}): Promise<void> {
  const hadLogin = (await world.cli.storedTokens().catch(() => [])).length > 0;
  const { code, stdout, stderr } = await runCli(world, ["call", "/notes", "--json"], { variables });
  // A token that was revoked is refused by Cognito.
  const allowed = hadLogin ? [0, 4] : [4];
  if (!allowed.includes(code ?? -1) || (code === 0 && !isGreeting(stdout)))
    throw new Error(
      `afterwards, call ends with ${code}, ${hadLogin ? "with" : "without"} a login\n${stdout}\n${stderr}`,
    );
}

const isGreeting = (stdout: string): boolean => /"body": ?"Hello us-east-1:[0-9a-f-]{36}!"/.test(stdout);

/* ── The cases ───────────────────────────────────────────────────────────────────────────────────────────────── */

const commands: readonly string[][] = [
  ["login", "--no-browser", "--json", "--force"],
  ["call", "/notes", "--json"],
  ["call", "/notes", "--json", "-d", "x"],
  ["smoke", "--json"],
  ["smoke", "--json", "--retry-for", "2s"],
  ["status", "--json"],
  ["doctor", "--json"],
  ["logout", "--revoke", "--json"],
];

type Run = Case<ChaosWorld>["run"];

/** Faults that a checksum would be needed to notice. */
const undetectable: readonly ChaosFault[] = [
  "exchanges two parts of the body",
  "repeats a part of the answer",
  "changes a bit",
  "states a shorter body",
  "sends a page",
  "answers without a body",
];

const network: Run = async (world, random, say) => {
  const [state, args, hop, fault] = [
    random.pick(states),
    random.pick(commands),
    random.pick(["aws", "twitter", "api"] as const),
    random.pick(chaosFaultNames),
  ];
  const nth = random.below(random.pick([1, 2, 8]));
  say(`${state}, ${args.join(" ")}: the proxy before ${hop} ${fault}, request ${nth}`);
  await world.restore(state);
  world.proxies[hop].arm(fault, nth, random);
  const ran = await runCli(world, args);
  world.proxies[hop].disarm();
  checkReport(ran, false);
  if (
    args[0] === "call" &&
    ran.code === 0 &&
    !undetectable.includes(fault) &&
    !isGreeting(ran.stdout) &&
    args.length === 3
  )
    throw new Error(`call ends with 0 and prints ${ran.stdout}`);
  await checkFiles(world, ran.stdout + ran.stderr, false);
  await checkUsable(world);
  if (args[0] === "logout") await logIn(world);
};

const kill: Run = async (world, random, say) => {
  const [state, args] = [random.pick(states), random.pick(commands)];
  const killAfterMs = 50 + random.below(600);
  say(`${state}, ${args.join(" ")}: killed after ${killAfterMs} ms`);
  await world.restore(state);
  if (random.below(2) === 0) world.proxies.aws.arm("delays the answer", 0, random);
  const ran = await runCli(world, args, { killAfterMs });
  world.proxies.aws.disarm();
  checkReport(ran, true);
  await checkFiles(world, ran.stdout + ran.stderr, true);
  await checkUsable(world);
  if (args[0] === "logout") await logIn(world);
};

/** A file system with a few free bytes. Needs root. */
const disk: Run = async (world, random, say) => {
  const [state, args] = [random.pick(states), random.pick(commands.slice(0, 6))];
  await world.restore(state);
  const { home } = world.cli;
  const mounted = ["config", "cache"].map((name) => join(home, name));
  const kilobytes = 4 * (4 + random.below(4));
  say(`${state}, ${args.join(" ")}: a disk of ${kilobytes} kB`);
  const saved = `${home}-saved`;
  await cp(home, saved, { recursive: true });
  for (const folder of mounted) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    execFileSync("/usr/bin/mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k,mode=700`, "tmpfs", folder]);
    await cp(join(saved, folder.slice(home.length)), folder, { recursive: true }).catch(() => {});
    // What is left is full, but for a random rest.
    const filler = Buffer.alloc(4096 * random.below(kilobytes / 4));
    await writeFile(join(folder, "filler"), filler).catch(() => {});
  }
  try {
    const ran = await runCli(world, args);
    checkReport(ran, false);
    await checkFiles(world, ran.stdout + ran.stderr, false);
    for (const folder of mounted) await rm(join(folder, "filler"), { force: true });
    await checkUsable(world);
  } finally {
    for (const folder of mounted) execFileSync("/usr/bin/umount", [folder]);
    await rm(saved, { recursive: true, force: true });
  }
};

const clock: Run = async (world, random, say) => {
  const [state, args] = [random.pick(states), random.pick(commands.slice(0, 6))];
  await world.restore(state);
  const offset = (): string =>
    `${random.pick(["+", "-"])}${random.pick([30, 400, 4000, 90_000, 40_000_000])}s`;
  const [first, second] = [offset(), offset()];
  say(`${state}, ${args.join(" ")}: the clock jumps from ${first} to ${second}`);
  const library = execFileSync(findPeer("faketime") ?? "", ["-f", "+0s", "printenv", "LD_PRELOAD"])
    .toString()
    .trim();
  const file = join(world.folder, "clock");
  await writeFile(file, first);
  const variables = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  const ran = await runCli(world, args, {
    variables,
    async meanwhile() {
      await sleep(random.below(500));
      await writeFile(file, second);
    },
  });
  await rm(file);
  checkReport(ran, false);
  await checkFiles(world, ran.stdout + ran.stderr, false);
  await checkUsable(world);
};

/** Several processes, of an earlier build too if there is one, renew expired credentials once. */
const crowd: Run = async (world, random, say, { earlier }) => {
  await world.restore("expired");
  world.proxies.aws.takeRequests();
  const programs = Array.from({ length: 2 + random.below(4) }, () =>
    random.pick([authCliPath, earlier ?? authCliPath]),
  );
  const all = await Promise.all(
    programs.map((program) => runCli(world, ["call", "/notes", "--json"], { program })),
  );
  for (const ran of all) {
    checkReport(ran, false);
    if (ran.code !== 0 || !isGreeting(ran.stdout))
      throw new Error(`call ends with ${ran.code}: ${ran.stdout}${ran.stderr}`);
  }
  const renewals = world.proxies.aws
    .takeRequests()
    .filter((line) => line.endsWith("GetCredentialsForIdentity"));
  if (renewals.length !== 1)
    throw new Error(`${all.length} processes renew the credentials ${renewals.length} times`);
  await checkFiles(world, all.map(({ stdout, stderr }) => stdout + stderr).join(""), false);
  await checkUsable(world, {});
};

const cases: Readonly<Record<string, Case<ChaosWorld>>> = {
  network: { run: network, weight: 10 },
  kill: { run: kill, weight: 4 },
  disk: { run: disk, weight: 2, isPossible: canMount },
  clock: { run: clock, weight: 2, isPossible: () => findPeer("faketime") !== undefined },
  crowd: { run: crowd, weight: 1 },
};

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "auth-cli-mount-"));
  try {
    execFileSync("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("/usr/bin/umount", [folder]);
    return true;
  } catch {
    console.log("chaos: no full disks, because this user may not mount a file system");
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** auth-cli behind a broken network, killed, on a full disk, with a jumping clock, and beside other versions of itself. */
export const chaos: Campaign = {
  name: "chaos",
  share: 4,
  async run(assignment) {
    const sizes: Record<string, number> = { cases: 0 };
    const count = (unit: string): number => (sizes[unit] = (sizes[unit] ?? 0) + 1);
    const world = await startWorld();
    try {
      return { sizes, defects: await runCases(assignment, cases, world, count) };
    } finally {
      await world.close();
    }
  },
};
