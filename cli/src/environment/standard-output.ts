import { writeSync } from "node:fs";

/** Where bytes go: as `fs.writeSync`, how many of them were taken. */
type Take = (bytes: Uint8Array, offset: number) => number;

const pauseMs = 1;

/**
 * Writes a short answer to standard output, whole, without `process.stdout`: to open that costs a sixth of what Node
 * needs for its own start. A reader that has gone ends the process as SIGPIPE would, another fault with exit code 1.
 */
export function printAtOnce(text: string): void {
  // A Windows console takes UTF-16, which only the stream knows how to give.
  if (process.platform === "win32") {
    process.stdout.write(text);
    return;
  }
  try {
    writeWhole(Buffer.from(text), (bytes, offset) => writeSync(1, bytes, offset));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") process.exit(141);
    const cause = code === "ENOSPC" ? "the disk is full" : message;
    process.stderr.write(`error: cannot write standard output\ncause: ${cause}\n`);
    process.exit(1);
  }
}

/** A pipe that another process has made non-blocking takes what it has room for, and then nothing for a while. */
export function writeWhole(bytes: Uint8Array, take: Take): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += take(bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
