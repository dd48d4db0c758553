import {
  closeSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A holder renews its lock four times in this time; one that has not is gone, wherever it ran. */
const staleMs = 10_000;
/** Longer than a holder's two requests to Cognito may take. */
const waitLimitMs = 90_000;

/** What a lock file holds. */
interface Owner {
  id: string;
  pid: number;
  /** Process ids mean something only where they were given. */
  host: string;
}

/**
 * Takes the lock that a file stands for, waiting for whoever holds it, and gives back how to release it. A holder that
 * was killed on this computer is known at once by its process id, so that it delays nobody; one elsewhere after 10 s.
 * @param interruption ends the wait
 * @throws the file system's error, or one with the code `ELOCKED`
 */
export async function acquireLock(path: string, interruption?: AbortSignal): Promise<() => void> {
  const owner: Owner = { id: crypto.randomUUID(), pid: process.pid, host: thisHost() };
  const content = JSON.stringify(owner);
  for (const deadline = performance.now() + waitLimitMs; !create(path, content);) {
    if (breakAbandonedLock(path)) continue;
    if (performance.now() > deadline) throw Object.assign(new Error("locked"), { code: "ELOCKED" });
    await sleep(10 + Math.random() * 30, undefined, interruption && { signal: interruption });
  }
  const renewal = setInterval(() => renew(path, content), staleMs / 4).unref();
  return () => {
    clearInterval(renewal);
    if (read(path)?.content === content) rmSync(path, { force: true });
  };
}

/**
 * Removes a lock whose holder is gone. Only the process that claims this very lock removes it, so that none removes
 * the lock of one that was quicker.
 * @returns whether to try for the lock again at once
 */
export function breakAbandonedLock(path: string): boolean {
  const held = read(path);
  if (held === undefined) return true;
  const owner = parseOwner(held.content);
  if (!isAbandoned(held.ageMs, owner)) return false;
  const claim = `${path}.${owner?.id ?? "nobody"}`;
  if (!create(claim, "")) {
    // Whoever claimed it was killed too, in the few microseconds that this takes.
    if ((read(claim)?.ageMs ?? 0) > staleMs) rmSync(claim, { force: true });
    return false;
  }
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

/** False when the file is there already. */
function create(path: string, content: string): boolean {
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Windows has no name for a file that is about to vanish but "not permitted".
    if (code === "EEXIST" || (process.platform === "win32" && code === "EPERM")) return false;
    throw error;
  }
  try {
    writeFileSync(file, content);
    return true;
  } catch (error) {
    // The disk is full: an empty lock is not to be left for others to wait for.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
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
    // The work goes on: what it writes is whole with or without the lock.
  }
}

function parseOwner(content: string): Owner | undefined {
  try {
    const { id, pid, host } = JSON.parse(content) as Partial<Record<keyof Owner, unknown>>;
    // The id becomes part of a file's name.
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

/** Containers may share a folder, and a host name too, but not their process ids. */
function thisHost(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}
