import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { logInHere, type Ran, runHere } from "../../test/run-here.ts";

/** What each test begins with: alice is logged in, with fresh credentials. */
let world: DeployedWorld;
let token: { token: string; secret: string };
let config: string;
let cache: string;
let cacheFile: string;
let sessionsText: string;
let cacheText: string;

beforeAll(async () => {
  world = await deployWorld("prod");
  await logInHere(world.cli, "alice");
  const [stored] = await world.cli.storedTokens();
  if (stored === undefined) throw new Error("no token was stored");
  token = stored;
  config = join(world.cli.home, "config/auth-cli");
  cache = join(world.cli.home, "cache/auth-cli");
  const [name = ""] = readdirSync(cache);
  cacheFile = join(cache, name);
  sessionsText = readFileSync(join(config, "sessions.json"), "utf8");
  cacheText = readFileSync(cacheFile, "utf8");
});
afterAll(() => world.close());

beforeEach(() => {
  for (const folder of [config, cache]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700, recursive: true });
  }
  writeFileSync(join(config, "sessions.json"), sessionsText, { mode: 0o600 });
  writeFileSync(cacheFile, cacheText, { mode: 0o600 });
});

const callArgs = ["call", "/private"];
const logInArgs = ["login", "--with-token", "--force"];
const tokenLines = (): string => `${token.token}\n${token.secret}\n`;
const run = (args: string[], stdin = ""): Promise<Ran> => runHere(world.cli, args, { stdin });
const call = (): Promise<Ran> => run(callArgs);
const logIn = (): Promise<Ran> => run(logInArgs, tokenLines());

/** The error in its shape, without a stack. */
function expectError({ code, stderr }: Ran, exitCode: number, message: RegExp): void {
  expect(stderr).toMatch(/^error: .+\n(cause: .+\n)?(fix: .+\n)?$/m);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(exitCode);
}

describe("the file of logins", () => {
  test("is closed to other users, with one warning", async () => {
    chmodSync(join(config, "sessions.json"), 0o644);
    chmodSync(config, 0o755);
    const { code, stderr } = await call();
    expect(code).toBe(0);
    expect(stderr.split("\n")).toEqual([
      `warning: ${config} was open to other users (mode 755); changed its mode to 700`,
      `warning: ${join(config, "sessions.json")} was open to other users (mode 644); changed its mode to 600`,
      "",
    ]);
    expect([config, join(config, "sessions.json")].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o600,
    ]);
    expect((await call()).stderr).toBe("");
  });

  test("is moved aside when corrupt, and a login writes a new one", async () => {
    writeFileSync(join(config, "sessions.json"), sessionsText.slice(0, 100));
    const { code, stderr } = await call();
    expect(code).toBe(4);
    const [aside = ""] = readdirSync(config).filter((name) => name.includes(".corrupt-"));
    expect(stderr).toContain(aside);
    expect((await logIn()).code).toBe(0);
    expect(readFileSync(join(config, aside), "utf8")).toBe(sessionsText.slice(0, 100));
  });

  test("is moved aside only once by ten commands at once, never after it was replaced", async () => {
    writeFileSync(join(config, "sessions.json"), "{");
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2 === 0 ? world.cli.run(logInArgs, { stdin: tokenLines() }) : world.cli.run(callArgs),
      ),
    );
    for (const [index, { code, stderr }] of results.entries())
      expect(index % 2 === 0 ? [0] : [0, 4], stderr).toContain(code);
    const aside = readdirSync(config).filter((name) => name.includes(".corrupt-"));
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(config, aside[0] ?? ""), "utf8")).toBe("{");
    expect(await world.cli.storedTokens()).toEqual([token]);
  });

  test("is rejected by every command and kept when a newer auth-cli wrote it", async () => {
    const newer = sessionsText.replace('"version": 2', '"version": 4');
    expect(newer).not.toBe(sessionsText);
    writeFileSync(join(config, "sessions.json"), newer);
    for (const result of [await call(), await logIn(), await run(["logout", "--all"]), await run(["status"])])
      expectError(result, 2, /is from a newer auth-cli\ncause: .*\nfix: update auth-cli/);
    expect(readFileSync(join(config, "sessions.json"), "utf8")).toBe(newer);
    expect(readdirSync(config)).toEqual(["sessions.json"]);
  });

  test("keeps the logins of version 1 when one is added", async () => {
    const first = sessionsText.replace('"version": 2', '"version": 1').replaceAll("alice", "carol");
    writeFileSync(join(config, "sessions.json"), first.replace(/"userId": "\d+"/, '"userId": "7"'));
    expect((await run(["call", "/private", "--user", "carol"])).code).toBe(0);
    expect((await logIn()).code).toBe(0);
    expect(await world.cli.storedTokens()).toHaveLength(2);
  });

  test.each([["sessions.json"], ["sessions.json.lock"]])(
    "is not written when %s is a folder, and the folder stays",
    async (name) => {
      rmSync(join(config, name), { force: true });
      mkdirSync(join(config, name));
      const result = await logIn();
      expectError(result, name.endsWith("lock") ? 1 : 2, /cause: it is a folder/);
      expect(statSync(join(config, name)).isDirectory()).toBe(true);
    },
  );

  test("fails a login before the PIN when its folder is a file", async () => {
    rmSync(config, { recursive: true });
    writeFileSync(config, "mine");
    const result = await run(["login", "--no-browser"]);
    expectError(result, 1, /cause: a file exists where its folder should be/);
    expect(result.stderr).not.toContain("oauth_token");
    expect(readFileSync(config, "utf8")).toBe("mine");
  });
});

