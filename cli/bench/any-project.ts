import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deployTemplate } from "@api-auth-twitter/test-support/replay-stack";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { httpApi, lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { type Checkout, here } from "./checkout.ts";
import { inTurns, median, timeRun } from "./measure.ts";
import type { Report } from "./report.ts";
import { type World, withFolder, withWorld } from "./world.ts";

/** `auth-cli init --yes` in a project that has nothing of auth-cli yet. */
export async function benchInit(report: Report, checkouts: readonly Checkout[], runs: number): Promise<void> {
  const times = await withFolder(async (folder) => {
    await writeFile(join(folder, "cdk.json"), '{ "app": "node app.mjs" }');
    return inTurns(checkouts, runs, async ({ program }) => {
      await writeFile(join(folder, "package.json"), '{\n  "name": "notes",\n  "private": true\n}\n');
      const args = [program, "init", "--yes"];
      const variables = { ...process.env, HOME: folder };
      return timeRun({ name: "init", command: process.execPath, args, variables, cwd: folder });
    });
  });
  report.row("auth-cli init", "ms", times.map(median), { atMost: 300 });
}

/** From the start of the process until it has printed its environment, with 20 deployed stages in its folder. */
export async function benchState(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const times = await withFolder(async (folder) => {
    const start = <T>(checkout: Checkout, use: (world: World) => T | Promise<T>): Promise<T> =>
      withWorld(checkout, use, [], ["--state", join(folder, checkout.name)]);
    for (const checkout of checkouts)
      await start(checkout, async ({ cli }) => {
        for (let stage = 0; stage < 20; stage += 1)
          await deployTemplate(`stage-${stage}`, template, cli.variables);
      });
    return inTurns(checkouts, runs, (checkout) => start(checkout, ({ readyMs }) => readyMs));
  });
  report.row("local cloud with 20 stages in its folder, ready", "ms", times.map(median), { atMost: 500 });
}

/** `sst deploy` of an app with 50 recorded resources against `sst build` of it. */
export async function benchRecorded(report: Report): Promise<void> {
  await withWorld(here, async ({ cli }) => {
    const app = await copySstApp();
    try {
      const file = "stacks/ExampleStack.ts";
      await app.edit(file, "import {", 'import { Topic } from "aws-cdk-lib/aws-sns";\nimport {');
      await app.edit(
        file,
        "  const api = ",
        "  for (let index = 0; index < 50; index += 1) new Topic(stack, `Topic${index}`);\n  const api = ",
      );
      const time = async (command: string): Promise<number> => {
        const started = performance.now();
        const { code, stdout, stderr } = await app.sst([command, "--stage", "bench"], cli.variables);
        if (code !== 0) throw new Error(stdout + stderr);
        return performance.now() - started;
      };
      const built = await time("build");
      const deployed = await time("deploy");
      report.row("sst deploy with 50 recorded resources", "ms", [deployed]);
      report.row("  against sst build", "×", [deployed / built], { atMost: 1.3 });
    } finally {
      await app.remove();
    }
  });
}

const inline = `exports.handler = async () => "hello";//${"-".repeat(6000)}`;
const template = {
  Resources: { Role: lambdaRole(), Hello: lambdaFunction(inline), ...httpApi({ "GET /": "Hello" }) },
};
