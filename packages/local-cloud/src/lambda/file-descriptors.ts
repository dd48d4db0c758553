import { closeSync, openSync, readFileSync } from "node:fs";
import { devNull } from "node:os";

/** Checks are at least this far apart, because each one costs two system calls. */
const intervalMs = 50;

/**
 * A function that returns whether this process is about to run out of file descriptors. A handler can leak them, and
 * all functions share the process.
 */
export function createDescriptorWatch(): () => boolean {
  let checkedAt = -Infinity;
  const limit = readLimit();
  return () => {
    const time = performance.now();
    if (time - checkedAt < intervalMs) return false;
    checkedAt = time;
    try {
      // The system assigns the lowest free number.
      const descriptor = openSync(devNull, "r");
      closeSync(descriptor);
      return descriptor > limit / 2;
    } catch {
      return true;
    }
  };
}

/** Infinity where the system does not say. */
function readLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
