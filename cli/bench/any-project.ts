import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployTemplate } from "@api-auth-twitter/test-support/replay-stack";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { httpApi, lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { type Checkout, here } from "./checkout.ts";
import { median, timeRun } from "./measure.ts";
import type { Report } from "./report.ts";
import { startWorld } from "./world.ts";

/** `auth-cli init --yes` in a project that has nothing of auth-cli yet. */
export async function benchInit(report: Report, checkouts: readonly Checkout[], runs: number): Promise<void> {
  const times: number[][] = checkouts.map(() => []);
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-bench-init-"));
  try {
    await writeFile(join(folder, "cdk.json"), '{ "app": "node app.mjs" }');
    for (let run = 0; run < runs; run += 1) {
      for (const [index, { program }] of checkouts.entries()) {
        await writeFile(join(folder, "package.json"), '{\n  "name": "notes",\n  "private": true\n}\n');
        const args = [program, "init", "--yes"];
        const variables = { ...process.env, HOME: folder };
        times[index]?.push(
          await timeRun({ name: "init", command: process.execPath, args, variables, cwd: folder }),
        );
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  report.row("auth-cli init", "ms", times.map(median), { atMost: 300 });
}

/** From the start of the process until it has printed its environment, with 20 deployed stages in its folder. */
export async function benchState(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const times: number[][] = checkouts.map(() => []);
  for (const [index, checkout] of checkouts.entries()) {
    const folder = await mkdtemp(join(tmpdir(), "auth-cli-bench-state-"));
    const flags = ["--state", join(folder, "state")];
    try {
      const first = await startWorld(checkout, [], flags);
      for (let stage = 0; stage < 20; stage += 1)
        await deployTemplate(`stage-${stage}`, template, first.cli.variables);
      await first.close();
      for (let run = 0; run < runs; run += 1) {
        const world = await startWorld(checkout, [], flags);
        times[index]?.push(world.readyMs);
        await world.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  report.row("local cloud with 20 stages in its folder, ready", "ms", times.map(median), { atMost: 500 });
}

/** `sst deploy` of an app with 50 recorded resources against `sst build` of it. */
export async function benchRecorded(report: Report): Promise<void> {
  const world = await startWorld(here);
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
      const { code, stdout, stderr } = await app.sst([command, "--stage", "bench"], world.cli.variables);
      if (code !== 0) throw new Error(stdout + stderr);
      return performance.now() - started;
    };
    const built = await time("build");
    const deployed = await time("deploy");
    report.row("sst deploy with 50 recorded resources", "ms", [deployed]);
    report.row("  against sst build", "×", [deployed / built], { atMost: 1.3 });
  } finally {
    await app.remove();
    await world.close();
  }
}

const inline = `exports.handler = async () => "hello";//${"-".repeat(6000)}`;
const template = {
  Resources: { Role: lambdaRole(), Hello: lambdaFunction(inline), ...httpApi({ "GET /": "Hello" }) },
};
