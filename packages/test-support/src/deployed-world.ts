import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from "@api-auth-twitter/local-cloud";
import { type AuthCli, createAuthCli } from "./auth-cli.ts";
import { inject } from "vitest";
import { deleteStack, replayStack } from "./replay-stack.ts";
import { copySstApp, type SstApp } from "./sst-app.ts";
import { synthesizedStack } from "./synthesized-stack.ts";

/** The local cloud with the app deployed to it, and the built CLI beside it. */
export interface DeployedWorld {
  cloud: LocalCloud;
  app: SstApp;
  cli: AuthCli;
  /** The environment of a deployer. */
  variables: Record<string, string | undefined>;
  /**
   * Deploys a stage, and fails the test when that fails.
   * @param mode `dev`: as `sst dev` deploys it
   */
  deploy(stage: string, mode?: "dev"): Promise<void>;
  /** Removes a stage, and fails the test when that fails. */
  remove(stage: string): Promise<void>;
  /** The stack's outputs as SST wrote them last. */
  outputs(): Promise<StackOutputs>;
  close(): Promise<void>;
}

interface WorldOptions extends Partial<LocalCloudOptions> {
  /** For all that runs with the cloud. */
  variables?: Record<string, string>;
  /** The first deploy is a real `sst deploy`. By default what SST synthesizes is replayed, in a tenth of the time. */
  bySst?: boolean;
  /** Starts auth-cli as npx does, from the project's node_modules. */
  byNpx?: boolean;
}

/** @param edit changes the app before it is deployed */
export async function deployWorld(
  stage: string,
  edit?: (app: SstApp) => Promise<void>,
  { variables: added = {}, bySst = false, byNpx = false, ...options }: WorldOptions = {},
): Promise<DeployedWorld> {
  const app = await copySstApp();
  const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, ...options });
  const variables = {
    PATH: process.env["PATH"],
    HOME: app.folder,
    SST_TELEMETRY_DISABLED: "1",
    ...cloud.environment,
    ...added,
  };
  const { PATH: _path, ...deployer } = variables;
  const program = byNpx ? { program: join(app.folder, "node_modules/.bin/auth-cli") } : {};
  const cli = await createAuthCli(app.folder, { ...cloud.environment, ...added }, program);
  const world: DeployedWorld = {
    cloud,
    app,
    cli,
    variables,
    async deploy(name, mode) {
      const { TWITTER_SECRET_ID: secretId } = added;
      const read = secretId === undefined ? {} : { TWITTER_SECRET_ID: secretId };
      const request = { folder: app.folder, stage: name, variables: read, mode };
      await replayStack(await synthesizedStack(inject("synthesisUrl"), request), variables, app.folder);
    },
    remove: (name) => deleteStack(`${name}-api-auth-twitter-ExampleStack`, variables),
    async outputs() {
      const text = await readFile(join(app.folder, ".sst/outputs.json"), "utf8");
      const [outputs] = Object.values(JSON.parse(text) as Record<string, StackOutputs>);
      if (outputs === undefined) throw new Error("sst deploy wrote no outputs");
      return outputs;
    },
    async close() {
      await cloud.close();
      await recordSecrets([
        cloud.environment["TWITTER_CONSUMER_SECRET"],
        cloud.environment["AWS_SECRET_ACCESS_KEY"],
        ...(await cli.storedSecrets().catch(() => [])),
      ]);
      await cli.remove();
      await app.remove();
    },
  };
  try {
    await edit?.(app);
    if (bySst) {
      const { code, stdout, stderr } = await app.sst(["deploy", "--stage", stage], deployer);
      if (code !== 0) throw new Error(`sst deploy: exit code ${code}\n${stdout}\n${stderr}`);
    } else {
      await world.deploy(stage);
    }
    return world;
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** What `sst deploy` wrote for the last deployed stage. */
export interface StackOutputs {
  ApiEndpoint: string;
  IdentityPoolId: string;
}

/** With `AUTH_CLI_TEST_SECRETS`, a file: `.ci/run` then searches all that the tests have printed for what it holds. */
async function recordSecrets(secrets: readonly (string | undefined)[]): Promise<void> {
  const file = process.env["AUTH_CLI_TEST_SECRETS"];
  const lines = secrets.filter((secret) => secret !== undefined && secret !== "");
  if (file !== undefined && lines.length > 0) await appendFile(file, `${lines.join("\n")}\n`);
}
