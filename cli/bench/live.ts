import { writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { copySstApp, type SstApp, type SstDev } from "@api-auth-twitter/test-support/sst-app";
import { untilWritten } from "@api-auth-twitter/test-support/sst-outputs";
import { here } from "./checkout.ts";
import { median, timeRun, type Variables } from "./measure.ts";
import type { Report } from "./report.ts";
import { apiEndpoint, startWorld, type World, withWorld } from "./world.ts";

const handlerFile = "packages/functions/src/public.ts";

/** Answers its version, or as many bytes as the query asks for. */
const handler = (version: number): string => `
export async function handler(event: { queryStringParameters?: { bytes?: string } }) {
  const bytes = Number(event.queryStringParameters?.bytes ?? 0);
  return { statusCode: 200, body: bytes > 0 ? "x".repeat(bytes) : "version ${version}" };
}
`;

interface Answer {
  status: number | undefined;
  body: string;
  milliseconds: number;
}

const agent = new Agent({ keepAlive: true });

function ask(url: string): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          body: Buffer.concat(chunks).toString(),
          milliseconds: performance.now() - started,
        }),
      );
    });
    request.on("error", reject);
  });
}

/** @throws Error for another status than 200 */
async function timeRequest(url: string): Promise<number> {
  const { status, body, milliseconds } = await ask(url);
  if (status !== 200) throw new Error(`${url}: HTTP ${status}\n${body}`);
  return milliseconds;
}

async function times(count: number, run: () => Promise<number>): Promise<number[]> {
  const measured: number[] = [];
  for (let index = 0; index < count; index += 1) measured.push(await run());
  return measured;
}

async function endpointOf(dev: SstDev): Promise<string> {
  const [, endpoint = ""] = await dev.printed(/ApiEndpoint: (\S+)/);
  return endpoint;
}

/** The app with a second open route, whose function no request has reached, and the handler above for both. */
async function copyApp(): Promise<SstApp> {
  const app = await copySstApp();
  const route = `{ function: "${handlerFile.replace(".ts", ".handler")}", authorizer: "none" }`;
  await app.edit("stacks/ExampleStack.ts", '"GET /public":', `"GET /burst": ${route}, "GET /public":`);
  await writeFile(join(app.folder, handlerFile), handler(0));
  return app;
}

/** `sst dev` on the local cloud, beside what it replaces: `sst deploy` and the deployed function. */
export async function benchLive(report: Report, runs: number): Promise<void> {
  await benchStart(report, Math.ceil(runs / 5));
  const [live, deployed, world] = [await copyApp(), await copyApp(), await startWorld(here)];
  const variables = ciVariables(world);
  const dev = live.dev("live", variables);
  const built = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) await dev.printed(/Built packages\S+public\.handler/);
  };
  try {
    const endpoint = await endpointOf(dev);
    const burst = await Promise.all(Array.from({ length: 20 }, () => ask(`${endpoint}/burst`)));
    const unanswered = burst.filter(({ status }) => status !== 200).length;
    report.row("20 first requests at once: not answered with 200", "", [unanswered], { atMost: 0 });

    await deployApp(deployed, world);
    const peer = `${await deployedEndpoint(deployed)}/public`;
    const url = `${endpoint}/public`;
    await times(20, async () => (await timeRequest(url)) + (await timeRequest(peer)));
    const warm = median(await times(runs * 10, () => timeRequest(url)));
    report.row("warm request, live", "ms", [warm], { atMost: 25 });
    const ratio = warm / median(await times(runs * 10, () => timeRequest(peer)));
    report.row("  against the deployed function", "×", [ratio], { atMost: 5 });

    const megabyte = 1_000_000;
    const sized = async (bytes: number): Promise<number> =>
      median(await times(3, () => timeRequest(`${url}?bytes=${bytes}`)));
    report.row("1 MB result, live", "ms", [await sized(megabyte)], { atMost: 700 });
    report.row("5 MB result, live, by S3", "ms", [await sized(5 * megabyte)], { atMost: 1800 });

    // By the first request of each.
    await built(2);
    let version = 0;
    const edit = async (): Promise<number> => {
      version += 1;
      const started = performance.now();
      await writeFile(join(live.folder, handlerFile), handler(version));
      // SST loses a request that arrives during the build. It builds the handler for each route.
      await built(2);
      while ((await ask(url)).body !== `version ${version}`);
      return performance.now() - started;
    };
    const edited = median(await times(runs, edit));
    report.row("edit to new answer, live", "ms", [edited], { atMost: 600 });
    await writeFile(join(deployed.folder, handlerFile), handler(1));
    report.row("  against sst deploy of the edit", "×", [edited / (await deployApp(deployed, world))], {
      atMost: 0.1,
    });
  } finally {
    await dev.stop("SIGKILL");
    await world.close();
    await Promise.all([live, deployed].map((app) => app.remove()));
  }
  await benchIdle(report, Math.ceil(runs / 5));
}

/** The real `sst deploy`. @returns milliseconds */
async function deployApp({ folder }: SstApp, world: World): Promise<number> {
  const args = [here.sst, "deploy", "--stage", "bench"];
  const variables = { ...ciVariables(world), PATH: process.env["PATH"], TMPDIR: join(folder, "tmp") };
  const command = { name: "sst deploy", command: process.execPath, args, variables, cwd: folder };
  const { time } = await untilWritten(join(folder, ".sst/outputs.json"), async () => ({
    code: 0,
    time: await timeRun(command),
  }));
  return time;
}

/** `npm run dev:local` and `sst deploy`, each with a new local cloud, until the first answer. */
async function benchStart(report: Report, runs: number): Promise<void> {
  const [live, deployed]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    const app = await copyApp();
    const started = performance.now();
    const dev = app.devLocal();
    try {
      await timeRequest(`${await endpointOf(dev)}/public`);
      live.push(performance.now() - started);
    } finally {
      await dev.stop("SIGTERM");
    }
    await withWorld(here, async (world) => {
      const time = await deployApp(app, world);
      deployed.push(time + (await timeRequest(`${await deployedEndpoint(app)}/public`)));
    });
    await app.remove();
  }
  report.row("npm run dev:local to the first answer", "ms", [median(live)]);
  report.row("  against sst deploy and a first call", "×", [median(live) / median(deployed)], {
    atMost: 1.5,
  });
}

/** A request after an hour, of which the timers of the local cloud and of `sst dev` see all and the clock a minute. */
async function benchIdle(report: Report, runs: number): Promise<void> {
  const hurry = { NODE_OPTIONS: `--require ${join(here.root, "cli/bench/hurry.cjs")}` };
  const app = await copyApp();
  const world = await startWorld(here, ["env", `NODE_OPTIONS=${hurry.NODE_OPTIONS}`]);
  const dev = app.dev("live", { ...ciVariables(world), ...hurry });
  try {
    const url = `${await endpointOf(dev)}/public`;
    const warm = median(await times(20, () => timeRequest(url)));
    const afterAnHour = await times(runs, async () => {
      await sleep(60_000);
      return timeRequest(url);
    });
    const ratio = median(afterAnHour) / warm;
    report.row("live request after an idle hour, against a warm one", "×", [ratio], { atMost: 2 });
  } finally {
    await dev.stop("SIGKILL");
    await world.close();
    await app.remove();
  }
}

/** SST asks no questions in CI. */
function ciVariables({ cli }: World): Variables {
  const { PATH: _npm, ...variables } = cli.variables;
  return { ...variables, CI: "1", NO_COLOR: "1" };
}

function deployedEndpoint({ folder }: SstApp): Promise<string> {
  return apiEndpoint({ ...here, root: folder });
}
