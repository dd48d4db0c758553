import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auth-cli-start-"));
  for (const part of ["bin", "dist"])
    await cp(join(dirname(dirname(authCliPath)), part), join(folder, part), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const cacheFile = (): string => join(folder, "dist/main-complete.cache");
const answer = (): Promise<ProcessResult> =>
  runProcess(process.execPath, [join(folder, "bin/auth-cli.cjs"), "complete", "--", "statu"], {
    cwd: folder,
    env: { HOME: folder },
  });

describe("what V8 made of the program", () => {
  it.each<[string, (cache: Buffer) => Buffer | undefined]>([
    ["as the build left it", (cache) => cache],
    ["absent", () => undefined],
    ["empty", () => Buffer.alloc(0)],
    ["cut short", (cache) => cache.subarray(0, cache.length / 2)],
    ["of another source", (cache) => Buffer.concat([Buffer.from("0123456789abcdef"), cache.subarray(16)])],
    ["of another V8", (cache) => Buffer.concat([cache.subarray(0, 16), Buffer.alloc(cache.length - 16, 7)])],
  ])("is harmless %s", async (_how, change) => {
    const cache = await readFile(cacheFile());
    const changed = change(cache);
    await (changed === undefined ? rm(cacheFile()) : writeFile(cacheFile(), changed));
    try {
      const { code, stdout, stderr } = await answer();
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^status\t.*\n:4\n$/);
    } finally {
      await writeFile(cacheFile(), cache);
    }
  });
});

describe("what the build has not left", () => {
  it.each<[string, () => Promise<void>]>([
    ["absent", () => rm(cacheFile())],
    ["of another source", () => writeFile(cacheFile(), Buffer.alloc(1000, 7))],
    [
      "of another V8",
      async () => {
        const cache = await readFile(cacheFile());
        await writeFile(cacheFile(), Buffer.concat([cache.subarray(0, 16), Buffer.alloc(1000, 7)]));
      },
    ],
  ])("is made by the first start that finds it %s, and read by the next", async (_how, spoil) => {
    await spoil();
    expect((await answer()).code).toBe(0);
    const made = await stat(cacheFile());
    expect(made.size).toBeGreaterThan(10_000);
    expect((await answer()).code).toBe(0);
    expect((await stat(cacheFile())).mtimeMs).toBe(made.mtimeMs);
  });

  it("is done without where it cannot be written", async () => {
    await rm(cacheFile());
    await mkdir(cacheFile());
    expect(await answer()).toMatchObject({ code: 0, stderr: "" });
    const left = (await readdir(join(folder, "dist"))).filter((name) =>
      name.startsWith("main-complete.cache"),
    );
    await rm(cacheFile(), { recursive: true });
    expect(left).toEqual(["main-complete.cache"]);
  });

  it("is not made by a start that has failed", async () => {
    const start = (...args: string[]): Promise<ProcessResult> =>
      runProcess(process.execPath, [join(folder, "bin/auth-cli.cjs"), ...args], {
        cwd: folder,
        env: { HOME: folder },
      });
    const caches = async (): Promise<string[]> =>
      (await readdir(join(folder, "dist"))).filter((name) => name.startsWith("main-run.cache"));
    await rm(join(folder, "dist/main-run.cache"));
    expect((await start("statu")).code).toBe(2);
    expect(await caches()).toEqual([]);
    expect((await start("--help")).code).toBe(0);
    expect(await caches()).toEqual(["main-run.cache"]);
  });
});

const questions = ["--version", "--help", "complete -- ''", "completion bash"];
const shell = (script: string, question: string): Promise<ProcessResult> =>
  runProcess("/bin/bash", ["-c", script], {
    cwd: folder,
    env: { HOME: folder, ASK: `${process.execPath} ${authCliPath} ${question}` },
  });

describe.skipIf(process.platform !== "linux")("what is answered at once", () => {
  it.each(questions)(
    "to a reader that has gone ends as SIGPIPE would, without a word: %s",
    async (question) => {
      const { stdout, stderr } = await shell(
        '(sleep 0.2; eval "exec $ASK") | exec true; echo "${PIPESTATUS[0]}"',
        question,
      );
      expect([stdout, stderr]).toEqual(["141\n", ""]);
    },
  );

  it.each(questions)("on a full disk is an error: %s", async (question) => {
    const { code, stderr } = await shell('eval "exec $ASK" > /dev/full', question);
    expect(stderr).toBe("error: cannot write standard output\ncause: the disk is full\n");
    expect(code).toBe(1);
  });

  it.each(questions)("is whole for a slow reader: %s", async (question) => {
    const { stdout: whole } = await shell('eval "exec $ASK"', question);
    const { stdout } = await shell('eval "exec $ASK" | (sleep 0.2; cat)', question);
    expect(stdout).toBe(whole);
    expect(whole.length).toBeGreaterThan(20);
  });
});