/** The command succeeds and warns once. */
async function expectCallWithoutCache(warning: RegExp): Promise<void> {
  const { code, stdout, stderr } = await call();
  expect(stderr).toMatch(warning);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(stdout).toMatch(/^Hello /);
  expect(code).toBe(0);
}

describe("the cache", () => {
  test("is ignored when its file is a folder", async () => {
    rmSync(cacheFile);
    mkdirSync(cacheFile);
    await expectCallWithoutCache(/^warning: cannot read .*it is a folder.*continuing without the cache/);
    expect(statSync(cacheFile).isDirectory()).toBe(true);
    const login = await logIn();
    expect([login.code, login.stderr.match(/warning: cannot/g)?.length]).toEqual([0, 1]);
  });

  test("is ignored when its folder is a file", async () => {
    rmSync(cache, { recursive: true });
    writeFileSync(cache, "mine");
    await expectCallWithoutCache(/^warning: cannot lock .*continuing without the cache/);
    expect(readFileSync(cache, "utf8")).toBe("mine");
  });

  test("is written again when it was corrupt", async () => {
    writeFileSync(cacheFile, "{");
    expect((await call()).code).toBe(0);
    expect(JSON.parse(readFileSync(cacheFile, "utf8"))).toHaveProperty("credentials");
  });

  test("is ignored and kept when a newer auth-cli wrote it", async () => {
    const newer = cacheText.replace('"version":1', '"version":9');
    writeFileSync(cacheFile, newer, { mode: 0o600 });
    await expectCallWithoutCache(/is from a newer auth-cli .*continuing without the cache/);
    expect(readFileSync(cacheFile, "utf8")).toBe(newer);
  });
});

