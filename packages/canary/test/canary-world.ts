import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalCloud, startLocalCloud } from "@api-auth-twitter/local-cloud";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { deployTemplate } from "@api-auth-twitter/test-support/replay-stack";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { type Defects, stagesTemplate } from "./stages.ts";
import { logInHere, runHere } from "../../../cli/test/run-here.ts";

const modules = join(import.meta.dirname, "../../../node_modules");

const program = `
import { Canary } from "@api-auth-twitter/canary";
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
const stack = new Stack(new App(), "Notes");
const canary = new Canary(stack, "Canary", { secret: Secret.fromSecretNameV2(stack, "Token", "notes/canary") });
for (const alarm of Object.values(canary.alarms))
  alarm.addAlarmAction({ bind: () => ({ alarmActionArn: "arn:aws:sns:us-east-1:000000000000:alerts" }) });
new CfnOutput(stack, "FunctionName", { value: canary.function.functionName });
`;

/** A local cloud with deployed stages, and a project of CDK with a canary for them. */
export interface CanaryWorld {
  cloud: LocalCloud;
  /** The project. */
  folder: string;
  cli: AuthCli;
  /** @returns what the canary's secret has of the login */
  logIn(user: string, stage: string): Promise<Record<string, string>>;
  /** The real `cdk deploy` of the canary. */
  deploy(): Promise<void>;
  close(): Promise<void>;
}

export async function startCanaryWorld(
  stages: Readonly<Record<string, Defects>>,
  log: (line: string) => void = () => {},
): Promise<CanaryWorld> {
  const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log });
  const folder = await mkdtemp(join(tmpdir(), "canary-"));
  await symlink(modules, join(folder, "node_modules"), "junction");
  const { TWITTER_CONSUMER_KEY: key = "", TWITTER_CONSUMER_SECRET: secret = "" } = cloud.environment;
  const outputs = await deployTemplate("stages", stagesTemplate(stages, { key, secret }), cloud.environment);
  const addresses = Object.entries(stages).map(([name, { gone }]) => [
    name,
    {
      // Nothing listens at port 9.
      endpoint: gone ? "http://127.0.0.1:9" : outputs[`${name}Endpoint`],
      identityPoolId: outputs[`${name}Pool`],
    },
  ]);
  const settings = { routes: ["GET /notes"], stages: Object.fromEntries(addresses) as object };
  await writeFile(join(folder, "auth-cli.json"), JSON.stringify(settings));
  await writeFile(join(folder, "cdk.json"), '{ "app": "node app.mjs" }');
  await writeFile(join(folder, "app.mjs"), program);
  const cli = await createAuthCli(folder, cloud.environment);
  return {
    cloud,
    folder,
    cli,
    async logIn(user, stage) {
      const { code, stderr } = await logInHere(cli, user, ["--stage", stage]);
      if (code !== 0) throw new Error(stderr);
      const { stdout } = await runHere(cli, ["credentials", "--stage", stage, "--format", "canary"]);
      return JSON.parse(stdout) as Record<string, string>;
    },
    async deploy() {
      const flags = ["--require-approval", "never", "--no-notices", "--outputs-file", "outputs.json"];
      const { code, stdout, stderr } = await runProcess(
        process.execPath,
        [join(modules, "aws-cdk/bin/cdk"), "deploy", ...flags],
        {
          cwd: folder,
          env: {
            PATH: process.env["PATH"],
            HOME: folder,
            CI: "1",
            CDK_DISABLE_CLI_TELEMETRY: "true",
            ...cloud.environment,
          },
          timeoutMs: 90_000,
        },
      );
      if (code !== 0) throw new Error(stdout + stderr);
    },
    async close() {
      await cloud.close();
      await cli.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
