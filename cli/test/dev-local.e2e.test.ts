import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { deleteStack, replayStack } from "@api-auth-twitter/test-support/replay-stack";
import { synthesizedStack } from "@api-auth-twitter/test-support/synthesized-stack";
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
    const files = [".sst/local.env", ".sst/outputs.json"].map((file) => join(app.folder, file));
    const left = (): string[] => files.filter((file) => existsSync(file));
    await app.edit(handler, greeting, '"Hello user!"');
    const dev = app.devLocal();
    let cli: AuthCli | undefined;
    try {
      await dev.printed(/Press Ctrl-C.*\n/);
      const documented = new Map(readPages().flatMap(transcriptsIn)).get("dev") ?? "";
      expect(comparable(devTranscript(dev.output()))).toBe(comparable(documented));

      const second = app.devLocal();
      await second.printed(/already runs in this folder/);
      expect(await second.stop(), second.output()).toBe(1);
      expect(left()).toEqual(files);

      const variables = await sourceVariables(app.folder);
      expect(variables).not.toHaveProperty("AWS_PROFILE");
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

      await logIn("local");
      expect(await authCli("call", "/private", "--stage", "local")).toBe("Hello user!");
      await app.edit(handler, '"Hello user!"', greeting);
      await dev.printed(/Built packages\/functions\/src\/private\.handler/);
      await expect
        .poll(() => authCli("call", "/private", "--stage", "local"), { timeout: 60_000 })
        .toMatch(/^Hello us-east-1:[\da-f-]{36}!$/);

      const prod = { folder: app.folder, stage: "prod", variables: {} };
      await replayStack(await synthesizedStack(inject("synthesisUrl"), prod), variables, app.folder);
      await logIn("prod");
      expect(await authCli("call", "/private", "--stage", "prod")).toMatch(/^Hello us-east-1:[\da-f-]{36}!$/);
      await deleteStack("prod-api-auth-twitter-ExampleStack", variables);
      await deleteStack("local-api-auth-twitter-ExampleStack", variables);

      expect(await dev.stop("SIGINT"), dev.output()).toBe(0);
      expect(left()).toEqual([]);
    } finally {
      // SIGKILL would leave `sst dev` behind.
      await dev.stop("SIGTERM");
      await cli?.remove();
      await app.remove();
    }
  },
);

test.skipIf(process.platform === "win32")(
  "dev:local ends with its terminal, and sst dev when npm or dev:local is killed",
  async () => {
    const app = await copySstApp();
    const file = join(app.folder, ".sst/local.env");
    const script = join(import.meta.dirname, "../../scripts/dev-local.ts");
    const command = `"${process.execPath}" --import "${import.meta.resolve("tsx")}" "${script}"; true`;
    const asNpm = `/bin/sh -c '${command}'; true`;
    const options = { cwd: app.folder, stdio: "ignore", detached: true } as const;
    try {
      for (const [line, signal, isGroup] of [
        [command, "SIGHUP", true],
        [command, "SIGKILL", false],
        [asNpm, "SIGKILL", false],
      ] as const) {
        const { pid } = spawn("/bin/sh", ["-c", line], options);
        if (pid === undefined) throw new Error("cannot start /bin/sh");
        await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(true);
        process.kill(isGroup ? -pid : pid, signal);
        await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(false);
        await expect.poll(() => isAlive(-pid), { timeout: 60_000 }).toBe(false);
      }
      const { pid = 0 } = spawn("/bin/sh", ["-c", command], options);
      await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(true);
      const { stdout } = await runProcess("ps", ["-o", "pid=", "--ppid", String(pid)], { env: {} });
      process.kill(Number(stdout), "SIGKILL");
      await expect.poll(() => isAlive(-pid), { timeout: 60_000 }).toBe(false);
    } finally {
      await app.remove();
    }
  },
);

/** @param pid negative for a process group */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