const root = process.getuid?.() === 0;
const canMount =
  root &&
  ((): boolean => {
    const folder = mkdtempSync(join(tmpdir(), "auth-cli-mount-"));
    const mounted =
      spawnSync("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]).status === 0;
    if (mounted) spawnSync("/usr/bin/umount", [folder]);
    rmSync(folder, { recursive: true });
    return mounted;
  })();
if (!canMount) process.stderr.write("SKIPPED: full and read-only disks (mounting needs root)\n");

/** Runs a command that must succeed. */
function system(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${String(stderr)}`);
}

describe.skipIf(!canMount)("on a separate disk", () => {
  const mounted = new Set<string>();
  const page = 4096;

  /** Mounts a small disk over a folder and copies the folder's files to it. */
  function mountOver(folder: string, pages: number): void {
    const copy = mkdtempSync(join(tmpdir(), "auth-cli-copy-"));
    cpSync(folder, copy, { recursive: true });
    system("mount", "-t", "tmpfs", "-o", `size=${pages * page},mode=700`, "tmpfs", folder);
    mounted.add(folder);
    cpSync(copy, folder, { recursive: true });
    rmSync(copy, { recursive: true });
  }
  function unmount(folder: string): void {
    system("umount", folder);
    mounted.delete(folder);
  }
  afterEach(() => {
    for (const folder of mounted) unmount(folder);
  });

  /** Leaves only the given number of pages free. */
  function fillUp(folder: string, freePages: number): void {
    const { stdout } = spawnSync("stat", ["-f", "-c", "%a", folder]);
    const free = Number(String(stdout));
    rmSync(join(folder, "filler"), { force: true });
    writeFileSync(join(folder, "filler"), Buffer.alloc((free - freePages) * page));
  }

  test("a login loses nothing and leaves nothing when the disk is full at any write", async () => {
    // Enough logins that the file takes several pages.
    const { sessions } = JSON.parse(sessionsText) as { sessions: object[] };
    const many = Array.from({ length: 40 }, (_, index) => ({ ...sessions[0], userId: `9000${index}` }));
    const text = JSON.stringify({ version: 2, sessions: [...many, ...sessions] }, undefined, 2);
    writeFileSync(join(config, "sessions.json"), text, { mode: 0o600 });
    const needed = Math.ceil(text.length / page);
    expect(needed).toBeGreaterThan(4);
    mountOver(config, 64);
    const codes: (number | null)[] = [];
    for (let free = 0; free <= needed + 3; free += 1) {
      rmSync(join(config, "filler"), { force: true });
      fillUp(config, free);
      const result = await logIn();
      codes.push(result.code);
      const names = readdirSync(config).toSorted();
      expect(names, `${free} pages free`).toEqual(["filler", "sessions.json"]);
      if (result.code === 0) break;
      expectError(result, 1, /cause: the disk is full\nfix: free some space/);
      expect(readFileSync(join(config, "sessions.json"), "utf8")).toBe(text);
    }
    // The lock takes a page, then the new file as many as the old one.
    expect(codes.filter((code) => code === 1).length).toBeGreaterThanOrEqual(needed);
    expect(codes.at(-1)).toBe(0);
    expect(
      (JSON.parse(readFileSync(join(config, "sessions.json"), "utf8")) as { sessions: [] }).sessions,
    ).toHaveLength(41);
  });

  test("a call works and warns once when the disk of the cache is full", async () => {
    for (const freePages of [0, 1]) {
      await world.cli.expireCredentials();
      mountOver(cache, 16);
      fillUp(cache, freePages);
      const before = readFileSync(cacheFile, "utf8");
      const { code, stdout, stderr } = await call();
      expect(stderr).toMatch(
        /^warning: cannot (lock|write) .* \(the disk is full\); continuing without the cache\n$/,
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Hello /) });
      expect(readFileSync(cacheFile, "utf8")).toBe(before);
      expect(readdirSync(cache).toSorted()).toEqual([cacheFile.slice(cache.length + 1), "filler"].toSorted());
      unmount(cache);
    }
  });

  test("a logout removes the secret and keeps the other logins when the disk is full", async () => {
    const { sessions } = JSON.parse(sessionsText) as { sessions: object[] };
    const carol = { ...sessions[0], screenName: "carol", userId: "7" };
    const text = JSON.stringify({ version: 2, sessions: [carol, ...sessions] });
    for (const freePages of [0, 1]) {
      writeFileSync(join(config, "sessions.json"), text, { mode: 0o600 });
      writeFileSync(cacheFile, cacheText, { mode: 0o600 });
      mountOver(config, 16);
      fillUp(config, freePages);
      const { code, stdout, stderr } = await run(["logout"]);
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: "Logged out @alice from prod\n",
        stderr: "",
      });
      const left = JSON.parse(readFileSync(join(config, "sessions.json"), "utf8")) as unknown;
      expect(left).toEqual({ version: 2, sessions: [carol] });
      expect(readdirSync(config).toSorted()).toEqual(["filler", "sessions.json"]);
      expect(existsSync(cacheFile)).toBe(false);
      expect((await run(["logout", "--all"])).code).toBe(0);
      expect(readFileSync(join(config, "sessions.json"), "utf8")).not.toContain(token.secret);
      unmount(config);
    }
  });

  test("a call works and a login fails before the PIN when the disk is read-only", async () => {
    await world.cli.expireCredentials();
    for (const folder of [config, cache]) {
      mountOver(folder, 16);
      system("mount", "-o", "remount,ro", folder);
    }
    const { code, stdout, stderr } = await call();
    expect(stderr).toMatch(
      /^warning: cannot lock .* \(the file system is read-only\); continuing without the cache\n$/,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Hello /) });
    expect((await run(["status"])).code).toBe(0);
    const login = await run(["login", "--no-browser"]);
    expectError(login, 1, /cause: the file system is read-only/);
    expect(login.stderr).not.toContain("oauth_token");
    expectError(await run(["logout"]), 1, /cause: the file system is read-only/);
    expect(readFileSync(join(config, "sessions.json"), "utf8")).toBe(sessionsText);
  });

  test("a call works and warns when the disk is read-only and the file is open to others", async () => {
    chmodSync(join(config, "sessions.json"), 0o644);
    mountOver(config, 16);
    system("mount", "-o", "remount,ro", config);
    const { code, stderr } = await call();
    expect(code).toBe(0);
    expect(stderr).toMatch(/\(mode 644\); restrict its mode\n$/);
  });
});

/** A user id without root privileges: file modes apply to it. */
const nobody = 65_534;
if (!root) process.stderr.write("SKIPPED: folders without permission, as another user (needs root)\n");

describe.skipIf(!root)("as another user", () => {
  let home: string;
  let program: string;

  beforeEach(() => {
    // A copy that this user can read, wherever the repository is.
    home = mkdtempSync(join(tmpdir(), "auth-cli-nobody-"));
    for (const part of ["bin", "dist"])
      cpSync(join(dirname(dirname(authCliPath)), part), join(home, "cli", part), { recursive: true });
    const parser = "node_modules/@rgrove/parse-xml";
    cpSync(join(import.meta.dirname, `../../../${parser}`), join(home, "cli", parser), {
      recursive: true,
      dereference: true,
    });
    program = join(home, "cli/bin/auth-cli.cjs");
    cpSync(config, join(home, "config/auth-cli"), { recursive: true });
    cpSync(cache, join(home, "cache/auth-cli"), { recursive: true });
    mkdirSync(join(home, "project/.sst"), { recursive: true });
    for (const file of ["sst.config.ts", ".sst/outputs.json"])
      cpSync(join(world.app.folder, file), join(home, "project", file));
    system("chown", "-R", String(nobody), home);
    chownSync(home, nobody, nobody);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const runAsNobody = (args: string[], stdin?: string): Promise<ProcessResult> =>
    runProcess(
      "setpriv",
      [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", process.execPath, program, ...args],
      {
        cwd: join(home, "project"),
        env: {
          ...world.cli.variables,
          HOME: home,
          XDG_CONFIG_HOME: join(home, "config"),
          XDG_CACHE_HOME: join(home, "cache"),
        },
        ...(stdin === undefined ? {} : { stdin }),
      },
    );

  test("a call works with all permissions", async () => {
    expect((await runAsNobody(["call", "/private"])).stdout).toMatch(/^Hello /);
  });

  test.each([
    ["the folder of logins is unreadable", "config/auth-cli", 0o000],
    ["the file of logins is unreadable", "config/auth-cli/sessions.json", 0o000],
  ])("every command exits with 2 and loses nothing when %s", async (_name, path, mode) => {
    chmodSync(join(home, path), mode);
    const stdin = `${token.token}\n${token.secret}\n`;
    for (const args of [["call", "/private"], ["status"], ["login", "--with-token"], ["logout", "--all"]])
      expectError(await runAsNobody(args, stdin), 2, /cause: permission denied/);
    expect(readFileSync(join(home, "config/auth-cli/sessions.json"), "utf8")).toBe(sessionsText);
  });

  test("a call works and a login fails before the PIN when the folder of logins is read-only", async () => {
    chmodSync(join(home, "config/auth-cli"), 0o500);
    expect((await runAsNobody(["call", "/private"])).code).toBe(0);
    const result = await runAsNobody(["login", "--no-browser"]);
    expectError(result, 1, /cannot lock .*\ncause: permission denied/);
    expect(result.stderr).not.toContain("oauth_token");
  });

  test.each([
    ["unreadable", 0o000],
    ["unwritable", 0o500],
  ])("a call works and warns once when the cache is %s", async (_name, mode) => {
    const file = join(home, "cache/auth-cli", cacheFile.slice(cache.length + 1));
    rmSync(file);
    chmodSync(join(home, "cache/auth-cli"), mode);
    const { code, stdout, stderr } = await runAsNobody(["call", "/private"]);
    expect(stderr).toMatch(/^warning: cannot \w+ .* \(permission denied\); continuing without the cache\n$/);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Hello /) });
    expect(existsSync(file)).toBe(false);
  });

  test("a call uses another user's file of logins, with a warning", async () => {
    chownSync(join(home, "config/auth-cli/sessions.json"), 0, 0);
    chmodSync(join(home, "config/auth-cli/sessions.json"), 0o644);
    const { code, stderr } = await runAsNobody(["call", "/private"]);
    expect(stderr).toMatch(/\(mode 644\); restrict its mode\n$/);
    expect(code).toBe(0);
  });
});
