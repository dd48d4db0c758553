import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud } from "@api-auth-twitter/local-cloud";
import { expect, inject, test } from "vitest";
import { createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { replayStack } from "@api-auth-twitter/test-support/replay-stack";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { synthesizedStack } from "@api-auth-twitter/test-support/synthesized-stack";
import { logInHere } from "./run-here.ts";

const aws = findPeer("aws");

test.skipIf(aws === undefined)(
  "with TWITTER_SECRET_ID the chain holds, and no template has the secret",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "auth-cli-secret-"));
    const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
    const app = await copySstApp();
    const cli = await createAuthCli(app.folder, cloud.environment);
    try {
      const { TWITTER_CONSUMER_KEY, TWITTER_CONSUMER_SECRET = "", ...deployer } = cloud.environment;
      const env = { PATH: process.env["PATH"], HOME: app.folder, ...deployer, TWITTER_SECRET_ID: "twitter" };
      const file = join(folder, "secret.json");
      await writeFile(file, JSON.stringify({ TWITTER_CONSUMER_KEY, TWITTER_CONSUMER_SECRET }));
      const create = ["create-secret", "--name", "twitter", "--secret-string", `file://${file}`];
      const created = await runProcess(
        aws ?? "",
        ["secretsmanager", ...create, "--endpoint-url", cloud.awsUrl],
        { env },
      );
      expect(created.code, created.stderr).toBe(0);

      const variables = { TWITTER_SECRET_ID: "twitter" };
      const request = { folder: app.folder, stage: "secret", variables };
      await replayStack(await synthesizedStack(inject("synthesisUrl"), request), env, app.folder);
      const built = join(app.folder, ".sst/dist");
      const templates = (await readdir(built)).filter((name) => name.endsWith(".template.json"));
      expect(templates).not.toEqual([]);
      for (const name of templates) {
        expect((await readFile(join(built, name), "utf8")).includes(TWITTER_CONSUMER_SECRET), name).toBe(
          false,
        );
      }

      const { code, stderr } = await logInHere(cli, "alice");
      expect(code, stderr).toBe(0);
      expect((await cli.run(["smoke"])).code).toBe(0);
    } finally {
      await cloud.close();
      await cli.remove();
      await app.remove();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
