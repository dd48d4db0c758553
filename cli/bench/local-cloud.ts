import type { Checkout } from "./checkout.ts";
import { inTurns, median, timeRun } from "./measure.ts";
import type { Report } from "./report.ts";
import { deploy, stage, type World, withWorld } from "./world.ts";

/** From the start of the process until it has printed its environment. */
export async function benchReady(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const times = await inTurns(checkouts, runs, (checkout) => withWorld(checkout, ({ readyMs }) => readyMs));
  const bound = checkouts.length > 1 ? { atMost: 1.1, ofOther: true } : { atMost: 600 };
  report.row("local cloud, ready", "ms", times.map(median), bound);
}

/** `sst deploy` of a new stage against `sst build`, which only computes. */
export async function benchDeploy(report: Report, worlds: readonly World[]): Promise<void> {
  const deployed: number[] = [];
  const ratios: number[] = [];
  for (const world of worlds) {
    const { checkout, cli } = world;
    const time = await deploy(world);
    const built = await timeRun({
      name: "sst build",
      command: process.execPath,
      args: [checkout.sst, "build", ...stage],
      variables: cli.variables,
      cwd: checkout.root,
    });
    deployed.push(time);
    ratios.push(time / built);
  }
  report.row("sst deploy, a new stage", "ms", deployed, { atMost: 1, ofOther: true });
  report.row("  against sst build", "×", ratios, { atMost: 2 });
}

export async function benchNpmStart(report: Report, checkouts: readonly Checkout[]): Promise<void> {
  const times: number[] = [];
  for (const { root } of checkouts) {
    const variables = { ...process.env };
    times.push(await timeRun({ name: "npm start", command: "npm", args: ["start"], variables, cwd: root }));
  }
  report.row("npm start", "ms", times, { atMost: 1, ofOther: true });
}
