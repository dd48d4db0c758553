import {
  existsSync,
  linkSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A holder renews its lock four times in this time. An older lock is abandoned. */
const staleMs = 10_000;
/** Longer than a holder's two requests to Cognito take. */
const waitLimitMs = 90_000;

/** The content of a lock file. */
interface Owner {
  id: string;
  pid: number;
  /** Process ids are comparable only on the same host. */
  host: string;
}

/**
 * Takes the lock that a file stands for, after waiting for its holder. The process id shows at once that a holder on
 * this computer was killed. A holder elsewhere is given up after 10 s.
 *
 * Written by hand: proper-lockfile leaves a lock without an owner when it is killed after mkdir, and every later run
 * waits for it. Packages for flock(2) need a native build.
 * @param interruption ends the wait
 * @returns releases the lock
 * @throws the file system's error, or one with the code `ELOCKED`
 */
export async function acquireLock(path: string, interruption?: AbortSignal): Promise<() => void> {
  const content = describeOwner();
  const deadline = performance.now() + waitLimitMs;
  while (!create(path, content)) {
    if (breakAbandonedLock(path)) continue;
    if (performance.now() > deadline) throw Object.assign(new Error("locked"), { code: "ELOCKED" });
    // A signal of its own: Node warns on the terminal of more than ten listeners to one.
    const signal = interruption && AbortSignal.any([interruption]);
    await sleep(10 + Math.random() * 30, undefined, signal && { signal });
  }
  const renewal = setInterval(() => renew(path, content), staleMs / 4).unref();
  return () => {
    clearInterval(renewal);
    if (read(path)?.content === content) rmSync(path, { force: true });
  };
}

/**
 * Removes a lock that its holder has abandoned. Only the process that claims this lock removes it, so that no process
 * removes the lock of a faster one.
 * @returns whether to try for the lock again at once
 */
export function breakAbandonedLock(path: string): boolean {
  const held = read(path);
  if (held === undefined) return true;
  const owner = parseOwner(held.content);
  if (!isAbandoned(held.ageMs, owner)) return false;
  // The claim is a lock too: it is broken in the same way when the claiming process is killed.
  const claim = `${path}.${owner?.id ?? "nobody"}`;
  if (!create(claim, describeOwner())) return breakAbandonedLock(claim);
  try {
    const still = read(path);
    if (still?.content === held.content && still.ageMs >= held.ageMs) rmSync(path, { force: true });
  } finally {
    rmSync(claim, { force: true });
  }
  return true;
}

function isAbandoned(ageMs: number, owner: Owner | undefined): boolean {
  if (Math.abs(ageMs) > staleMs) return true;
  return owner !== undefined && owner.host === thisHost() && !isAlive(owner.pid);
}

/**
 * Creates a file with its content in one step, so that a killed process leaves no lock without an owner.
 * @returns false when the file exists
 */
function create(path: string, content: string): boolean {
  if (existsSync(path)) return false;
  const whole = `${path}.${crypto.randomUUID()}`;
  try {
    writeFileSync(whole, content, { flag: "wx", mode: 0o600 });
    linkSync(whole, path);
    return true;
  } catch (error) {
    const { code = "", syscall } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (syscall === "link" && unsupportedLink.has(code)) return createInTwoSteps(path, content);
    throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}

/** The error codes of file systems without hard links, such as that of a USB stick. */
const unsupportedLink = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EACCES"]);

function createInTwoSteps(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    // On a full disk: other processes would wait for an empty lock.
    rmSync(path, { force: true });
    throw error;
  }
}

function read(path: string): { content: string; ageMs: number } | undefined {
  try {
    return { content: readFileSync(path, "utf8"), ageMs: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function renew(path: string, content: string): void {
  try {
    const now = new Date();
    if (read(path)?.content === content) utimesSync(path, now, now);
  } catch {
    // The work goes on: each of its writes is complete even without the lock.
  }
}

function describeOwner(): string {
  const owner: Owner = { id: crypto.randomUUID(), pid: process.pid, host: thisHost() };
  return JSON.stringify(owner);
}

function parseOwner(content: string): Owner | undefined {
  try {
    const { id, pid, host } = JSON.parse(content) as Partial<Record<keyof Owner, unknown>>;
    // The id becomes part of a file name.
    return typeof id === "string" && /^[\w-]{1,64}$/.test(id) && Number.isSafeInteger(pid)
      ? { id, pid: Number(pid), host: String(host) }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Containers may share a folder and a host name, but not their process ids. */
function thisHost(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}
