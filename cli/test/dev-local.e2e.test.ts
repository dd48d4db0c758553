import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { devTranscript } from "../../scripts/transcripts/dev.ts";
import { comparable, readPages, transcriptsIn } from "../../scripts/transcripts/pages.ts";

const handler = "packages/functions/src/private.ts";
const greeting = "`Hello ${identityId}!`";

/** What `npm run dev:local` says to type in another terminal. */
async function sourceVariables(folder: string): Promise<Record<string, string>> {
  const script = '. .sst/local.env; exec "$0" -p "JSON.stringify(process.env)"';
  const env = { AWS_PROFILE: "mine", PATH: process.env["PATH"], HOME: folder };
  const { stdout, stderr } = await runProcess("/bin/sh", ["-c", script, process.execPath], {
    cwd: folder,
    env,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Record<string, string>;
}

test.skipIf(process.platform === "win32")(
  "the guide by hand: dev, log in, call, print the identity, call, deploy to prod, remove both",
  async () => {
    const app = await copySstApp();
    await app.edit(handler, greeting, '"Hello user!"');
    const dev = app.devLocal();
    let cli: AuthCli | undefined;
    try {
      await dev.printed(/Press Ctrl-C.*\n/);
      const documented = new Map(readPages().flatMap(transcriptsIn)).get("dev") ?? "";
      expect(comparable(devTranscript(dev.output()))).toBe(comparable(documented));

      const variables = await sourceVariables(app.folder);
      expect(variables).not.toHaveProperty("AWS_PROFILE");
      const { PATH: _npm, ...deployer } = variables;
      const user = await createAuthCli(app.folder, variables);
      cli = user;
      const authCli = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await user.run(args);
        expect(code, stderr).toBe(0);
        return stdout;
      };
      const logIn = async (stage: string): Promise<void> => {
        const { code, stderr } = await user.logIn("alice", ["--stage", stage]);
        expect(code, stderr).toBe(0);
      };
      const sst = async (...args: string[]): Promise<void> => {
        const { code, stdout, stderr } = await app.sst(args, deployer);
        expect(code, stdout + stderr).toBe(0);
      };

      await logIn("local");
      expect(await authCli("call", "/private", "--stage", "local")).toBe("Hello user!");
      await app.edit(handler, '"Hello user!"', greeting);
      await dev.printed(/Built packages\/functions\/src\/private\.handler/);
      await expect
        .poll(() => authCli("call", "/private", "--stage", "local"), { timeout: 60_000 })
        .toMatch(/^Hello us-east-1:[\da-f-]{36}!$/);

      await sst("deploy", "--stage", "prod");
      await logIn("prod");
      expect(await authCli("call", "/private", "--stage", "prod")).toMatch(/^Hello us-east-1:[\da-f-]{36}!$/);
      await sst("remove", "--stage", "prod");
      await sst("remove", "--stage", "local");

      expect(await dev.stop("SIGINT"), dev.output()).toBe(0);
      for (const file of [".sst/local.env", ".sst/outputs.json"])
        expect(existsSync(join(app.folder, file)), file).toBe(false);
    } finally {
      await dev.stop("SIGKILL");
      await cli?.remove();
      await app.remove();
    }
  },
);
