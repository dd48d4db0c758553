/**
 * `npm run bench`: medians of whole processes, in turns, and ratios within one run, because only ratios carry over to
 * another machine.
 */
import { benchCanary } from "./canary.ts";
import { checkOut, here } from "./checkout.ts";
import { benchInit, benchRecorded, benchState } from "./any-project.ts";
import { benchDeploy, benchNpmStart, benchReady } from "./local-cloud.ts";
import { benchLive } from "./live.ts";
import { benchLogin } from "./login.ts";
import { benchPackage } from "./package-size.ts";
import { readFlags } from "./read-flags.ts";
import { benchRefusal } from "./refusal.ts";
import { Report } from "./report.ts";
import { benchSmoke, benchStages } from "./smoke.ts";
import { benchStartUp } from "./start-up.ts";
import { benchSigning, benchStreaming } from "./streaming.ts";
import { benchTable } from "./table.ts";
import { benchThroughput } from "./throughput.ts";
import { stage, startWorld, type World } from "./world.ts";

const usage = `npm run bench                        this build
npm run bench -- --against <commit>  this build and an earlier one, installed and built beside it
npm run bench -- --quick             fewer runs
npm run bench -- --only start-up     one topic`;

const { against, quick, only } = readFlags(usage, {
  options: {
    against: { type: "string" },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const report = new Report();
const other = against === undefined ? undefined : await checkOut(against);
const checkouts = other === undefined ? [here] : [here, other];

const topics: Record<string, () => Promise<void>> = {
  package: () => benchPackage(report, checkouts, quick ? 1 : 5),
  ready: () => benchReady(report, checkouts, quick ? 3 : 9),
  init: () => benchInit(report, checkouts, quick ? 7 : 21),
  state: () => benchState(report, checkouts, quick ? 3 : 9),
  recorded: () => benchRecorded(report),
  "start-up": inWorlds(async (worlds) => {
    await benchDeploy(report, worlds);
    for (const { cli } of worlds) await cli.logIn("alice", stage);
    await benchStartUp(report, worlds, quick ? 7 : 41);
    const [world] = worlds;
    if (world === undefined) return;
    await benchLogin(report, world, quick ? 3 : 7);
    await benchRefusal(report, world, quick ? 3 : 9);
  }),
  streaming: async () => {
    await benchStreaming(report, checkouts, quick ? 1 : 5);
    await benchSigning(report, quick ? 5 : 21);
  },
  throughput: () => benchThroughput(report, checkouts, quick ? 4 : 15),
  table: () => benchTable(report, checkouts, quick ? 200 : 1000),
  live: () => benchLive(report, quick ? 5 : 15),
  smoke: () => benchSmoke(report, checkouts, quick ? 3 : 7),
  stages: () => benchStages(report, checkouts, quick ? 3 : 9),
  canary: () => benchCanary(report, quick ? 5 : 21),
  start: () => benchNpmStart(report, checkouts),
};

/** Each checkout with a local cloud of its own. */
function inWorlds(bench: (worlds: readonly World[]) => Promise<void>): () => Promise<void> {
  return async () => {
    const worlds: World[] = [];
    try {
      for (const checkout of checkouts) worlds.push(await startWorld(checkout));
      await bench(worlds);
    } finally {
      for (const world of worlds) await world.close();
    }
  };
}

console.log(`Node ${process.versions.node}: ${checkouts.map(({ name }) => name).join(", then ")}`);
try {
  for (const [name, bench] of Object.entries(topics)) if (only === undefined || only === name) await bench();
} finally {
  await other?.remove();
}
process.exitCode = report.finish();
