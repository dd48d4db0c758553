import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";
import { inLongRun } from "@api-auth-twitter/test-support/test-runs";
import { startTmux } from "@api-auth-twitter/test-support/tmux";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "auth-cli-init-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const init = (args: readonly string[], cwd = folder): Promise<ProcessResult> =>
  runProcess(process.execPath, [authCliPath, "init", ...args], { cwd, env: process.env });
const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

describe("init, in what a framework's generator writes", () => {
  test("adds to the project of `cdk init`, and the diff is the patch", async () => {
    const cdk = join(dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")), "bin/cdk");
    const args = [cdk, "init", "app", "--language", "typescript", "--generate-only"];
    const generated = await runProcess(process.execPath, args, {
      cwd: folder,
      env: process.env,
      timeoutMs: 60_000,
    });
    expect(generated.code, generated.stderr).toBe(0);
    const before = await read("package.json");
    const shown = await init(["--ci", "github"]);
    expect([shown.code, await read("package.json")]).toEqual([1, before]);
    const { code, stderr } = await init(["--ci", "github", "--yes"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Found CDK: ${join(folder, "cdk.json")}\n`)]);
    expect(stderr).toContain(
      "npm install --save-dev @api-auth-twitter/auth-cli @api-auth-twitter/local-cloud",
    );
    const after = await read("package.json");
    expect(JSON.parse(after)).toMatchObject({
      scripts: { cdk: "cdk", local: "auth-cli local --shell", smoke: "auth-cli smoke" },
    });
    // The reverse patch restores what the generator wrote.
    const patch = join(folder, "../", `${folder.split("/").at(-1) ?? ""}.patch`);
    await writeFile(patch, shown.stdout);
    const applied = await runProcess("git", ["apply", "--reverse", patch], { cwd: folder, env: process.env });
    await rm(patch);
    expect([applied.code, applied.stderr]).toEqual([0, ""]);
    expect(await read("package.json")).toBe(before);
    await expect(stat(join(folder, ".github/workflows/auth-cli.yml"))).rejects.toThrow("ENOENT");
  });

  // From the npm registry, so not in every run.
  inLongRun(() =>
    test("names what keeps the project of create-sst from deploying", async () => {
      const args = ["exec", "--yes", "create-sst@2.43.5", "app"];
      const generated = await runProcess("npm", args, { cwd: folder, env: process.env, timeoutMs: 100_000 });
      expect(generated.code, generated.stderr).toBe(0);
      const app = join(folder, "app");
      const { code, stderr } = await init(["--yes"], app);
      expect([code, stderr]).toEqual([0, expect.stringContaining("Found SST v2: ")]);
      expect(stderr).toContain(
        "a later sst is in package.json, packages/core/package.json, packages/functions/package.json",
      );
      expect(JSON.parse(await read("app/package.json"))).toMatchObject({
        scripts: { dev: "sst dev", local: "auth-cli local --shell", smoke: "auth-cli smoke" },
        devDependencies: { "@smithy/util-retry": "4.3.8" },
      });
    }),
  );
});

describe("init", () => {
  beforeEach(async () => {
    await writeFile(join(folder, "cdk.json"), "{}");
  });

  test("keeps a link to package.json inside the project, and its mode", async () => {
    await mkdir(join(folder, "config"));
    await writeFile(join(folder, "config/package.json"), "{}\r\n", { mode: 0o640 });
    await symlink("config/package.json", join(folder, "package.json"));
    const { code, stderr } = await init(["--yes"]);
    expect(code, stderr).toBe(0);
    expect(await read("config/package.json")).toContain('"smoke": "auth-cli smoke"\r\n');
    expect((await stat(join(folder, "config/package.json"))).mode & 0o777).toBe(0o640);
  });

  test("reads no package.json behind a link out of the project", async () => {
    const outside = await mkdtemp(join(tmpdir(), "auth-cli-outside-"));
    await writeFile(join(outside, "secret.json"), '{"name": "secret"}');
    await symlink(join(outside, "secret.json"), join(folder, "package.json"));
    const { code, stdout, stderr } = await init(["--yes"]);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining("outside the project")]);
    expect(await readFile(join(outside, "secret.json"), "utf8")).toBe('{"name": "secret"}');
    await rm(outside, { recursive: true });
  });

  test("names a package.json that cannot be read", async () => {
    await mkdir(join(folder, "package.json"));
    const { code, stderr } = await init(["--yes"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("cause: it is a folder")]);
  });

  test("is a check for CI: exits with 1 until its changes are there", async () => {
    await writeFile(join(folder, "package.json"), "{}");
    const codes = [(await init([])).code, (await init(["--yes"])).code, (await init([])).code];
    expect(codes).toEqual([1, 0, 0]);
  });
});

const tmux = findPeer("tmux");

describe.skipIf(tmux === undefined)("init at a terminal", () => {
  test("shows the diff, asks and writes after Enter, and Ctrl-C writes nothing", async () => {
    await writeFile(join(folder, "cdk.json"), "{}");
    await writeFile(join(folder, "package.json"), '{\n\t"name": "x"\n}\n');
    const terminal = await startTmux(tmux ?? "", {
      cwd: folder,
      env: { ...process.env, TERM: "xterm-256color" },
    });
    try {
      const command = `${process.execPath} ${authCliPath} init; echo exit=$?`;
      await terminal.type(command, "Enter");
      await terminal.waitFor(/^\+ +"local": "auth-cli local --shell",$[^]*^Write this\? \[Y\/n\] *$/m);
      await terminal.type("C-c");
      await terminal.waitFor(/exit=130/);
      expect(await read("package.json")).toBe('{\n\t"name": "x"\n}\n');
      await terminal.type("clear", "Enter", command, "Enter");
      await terminal.waitFor(/Write this\? \[Y\/n\] *$/m);
      await terminal.type("Enter");
      await terminal.waitFor(/Wrote package.json\n[^]*exit=0/);
      expect(await read("package.json")).toContain('\t\t"smoke": "auth-cli smoke"\n');
    } finally {
      await terminal.close();
    }
  });
});
