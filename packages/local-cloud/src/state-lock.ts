import { randomUUID } from "node:crypto";
import {
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { StateError } from "./state-error.ts";

/** A holder renews its lock four times in this time. */
const staleMs = 10_000;

/** Lets one local cloud use a folder. @returns releases the folder. @throws StateError when another local cloud uses it */
export function lock(folder: string): () => void {
  const path = join(folder, "lock");
  const own = join(folder, `lock.${randomUUID()}`);
  const content = JSON.stringify({ id: randomUUID(), pid: process.pid });
  try {
    writeFileSync(own, content, { mode: 0o600 });
    while (!createFrom(own, path)) breakAbandoned(folder, path);
  } finally {
    rmSync(own, { force: true });
  }
  const isOwn = (): boolean => existsSync(path) && readFileSync(path, "utf8") === content;
  const renewal = setInterval(() => {
    try {
      if (isOwn()) utimesSync(path, new Date(), new Date());
    } catch {
      // The next renewal tries again.
    }
  }, staleMs / 4).unref();
  const release = (): void => {
    clearInterval(renewal);
    process.off("exit", release);
    if (isOwn()) rmSync(path, { force: true });
  };
  process.once("exit", release);
  return release;
}

/** Creates a file with its content in one step. @returns false when it exists */
function createFrom(from: string, path: string): boolean {
  try {
    linkSync(from, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function breakAbandoned(folder: string, path: string): void {
  // Its holder has just removed it.
  if (!existsSync(path)) return;
  const held = readFileSync(path, "utf8");
  const pid = Number(/"pid":(\d+)\}$/.exec(held)?.[1]);
  const ageMs = Math.abs(Date.now() - statSync(path).mtimeMs);
  // A computer that lost its power may leave an empty lock.
  if (pid > 0 && isAlive(pid) && ageMs < staleMs) {
    throw new StateError("in-use", folder, `process ${pid} uses it`);
  }
  const aside = join(folder, `lock.${randomUUID()}`);
  renameSync(path, aside);
  // Another process was faster, and this lock is its own.
  if (readFileSync(aside, "utf8") !== held) createFrom(aside, path);
  rmSync(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
