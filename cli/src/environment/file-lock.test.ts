import { spawn, spawnSync } from "node:child_process";
import { getEventListeners } from "node:events";
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
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

/** The content of a lock that this process holds. */
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

/** The process id of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ["-e", "0"]).pid;

/** Takes the lock without waiting: the aborted signal ends the first wait with an error. */
async function acquireWithoutWaiting(): Promise<void> {
  const release = await acquireLock(path, AbortSignal.abort());
  release();
}

describe("a lock", () => {
  it("is a file with mode 0600 while it is held", async () => {
    const release = await acquireLock(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("has one holder at a time", async () => {
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

  it("of an ended process on this computer is taken without waiting", async () => {
    const owner = await ownLock();
    writeFileSync(path, JSON.stringify({ ...owner, pid: deadPid() }));
    await acquireWithoutWaiting();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of a killed holder is taken without waiting", async () => {
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
    await acquireWithoutWaiting();
  });

  it.each<[string, (owner: LockOwner) => string, number, boolean]>([
    ["of a live process, renewed just now", (owner) => JSON.stringify(owner), 0, false],
    ["of a live process that has stopped renewing it", (owner) => JSON.stringify(owner), 11_000, true],
    [
      "of another host, renewed just now",
      (owner) => JSON.stringify({ ...owner, pid: 1, host: "x" }),
      0,
      false,
    ],
    [
      "of another host that has stopped renewing it",
      (owner) => JSON.stringify({ ...owner, host: "x" }),
      11_000,
      true,
    ],
    ["from the future", (owner) => JSON.stringify(owner), -3_600_000, true],
    ["that is empty and new", () => "", 0, false],
    ["that is empty and old", () => "", 11_000, true],
    ["with invalid content", () => "what?", 11_000, true],
    ["with a path as its id", (owner) => JSON.stringify({ ...owner, id: "../../x" }), 11_000, true],
  ])("%s is removed only when it is abandoned", async (_name, content, ageMs, abandoned) => {
    writeFileSync(path, content(await ownLock()));
    age(path, ageMs);
    expect(breakAbandonedLock(path)).toBe(abandoned);
    expect(readdirSync(folder)).toEqual(abandoned ? [] : ["sessions.json.lock"]);
  });

  it("that is abandoned is removed only by the process that has claimed it", async () => {
    const owner = await ownLock();
    writeFileSync(path, JSON.stringify({ ...owner, pid: deadPid() }));
    const claim = `${path}.${owner.id}`;
    writeFileSync(claim, JSON.stringify({ ...owner, id: "claimant" }));
    expect(breakAbandonedLock(path)).toBe(false);
    expect(readdirSync(folder)).toHaveLength(2);
    // A killed claimant does not delay the next process.
    writeFileSync(claim, JSON.stringify({ ...owner, id: "claimant", pid: deadPid() }));
    await acquireWithoutWaiting();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is renewed while it is held", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const release = await acquireLock(path);
      age(path, 9000);
      const agedMs = statSync(path).mtimeMs;
      vi.advanceTimersByTime(2500);
      expect(statSync(path).mtimeMs).toBeGreaterThan(agedMs);
      release();
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not released when another process has taken it", async () => {
    const release = await acquireLock(path);
    writeFileSync(path, "another's");
    release();
    expect(readFileSync(path, "utf8")).toBe("another's");
  });

  it("ends its wait after an interruption", async () => {
    const release = await acquireLock(path);
    const interruption = new AbortController();
    const waiting = acquireLock(path, interruption.signal);
    setTimeout(() => interruption.abort(), 50);
    await expect(waiting).rejects.toThrow(/abort/);
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is waited for by many at once without a warning of Node", async () => {
    const release = await acquireLock(path);
    const { signal } = new AbortController();
    const waiting = Array.from({ length: 12 }, async () => (await acquireLock(path, signal))());
    await sleep(5);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    release();
    await Promise.all(waiting);
  });

  it("throws the file system's error when it cannot be created", async () => {
    await expect(acquireLock(join(folder, "none", "lock"))).rejects.toMatchObject({ code: "ENOENT" });
    mkdirSync(path);
    await expect(acquireLock(path)).rejects.toMatchObject({ code: "EISDIR" });
  });
});
