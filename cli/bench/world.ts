import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AuthCli, authCliPath as authCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { untilWritten } from "@api-auth-twitter/test-support/sst-outputs";
import { exitCode, timeRun, type Variables } from "./measure.ts";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const sst = join(root, "node_modules/sst/cli/sst.js");
export const stage = ["--stage", "bench"];
const outputsFile = join(root, ".sst/outputs.json");

/** A local cloud in a process of its own, with stores of its own. */
export interface World {
  cloud: ChildProcess;
  /** From the start of the process until it has printed its environment. */
  readyMs: number;
  cli: AuthCli;
  close(): Promise<void>;
}

/** @param prefix what the cloud's process is started with, such as `taskset -c 0` */
export async function startWorld(prefix: readonly string[] = []): Promise<World> {
  const local = [authCli, "local", "--json", "--port", "0", "--twitter-port", "0"];
  const [command, ...args] = [...prefix, process.execPath, ...local];
  const started = performance.now();
  const cloud = spawn(command ?? process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const environment = await new Promise<Variables>((resolve, reject) => {
    let output = "";
    cloud.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.endsWith("}\n")) resolve((JSON.parse(output) as { environment: Variables }).environment);
    });
    cloud.once("close", (code) => reject(new Error(`the local cloud ended with exit code ${code}`)));
  });
  const readyMs = performance.now() - started;
  const cli = await createAuthCli(root, environment);
  return {
    cloud,
    readyMs,
    cli,
    async close() {
      const ended = exitCode(cloud);
      cloud.kill("SIGTERM");
      await ended;
      await cli.remove();
    },
  };
}

/** The real `sst deploy`. @returns milliseconds */
export async function deploy({ cli: { variables } }: World): Promise<number> {
  const command = { name: "sst deploy", command: process.execPath, args: [sst, "deploy", ...stage] };
  const { time } = await untilWritten(outputsFile, async () => ({
    code: 0,
    time: await timeRun({ ...command, variables, cwd: root }),
  }));
  return time;
}

/** What the deploy wrote for the stage. */
export async function apiEndpoint(): Promise<string> {
  const text = await readFile(outputsFile, "utf8");
  const outputs = JSON.parse(text) as Record<string, { ApiEndpoint?: string }>;
  const endpoint = Object.values(outputs).find(({ ApiEndpoint }) => ApiEndpoint !== undefined)?.ApiEndpoint;
  if (endpoint === undefined) throw new Error(".sst/outputs.json has no ApiEndpoint");
  return endpoint;
}
