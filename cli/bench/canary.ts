import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { AwsClient } from "aws4fetch";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { startCanaryWorld } from "../../packages/canary/test/canary-world.ts";
import { here } from "./checkout.ts";
import { inTurns, median, timeRun } from "./measure.ts";
import type { Report } from "./report.ts";

/** The CPU time of loading the bundle, in milliseconds. */
const load = `
const before = process.cpuUsage();
require("./index.js");
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
`;

/** A run of the canary in the local cloud, against the command as a process, in turns. */
export async function benchCanary(report: Report, runs: number): Promise<void> {
  const bundle = join(here.root, "packages/canary/dist/handler");
  const starts: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=commonjs", "-e", load], {
      cwd: bundle,
      env: { ...process.env, AUTH_CLI_CANARY: '{"stages":{}}' },
    });
    starts.push(Number(stdout));
  }
  report.row("canary, bundle", "kB", [(await stat(join(bundle, "index.js"))).size / 1000], { atMost: 1000 });
  report.row("canary, load of the bundle, CPU", "ms", [median(starts)], { atMost: 150 });

  const world = await startCanaryWorld({ prod: {} });
  try {
    const { cloud, cli, folder } = world;
    const aws = new AwsClient({
      accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      region: "us-east-1",
      retries: 0,
    });
    const post = async (service: string, path: string, headers: Record<string, string>, body: object) => {
      const signed = { method: "POST", headers, body: JSON.stringify(body), aws: { service } };
      const response = await aws.fetch(cloud.awsUrl + path, signed);
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text;
    };
    const secret = JSON.stringify(await world.logIn("alice", "prod"));
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.CreateSecret",
    };
    await post("secretsmanager", "/", headers, { Name: "notes/canary", SecretString: secret });
    await world.deploy();
    const outputs = JSON.parse(await readFile(join(folder, "outputs.json"), "utf8")) as {
      Notes: { FunctionName: string };
    };
    const path = `/2015-03-31/functions/${outputs.Notes.FunctionName}/invocations`;
    const command = {
      name: "smoke --json",
      command: process.execPath,
      args: [authCliPath, "smoke", "--json", "--stage", "prod"],
      variables: cli.variables,
      cwd: folder,
    };
    const invoke = async (): Promise<number> => {
      const started = performance.now();
      const result = await post("lambda", path, {}, {});
      if (result !== '{"prod":true}') throw new Error(result);
      return performance.now() - started;
    };
    const times = await inTurns([invoke, () => timeRun(command)], runs, (run) => run());
    const [canary = Number.NaN, smoke = Number.NaN] = times.map(median);
    report.row("canary, a run", "ms", [canary]);
    report.row("auth-cli smoke --json", "ms", [smoke]);
    report.row("  canary against the command", "×", [canary / smoke], { atMost: 1.2 });
  } finally {
    await world.close();
  }
}
