import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate } from "../../packages/local-cloud/src/iot/certificate.ts";
import type { Checkout } from "./checkout.ts";
import { median, timeRun, type Variables } from "./measure.ts";
import type { Report } from "./report.ts";
import { startSlowProxy } from "./slow-proxy.ts";

const at = (name: string): string => join(import.meta.dirname, name);

/** One way to a distant server. */
const delayMs = 50;

/** `auth-cli smoke` of fifty stages with thirteen checks each. */
export async function benchStages(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-bench-stages-"));
  const services = [await startServices(), await startServices()] as const;
  try {
    const [{ origin }, { origin: apiOrigin }] = services;
    const measure = (name: string, args: readonly string[]): Promise<Figures[]> =>
      measureSmoke({ folder, checkouts, runs, name, origin, apiOrigin, args, variables: {} });
    const one = await measure("1 stage", stages(1));
    const fifty = await measure("50 stages", stages(50));
    report.row("smoke, 1 stage", "ms", wall(one));
    report.row("smoke, 50 stages: wall", "ms", wall(fifty), { atMost: 0.4, ofOther: true });
    report.row(
      "  CPU",
      "ms",
      fifty.map(({ cpuMs }) => cpuMs),
    );
    report.row(
      "  peak of memory",
      "MB",
      fifty.map(({ memoryMb }) => memoryMb),
      { atMost: 120 },
    );
  } finally {
    for (const { close } of services) close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `auth-cli smoke` of many routes, of many stages and over a slow link, against services that cost next to nothing. */
export async function benchSmoke(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-bench-smoke-"));
  const closing: (() => void)[] = [];
  try {
    const { cert, key } = await createCertificate();
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    // The API has a host of its own, as in AWS.
    const [near, nearApi] = [await startServices(), await startServices()];
    const [far, farApi] = [await startServices(certFile, keyFile), await startServices(certFile, keyFile)];
    const proxy = await startSlowProxy(delayMs);
    closing.push(near.close, nearApi.close, far.close, farApi.close, () => proxy.close());
    const slow = { ALL_PROXY: proxy.url, NO_PROXY: "<-loopback>", NODE_EXTRA_CA_CERTS: certFile };

    const measure = (name: string, args: readonly string[], more: Variables = {}, secure = false) =>
      measureSmoke({
        folder,
        checkouts,
        runs,
        name,
        origin: (secure ? far : near).origin,
        apiOrigin: (secure ? farApi : nearApi).origin,
        args,
        variables: more,
      });
    const oneRoute = await measure("1 route", routes(1));
    const manyRoutes = await measure("100 routes", routes(100));
    const oneStage = await measure("1 stage", stages(1));
    const manyStages = await measure("20 stages", stages(20));
    const slope = (few: Figures[], many: Figures[], part: keyof Figures, more: number): number[] =>
      many.map((figures, index) => (figures[part] - (few[index]?.[part] ?? 0)) / more);
    const half = { atMost: 0.5, ofOther: true };
    report.row("smoke, 1 route", "ms", wall(oneRoute));
    report.row("  each of 99 more: wall", "ms", slope(oneRoute, manyRoutes, "wallMs", 99), half);
    report.row("  each of 99 more: CPU", "ms", slope(oneRoute, manyRoutes, "cpuMs", 99), half);
    report.row("  each of 19 more stages: wall", "ms", slope(oneStage, manyStages, "wallMs", 19), half);
    report.row("  each of 19 more stages: CPU", "ms", slope(oneStage, manyStages, "cpuMs", 19), half);

    const trips = (figures: readonly Figures[]): number[] => wall(figures).map((ms) => ms / (2 * delayMs));
    const slowOne = await measure("slow, 1 route", routes(1), slow);
    const slowMany = await measure("slow, 100 routes", routes(100), slow);
    report.row("smoke through a slow proxy, in round trips", "", trips(slowOne), { atMost: 6 });
    report.row("  each of 99 more routes: wall", "ms", slope(slowOne, slowMany, "wallMs", 99), half);
    // A tunnel and its TLS take two round trips before the first request.
    const slowSecure = await measure("slow, https", routes(1), slow, true);
    report.row("  over https, in round trips", "", trips(slowSecure));
  } finally {
    for (const close of closing) close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Figures {
  wallMs: number;
  cpuMs: number;
  memoryMb: number;
}

function wall(figures: readonly Figures[]): number[] {
  return figures.map(({ wallMs }) => wallMs);
}

/** Medians, by turns of the builds. */
async function measureSmoke({
  folder,
  checkouts,
  runs,
  name,
  origin,
  apiOrigin,
  args,
  variables,
}: {
  folder: string;
  checkouts: readonly Checkout[];
  runs: number;
  name: string;
  /** Of Twitter and Cognito. */
  origin: string;
  apiOrigin: string;
  args: readonly string[];
  variables: Variables;
}): Promise<Figures[]> {
  const outputs = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [
      `s${index}-app-Stack`,
      {
        ApiEndpoint: apiOrigin,
        IdentityPoolId: `us-east-1:00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
      },
    ]),
  );
  await writeFile(join(folder, "outputs.json"), JSON.stringify(outputs));
  const usageFile = join(folder, "usage.json");
  const seen = checkouts.map((): Figures[] => []);
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const [index, { program }] of checkouts.entries()) {
      const wallMs = await timeRun({
        name: `smoke, ${name}`,
        command: process.execPath,
        args: [program, "smoke", "--json", "--outputs", "outputs.json", ...args],
        cwd: folder,
        variables: {
          PATH: process.env["PATH"],
          HOME: folder,
          AWS_ENDPOINT_URL: origin,
          TWITTER_API_URL: origin,
          TWITTER_CONSUMER_KEY: "k".repeat(25),
          TWITTER_CONSUMER_SECRET: "s".repeat(50),
          TWITTER_ACCESS_TOKEN: `42-${"t".repeat(40)}`,
          TWITTER_ACCESS_TOKEN_SECRET: "u".repeat(45),
          NODE_OPTIONS: `--require ${at("cpu-usage.cjs")}`,
          BENCH_USAGE_FILE: usageFile,
          ...variables,
        },
      });
      // The first turn fills caches and does not count.
      if (turn === 0) continue;
      const usage = JSON.parse(await readFile(usageFile, "utf8")) as Omit<Figures, "wallMs">;
      seen[index]?.push({ wallMs, ...usage });
    }
  }
  const medianOf = (figures: readonly Figures[], part: keyof Figures): number =>
    median(figures.map((each) => each[part]));
  return seen.map((figures) => ({
    wallMs: medianOf(figures, "wallMs"),
    cpuMs: medianOf(figures, "cpuMs"),
    memoryMb: medianOf(figures, "memoryMb"),
  }));
}

/** The same route with another query each time. */
function routes(count: number): string[] {
  const each = Array.from({ length: count }, (_, index) => ["--route", `GET /private?number=${index}`]);
  return ["--stage", "s0", ...each.flat()];
}

function stages(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ["--stage", `s${index}`]).flat();
}

async function startServices(...files: string[]): Promise<{ origin: string; close: () => void }> {
  const child: ChildProcess & { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream } = spawn(
    process.execPath,
    [at("smoke-services.cjs"), ...files],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const origin = `${files.length === 0 ? "http" : "https"}://127.0.0.1:${String(port).trim()}`;
  return { origin, close: () => child.stdin.end() };
}
