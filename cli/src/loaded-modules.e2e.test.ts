import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authCliPath } from "@api-auth-twitter/testing/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/testing/deployed-world";
import { runProcess } from "@api-auth-twitter/testing/run-process";

/** Prints what the process has loaded, when it ends. */
const hook = `
process.on("exit", () => {
  const files = Object.keys(require.cache).filter((file) => file.includes("/cli/"));
  process._rawDebug("LOADED" + JSON.stringify({ files: files.map((file) => file.replace(/^.*\\/cli\\//, "")), parts: process.moduleLoadList }));
});`;

/** Start-up is what is loaded; times vary with the machine, the list does not. */
describe("what a command does not use it does not load", () => {
  let world: DeployedWorld;
  let folder: string;
  let hookFile: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "auth-cli-loaded-"));
    hookFile = join(folder, "hook.cjs");
    await writeFile(hookFile, hook);
    world = await deployWorld("prod");
    await world.cli.logIn("alice");
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  const loaded = async (...args: string[]): Promise<{ files: string[]; parts: string[] }> => {
    const { stderr } = await runProcess(process.execPath, ["--require", hookFile, authCliPath, ...args], {
      cwd: world.app.folder,
      env: world.cli.variables,
    });
    const [, json = "{}"] = /LOADED(.*)/.exec(stderr) ?? [];
    return JSON.parse(json) as { files: string[]; parts: string[] };
  };
  /** The parts of Node that cost the most. */
  const heavy =
    /^NativeModule (https|child_process|readline|internal\/deps\/undici\/undici|internal\/crypto\/webcrypto)$/;

  test.each([
    [["--version"], ["main.js"]],
    [
      ["complete", "--", "smoke", "--stage", ""],
      ["main.js", "main-complete.js", "vendor/bomb.sh-tab.js"],
    ],
    [
      ["call", "/private"],
      ["main.js", "main-run.js"],
    ],
    [
      ["credentials", "--format", "env"],
      ["main.js", "main-run.js"],
    ],
    [
      ["status", "--json"],
      ["main.js", "main-run.js"],
    ],
  ])("%j loads %j", async (args, files) => {
    const list = await loaded(...args);
    expect(list.files).toEqual(["bin/auth-cli.cjs", ...files.map((file) => `dist/${file}`)]);
    expect(list.parts.filter((part) => heavy.test(part))).toEqual([]);
  });

  test("smoke needs the AWS SDK, and no other library", async () => {
    const { files } = await loaded("smoke");
    expect(files.filter((file) => file.includes("vendor"))).toEqual([
      "dist/vendor/aws-sdk-client-cognito-identity.js",
    ]);
  });
});
