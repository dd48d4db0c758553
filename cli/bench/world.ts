import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { untilWritten } from "@api-auth-twitter/test-support/sst-outputs";
import type { Checkout } from "./checkout.ts";
import { exitCode, timeRun, type Variables } from "./measure.ts";

export const stage = ["--stage", "bench"];

/** A local cloud in its own process, and an auth-cli with its own stores. */
export interface World {
  checkout: Checkout;
  cloud: ChildProcess;
  /** From the start of the process until it has printed its environment. */
  readyMs: number;
  cli: AuthCli;
  close(): Promise<void>;
}

/**
 * @param prefix starts the cloud's process, such as `taskset -c 0`
 * @param flags of `auth-cli local`
 */
export async function startWorld(
  checkout: Checkout,
  prefix: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<World> {
  const { root, program } = checkout;
  const local = [program, "local", "--json", "--port", "0", "--twitter-port", "0", ...flags];
  const [command, ...args] = [...prefix, process.execPath, ...local];
  const started = performance.now();
  const cloud = spawn(command ?? process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  const environment = await new Promise<Variables>((resolve, reject) => {
    let output = "";
    cloud.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.endsWith("}\n")) resolve((JSON.parse(output) as { environment: Variables }).environment);
    });
    cloud.once("close", (code) => reject(new Error(`the local cloud ended with exit code ${code}`)));
  });
  const readyMs = performance.now() - started;
  const cli = await createAuthCli(root, environment, { program });
  return {
    checkout,
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

/** Closes the world, also after an error. The parameters are those of `startWorld`. */
export async function withWorld<T>(
  checkout: Checkout,
  use: (world: World) => T | Promise<T>,
  prefix: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<T> {
  const world = await startWorld(checkout, prefix, flags);
  try {
    return await use(world);
  } finally {
    await world.close();
  }
}

/** A temporary folder. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-bench-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The real `sst deploy`. @returns milliseconds */
export async function deploy({ checkout: { root, sst }, cli: { variables } }: World): Promise<number> {
  const command = { name: "sst deploy", command: process.execPath, args: [sst, "deploy", ...stage] };
  const { time } = await untilWritten(join(root, ".sst/outputs.json"), async () => ({
    code: 0,
    time: await timeRun({ ...command, variables, cwd: root }),
  }));
  return time;
}

/** The address that the deploy has written. */
export async function apiEndpoint({ root }: Checkout): Promise<string> {
  const text = await readFile(join(root, ".sst/outputs.json"), "utf8");
  const outputs = JSON.parse(text) as Record<string, { ApiEndpoint?: string }>;
  const endpoint = Object.values(outputs).find(({ ApiEndpoint }) => ApiEndpoint !== undefined)?.ApiEndpoint;
  if (endpoint === undefined) throw new Error(".sst/outputs.json has no ApiEndpoint");
  return endpoint;
}
