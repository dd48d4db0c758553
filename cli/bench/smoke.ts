import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCertificate } from "../../packages/local-cloud/src/iot/certificate.ts";
import type { Checkout } from "./checkout.ts";
import { inTurns, median, timeRun, type Variables } from "./measure.ts";
import type { Report } from "./report.ts";
import { startSlowProxy } from "./slow-proxy.ts";
import { withFolder } from "./world.ts";

const at = (name: string): string => join(import.meta.dirname, name);

/** One way to a distant server. */
const delayMs = 50;

/** `auth-cli smoke` of fifty stages with thirteen checks each. */
export async function benchStages(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const services = [await startServices(), await startServices()] as const;
  try {
    const one = await measureSmoke(checkouts, runs, services, stages(1));
    const fifty = await measureSmoke(checkouts, runs, services, stages(50));
    report.row("smoke, 1 stage", "ms", part(one, "wallMs"));
    report.row("smoke, 50 stages: wall", "ms", part(fifty, "wallMs"), { atMost: 0.4, ofOther: true });
    report.row("  CPU", "ms", part(fifty, "cpuMs"));
    report.row("  peak of memory", "MB", part(fifty, "memoryMb"), { atMost: 120 });
  } finally {
    for (const each of services) each.close();
  }
}

/** `auth-cli smoke` of many routes, of many stages and over a slow link, against services that cost next to nothing. */
export function benchSmoke(report: Report, checkouts: readonly Checkout[], runs: number): Promise<void> {
  return withFolder(async (folder) => {
    const { cert, key } = await createCertificate();
    const files = [join(folder, "cert.pem"), join(folder, "key.pem")] as const;
    await writeFile(files[0], cert);
    await writeFile(files[1], key);
    const near = [await startServices(), await startServices()] as const;
    const far = [await startServices(...files), await startServices(...files)] as const;
    const proxy = await startSlowProxy(delayMs);
    const slow = { ALL_PROXY: proxy.url, NO_PROXY: "<-loopback>", NODE_EXTRA_CA_CERTS: files[0] };
    const half = { atMost: 0.5, ofOther: true };
    try {
      const oneRoute = await measureSmoke(checkouts, runs, near, routes(1));
      const manyRoutes = await measureSmoke(checkouts, runs, near, routes(100));
      const oneStage = await measureSmoke(checkouts, runs, near, stages(1));
      const manyStages = await measureSmoke(checkouts, runs, near, stages(20));
      report.row("smoke, 1 route", "ms", part(oneRoute, "wallMs"));
      report.row("  each of 99 more: wall", "ms", slope(oneRoute, manyRoutes, "wallMs", 99), half);
      report.row("  each of 99 more: CPU", "ms", slope(oneRoute, manyRoutes, "cpuMs", 99), half);
      report.row("  each of 19 more stages: wall", "ms", slope(oneStage, manyStages, "wallMs", 19), half);
      report.row("  each of 19 more stages: CPU", "ms", slope(oneStage, manyStages, "cpuMs", 19), half);

      const slowOne = await measureSmoke(checkouts, runs, near, routes(1), slow);
      const slowMany = await measureSmoke(checkouts, runs, near, routes(100), slow);
      report.row("smoke through a slow proxy, in round trips", "", trips(slowOne), { atMost: 6 });
      report.row("  each of 99 more routes: wall", "ms", slope(slowOne, slowMany, "wallMs", 99), half);
      // A tunnel and its TLS take two round trips before the first request.
      const slowSecure = await measureSmoke(checkouts, runs, far, routes(1), slow);
      report.row("  over https, in round trips", "", trips(slowSecure));
    } finally {
      for (const each of [...near, ...far, proxy]) each.close();
    }
  });
}

interface Figures {
  wallMs: number;
  cpuMs: number;
  memoryMb: number;
}

function part(figures: readonly Figures[], name: keyof Figures): number[] {
  return figures.map((each) => each[name]);
}

function slope(few: Figures[], many: Figures[], name: keyof Figures, more: number): number[] {
  return many.map((figures, index) => (figures[name] - (few[index]?.[name] ?? 0)) / more);
}

function trips(figures: readonly Figures[]): number[] {
  return part(figures, "wallMs").map((ms) => ms / (2 * delayMs));
}

/**
 * Medians of each build.
 * @param services Twitter and Cognito, and the API, which has a host of its own, as in AWS
 */
function measureSmoke(
  checkouts: readonly Checkout[],
  runs: number,
  [{ origin }, { origin: apiOrigin }]: readonly [Services, Services],
  args: readonly string[],
  variables: Variables = {},
): Promise<Figures[]> {
  return withFolder(async (folder) => {
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
    const seen = await inTurns(checkouts, runs, async ({ program }): Promise<Figures> => {
      const wallMs = await timeRun({
        name: "smoke",
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
      const usage = JSON.parse(await readFile(usageFile, "utf8")) as Omit<Figures, "wallMs">;
      return { wallMs, ...usage };
    });
    return seen.map((figures) => ({
      wallMs: median(part(figures, "wallMs")),
      cpuMs: median(part(figures, "cpuMs")),
      memoryMb: median(part(figures, "memoryMb")),
    }));
  });
}

/** The same route with another query each time. */
function routes(count: number): string[] {
  const each = Array.from({ length: count }, (_, index) => ["--route", `GET /private?number=${index}`]);
  return ["--stage", "s0", ...each.flat()];
}

function stages(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ["--stage", `s${index}`]).flat();
}

interface Services {
  origin: string;
  close(): void;
}

async function startServices(...files: readonly string[]): Promise<Services> {
  const child: ChildProcess & { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream } = spawn(
    process.execPath,
    [at("smoke-services.cjs"), ...files],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const origin = `${files.length === 0 ? "http" : "https"}://127.0.0.1:${String(port).trim()}`;
  return { origin, close: () => child.stdin.end() };
}
