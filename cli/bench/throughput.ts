import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { promisify } from "node:util";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { signSigV4 } from "../src/aws/sigv4.ts";
import type { Checkout } from "./checkout.ts";
import type { Report } from "./report.ts";
import { apiEndpoint, deploy, stage, type World, withWorld } from "./world.ts";

const connections = 8;

/**
 * Signed requests per second: the local cloud on one core, the load on another. The local cloud verifies each signature
 * again, as AWS does.
 */
export async function benchThroughput(
  report: Report,
  checkouts: readonly Checkout[],
  seconds: number,
): Promise<void> {
  const rates: number[] = [];
  const growth: number[] = [];
  for (const checkout of checkouts) {
    const measure = async (world: World): Promise<void> => {
      await deploy(world);
      await world.cli.logIn("alice", stage);
      const url = new URL(`${await apiEndpoint(checkout)}/private`);
      const [credentials] = await world.cli.cachedCredentials();
      if (credentials === undefined) throw new Error("alice is not logged in");
      const { headers } = await signSigV4(
        { method: "GET", url, headers: [] },
        { credentials, region: "us-east-1", service: "execute-api", nowMs: Date.now() },
      );
      // Compiles the hot code first.
      await load(url.href, headers, seconds / 2);
      const before = await residentMb(world.cloud.pid);
      rates.push(await load(url.href, headers, seconds));
      growth.push((await residentMb(world.cloud.pid)) / before);
    };
    await withWorld(checkout, measure, pinnedTo(0));
  }
  report.row("local cloud, verified signed requests on one core", "/s", rates, {
    atLeast: 2.5,
    ofOther: true,
  });
  report.row("  growth of its memory meanwhile", "×", growth, { atMost: 1.2 });
}

function pinnedTo(core: number): string[] {
  const taskset = findPeer("taskset");
  return taskset === undefined ? [] : [taskset, "-c", String(core)];
}

/** @returns answers per second, by wrk where it is installed */
async function load(
  url: string,
  headers: readonly (readonly [string, string])[],
  seconds: number,
): Promise<number> {
  const wrk = findPeer("wrk");
  if (wrk === undefined) return loadByNode(url, Object.fromEntries(headers), seconds);
  const options = ["-t", "1", "-c", String(connections), "-d", `${Math.ceil(seconds)}s`];
  const fields = headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const [command, ...args] = [...pinnedTo(1), wrk, ...options, ...fields, url];
  const { stdout } = await promisify(execFile)(command, args);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (refused !== null) throw new Error(`${url} refused ${refused[1]} requests`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
}

async function loadByNode(url: string, headers: Record<string, string>, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  let answers = 0;
  const worker = async (): Promise<void> => {
    for (; elapsed() < seconds; answers += 1) {
      const status = await get(url, headers, agent);
      if (status !== 200) throw new Error(`${url} answered HTTP ${status}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  return answers / elapsed();
}

function get(url: string, headers: Readonly<Record<string, string>>, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    })
      .once("error", reject)
      .end();
  });
}

/** From /proc, so on Linux only. */
async function residentMb(pid = 0): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
