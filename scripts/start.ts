/**
 * `npm start`: runs the whole chain once on the local cloud: `sst deploy`, a Twitter login by a scripted user, the smoke,
 * the signed call, `sst remove`. Leaves only `.sst` behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";

type Variables = Record<string, string | undefined>;

const root = join(import.meta.dirname, "..");
const sst = [join(root, "node_modules/sst/cli/sst.js")];
// As installed, so that the printed commands begin with `npx`.
const authCli = [join(root, "node_modules/@api-auth-twitter/auth-cli/bin/auth-cli.cjs")];
const stage = ["--stage", "local"];
/** A step that takes this long hangs. */
const stepLimitMs = 120_000;

const children = new Set<ChildProcess>();
let interrupted = false;

/** Runs a program of Node and shows its output. @returns its standard output */
async function run(
  args: readonly string[],
  variables: Variables,
  {
    show = true,
    onErrorLine,
  }: { show?: boolean; onErrorLine?: (line: string, child: ChildProcess) => void } = {},
): Promise<string> {
  const child = start(args, variables);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      // SST draws control sequences and spinners for a terminal.
      const text = stripVTControlCharacters(line).trimEnd();
      if (show && text !== "" && !/^[⠁-⣿] /.test(text)) console.log(`  │ ${text}`);
      if (stream === child.stderr) onErrorLine?.(line, child);
    });
  }
  const limit = setTimeout(() => child.kill("SIGKILL"), stepLimitMs);
  const code = await ended(child);
  clearTimeout(limit);
  if (code !== 0)
    throw new Error(`exit code ${code}: ${args.map((arg) => arg.replace(`${root}/`, "")).join(" ")}`);
  return output;
}

function start(args: readonly string[], variables: Variables): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: root, env: variables, stdio: "pipe" });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (interrupted) throw new Error("interrupted");
  console.log(`▸ ${name}`);
  const started = performance.now();
  try {
    const value = await work();
    console.log(`✓ ${name}  ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    return value;
  } catch (error) {
    console.log(`✗ ${name}  ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    throw error;
  }
}

/** Starts the local cloud in a process of its own. @returns the environment that it prints */
function startLocalCloud(): Promise<Variables> {
  return new Promise((resolve, reject) => {
    const child = start(
      [...authCli, "local", "--json", "--quiet", "--port", "0", "--twitter-port", "0"],
      process.env,
    );
    let output = "";
    child.stderr?.pipe(process.stderr);
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.endsWith("}\n")) return;
      const { environment } = JSON.parse(output) as { environment: Variables };
      const { AWS_PROFILE: _profile, AWS_SESSION_TOKEN: _session, ...inherited } = process.env;
      resolve({ ...inherited, ...environment });
    });
    child.once("close", (code) => reject(new Error(`the local cloud ended with exit code ${code}`)));
  });
}

/** Runs `auth-cli login` with a scripted user, who opens the authorize page and types the PIN. */
async function logIn(variables: Variables): Promise<void> {
  await run([...authCli, "login", ...stage, "--no-browser"], variables, {
    onErrorLine: (line, child) => {
      if (!/^https?:\/\/\S+oauth_token=/.test(line)) return;
      void answerAuthorizePage(line, { screenName: "alice" }).then(
        ({ pin }) => child.stdin?.end(`${pin}\n`),
        () => child.kill(),
      );
    },
  });
}

async function walk(variables: Variables): Promise<string> {
  await step("npx sst deploy --stage local", () => run([...sst, "deploy", ...stage], variables));
  try {
    await step("npx --no-install auth-cli login --stage local", () => logIn(variables));
    await step("npx --no-install auth-cli smoke --stage local", () =>
      run([...authCli, "smoke", ...stage], variables),
    );
    return await step("npx --no-install auth-cli call /private --stage local", () =>
      run([...authCli, "call", "/private", ...stage], variables, { show: false }),
    );
  } finally {
    if (!interrupted)
      await step("npx sst remove --stage local", () => run([...sst, "remove", ...stage], variables));
  }
}

function stop(): void {
  interrupted = true;
  for (const child of children) child.kill("SIGTERM");
}

async function main(): Promise<void> {
  // Keeps the user's own logins unchanged.
  const home = await mkdtemp(join(tmpdir(), "auth-cli-start-"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const started = performance.now();
  let answer = "";
  const outputsFile = join(root, ".sst/outputs.json");
  const outputsBefore = await readFile(outputsFile).catch(() => undefined);
  try {
    await step("build", () =>
      run([join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "scripts/build.ts")], process.env),
    );
    const variables = await step("npx --no-install auth-cli local", startLocalCloud);
    answer = await walk({
      ...variables,
      // The AWS SDK in SST warns about this version of Node, which it supports.
      NODE_NO_WARNINGS: "1",
      // CDK leaves temporary files.
      TMPDIR: home,
      TEMP: home,
      TMP: home,
      XDG_CONFIG_HOME: home,
      XDG_CACHE_HOME: home,
      AUTH_CLI_CONFIG_DIR: undefined,
    });
  } catch (error) {
    console.error(`\nerror: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = interrupted ? 130 : 1;
  } finally {
    const left = [...children].map(ended);
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(left);
    await rm(home, { recursive: true, force: true });
    // The deployment that it names ends with the local cloud.
    if (outputsBefore === undefined) await rm(outputsFile, { force: true });
    else await writeFile(outputsFile, outputsBefore);
  }
  if (answer === "") return;
  console.log(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s.\n\n${answer.trim()}`);
}

await main();
