import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock, breakAbandonedLock } from "./file-lock.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auth-cli-lock-"));
  path = join(folder, "sessions.json.lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface LockOwner {
  id: string;
  pid: number;
  host: string;
}

/** What a holder in this process writes. */
async function ownLock(): Promise<LockOwner> {
  const release = await acquireLock(path);
  const owner = JSON.parse(readFileSync(path, "utf8")) as LockOwner;
  release();
  return owner;
}

function age(file: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(file, then, then);
}

/** A process id that was given out and is free again. */
const deadPid = (): number => spawnSync(process.execPath, ["-e", "0"]).pid;

async function msToAcquire(): Promise<number> {
  const started = performance.now();
  const release = await acquireLock(path);
  const ms = performance.now() - started;
  release();
  return ms;
}

describe("a lock", () => {
  it("is a file while it is held, for its owner alone, and nothing after", async () => {
    const release = await acquireLock(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is held by one at a time", async () => {
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const release = await acquireLock(path);
        most = Math.max(most, (holders += 1));
        await sleep(1);
        holders -= 1;
        release();
      }),
    );
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of a process of this computer that is gone delays nobody", async () => {
    const owner = await ownLock();
    writeFileSync(path, JSON.stringify({ ...owner, pid: deadPid() }));
    expect(await msToAcquire()).toBeLessThan(1000);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of a process that was killed while it held it delays nobody", async () => {
    const program = `import(${JSON.stringify(join(import.meta.dirname, "file-lock.ts"))})
      .then(({ acquireLock }) => acquireLock(${JSON.stringify(path)})).then(() => { console.log("held"); setInterval(() => {}, 1000); });`;
    const child = spawn(process.execPath, ["--import", "tsx", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    try {
      await new Promise((resolve) => child.stdout.once("data", resolve));
      expect(existsSync(path)).toBe(true);
      expect(breakAbandonedLock(path)).toBe(false);
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
    expect(await msToAcquire()).toBeLessThan(1000);
  });

  it.each<[string, (owner: LockOwner) => string, number, boolean]>([
    ["of a live process, just renewed", (owner) => JSON.stringify(owner), 0, false],
    ["of a live process that renews it no more", (owner) => JSON.stringify(owner), 11_000, true],
    ["of another host, just renewed", (owner) => JSON.stringify({ ...owner, pid: 1, host: "x" }), 0, false],
    [
      "of another host that renews it no more",
      (owner) => JSON.stringify({ ...owner, host: "x" }),
      11_000,
      true,
    ],
    ["from the future", (owner) => JSON.stringify(owner), -3_600_000, true],
    ["that is empty, just made", () => "", 0, false],
    ["that is empty", () => "", 11_000, true],
    ["that holds something else", () => "what?", 11_000, true],
    ["whose id is a path", (owner) => JSON.stringify({ ...owner, id: "../../x" }), 11_000, true],
  ])("%s: whether it is abandoned", async (_name, content, ageMs, abandoned) => {
    writeFileSync(path, content(await ownLock()));
    age(path, ageMs);
    expect(breakAbandonedLock(path)).toBe(abandoned);
    expect(readdirSync(folder)).toEqual(abandoned ? [] : ["sessions.json.lock"]);
  });

  it("that is abandoned is removed by one only, who has claimed it", async () => {
    const owner = await ownLock();
    writeFileSync(path, JSON.stringify({ ...owner, pid: deadPid() }));
    const claim = `${path}.${owner.id}`;
    writeFileSync(claim, JSON.stringify({ ...owner, id: "claimant" }));
    expect(breakAbandonedLock(path)).toBe(false);
    expect(readdirSync(folder)).toHaveLength(2);
    // A claimant that was killed delays nobody either.
    writeFileSync(claim, JSON.stringify({ ...owner, id: "claimant", pid: deadPid() }));
    expect(await msToAcquire()).toBeLessThan(1000);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is renewed while it is held", async () => {
    const release = await acquireLock(path);
    age(path, 9000);
    await sleep(2700);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(2700);
    release();
  });

  it("that somebody else has taken meanwhile is not released", async () => {
    const release = await acquireLock(path);
    writeFileSync(path, "another's");
    release();
    expect(readFileSync(path, "utf8")).toBe("another's");
  });

  it("is waited for until the user has had enough", async () => {
    const release = await acquireLock(path);
    const interruption = new AbortController();
    const waiting = acquireLock(path, interruption.signal);
    setTimeout(() => interruption.abort(), 50);
    await expect(waiting).rejects.toThrow(/abort/);
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that cannot be made is the file system's error", async () => {
    await expect(acquireLock(join(folder, "none", "lock"))).rejects.toMatchObject({ code: "ENOENT" });
    mkdirSync(path);
    await expect(acquireLock(path)).rejects.toMatchObject({ code: "EISDIR" });
  });
});
