/**
 * `npm run dev:local [-- --stage <name>]`: `sst dev` against a local cloud in this process, until Ctrl-C. Its variables
 * are in `.sst/local.env` meanwhile, for commands in other terminals.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type LocalCloud, startLocalCloud } from "@api-auth-twitter/local-cloud";
import { stageEnvironment } from "../stacks/stage-environment.ts";

const root = process.cwd();
const outputsFile = join(root, ".sst/outputs.json");
const isWindows = process.platform === "win32";
const variablesFile = isWindows ? ".sst/local.ps1" : ".sst/local.env";

/** Aborted by Ctrl-C, and when the terminal closes or npm ends. */
function watchInterruptions(): AbortSignal {
  const interruption = new AbortController();
  const stop = (): void => interruption.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // The shell between npm and this process does not pass npm's signals on, and outlives an npm that was killed.
  const before = ancestors();
  setInterval(() => ancestors() !== before && stop(), 500).unref();
  return interruption.signal;
}

/** The parent process and, on Linux, its parent. */
function ancestors(): string {
  try {
    const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${process.ppid}/stat`, "utf8")) ?? [];
    return `${process.ppid} ${parent}`;
  } catch {
    return String(process.ppid);
  }
}

/** Runs in `sst dev`: ends it when this process was killed. */
const endWithParent = `
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();`;

interface SstDev {
  stage: string;
  cloud: LocalCloud;
  /** For temporary files. */
  temporary: string;
  interruption: AbortSignal;
}

/** Runs `sst dev` on this terminal until it ends. @returns its exit code, 0 after an interruption */
async function runSstDev({ stage, cloud, temporary, interruption }: SstDev): Promise<number> {
  const { AWS_PROFILE: _profile, AWS_SESSION_TOKEN: _session, ...inherited } = process.env;
  const child = spawn(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(endWithParent)}`,
      join(root, "node_modules/sst/cli/sst.js"),
      "dev",
      "--stage",
      stage,
    ],
    {
      cwd: root,
      env: {
        ...inherited,
        ...cloud.environment,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
        // CDK leaves temporary files.
        TMPDIR: temporary,
        TEMP: temporary,
        TMP: temporary,
      },
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      signal: interruption,
    },
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", (error) => interruption.aborted || reject(error));
    child.once("close", resolve);
  });
  return interruption.aborted ? 0 : (code ?? 1);
}

/** How a shell sets the local cloud's variables. */
function assignments({ environment }: LocalCloud): string {
  const lines = Object.entries(environment).map(([name, value]) =>
    isWindows ? `$env:${name} = '${value}'` : `export ${name}='${value}'`,
  );
  // Either would take precedence over the keys.
  const unset = isWindows
    ? "Remove-Item Env:AWS_PROFILE, Env:AWS_SESSION_TOKEN -ErrorAction Ignore"
    : "unset AWS_PROFILE AWS_SESSION_TOKEN";
  return [unset, ...lines, ""].join("\n");
}

/** Whether another start of this script serves the folder. Its local cloud answers, unlike that of a killed one. */
async function isRunning(): Promise<boolean> {
  const variables = await readFile(join(root, variablesFile), "utf8").catch(() => "");
  const [, url] = /AWS_ENDPOINT_URL ?= ?'(.*)'/.exec(variables) ?? [];
  if (url === undefined) return false;
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** What to type next, once SST has written where the API is. */
async function announce(stage: string, writtenBefore: number): Promise<void> {
  while ((await lastWritten()) <= writtenBefore) await sleep(100, undefined, { ref: false });
  // SST prints the same outputs first.
  await sleep(200, undefined, { ref: false });
  const outputs = JSON.parse(await readFile(outputsFile, "utf8")) as Record<string, Record<string, string>>;
  const endpoint = Object.values(outputs).find(({ ApiEndpoint }) => ApiEndpoint !== undefined)?.ApiEndpoint;
  console.log(
    [
      `${endpoint} runs the functions on this computer. In another terminal, in this folder:`,
      "",
      `  . ${isWindows ? ".\\" : ""}${variablesFile}`,
      `  npx --no-install auth-cli login --stage ${stage}`,
      `  npx --no-install auth-cli call /private --stage ${stage}`,
      "",
      "Edit packages/functions/src/private.ts, save it and call again. Press Ctrl-C here to stop.",
      "",
    ].join("\n"),
  );
}

/** Milliseconds since the epoch; 0 for a file that is absent or still empty. */
async function lastWritten(): Promise<number> {
  const { size, mtimeMs } = (await stat(outputsFile).catch(() => undefined)) ?? { size: 0, mtimeMs: 0 };
  return size === 0 ? 0 : mtimeMs;
}

async function main(): Promise<number> {
  const interruption = watchInterruptions();
  // Without a stage, SST asks for one, and without a terminal it does nothing.
  const { stage } = parseArgs({ options: { stage: { type: "string", default: "local" } } }).values;
  const { TWITTER_CONSUMER_KEY: key, TWITTER_CONSUMER_SECRET: secret } = stageEnvironment(root, stage, {});
  const { NODE_EXTRA_CA_CERTS: extra } = process.env;
  if (await isRunning()) {
    throw new Error(
      `npm run dev:local already runs in this folder. Stop it first; its variables are in ${variablesFile}`,
    );
  }
  const temporary = await mkdtemp(join(tmpdir(), "auth-cli-dev-"));
  const cloud = await startLocalCloud({
    awsPort: 0,
    twitterPort: 0,
    // SST prefers the keys in `.env` files.
    ...(key !== undefined && secret !== undefined && { clientCredentials: { key, secret } }),
    // Like Node, goes on without a file that is gone.
    ...(extra && { extraCaCertificates: await readFile(extra, "utf8").catch(() => "") }),
    warn: (line) => console.error(`local cloud: ${line}`),
  });
  try {
    const writtenBefore = await lastWritten();
    await mkdir(join(root, ".sst"), { recursive: true });
    await writeFile(join(root, variablesFile), assignments(cloud), { mode: 0o600 });
    void announce(stage, writtenBefore);
    return await runSstDev({ stage, cloud, temporary, interruption });
  } finally {
    // What they name ends with the local cloud.
    await Promise.all([join(root, variablesFile), outputsFile].map((file) => rm(file, { force: true })));
    await cloud.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
