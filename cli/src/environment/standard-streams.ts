import { fstatSync } from "node:fs";

/*
 * Opened when they are first used: to open one loads Node's streams, which a request loads in any case, but better
 * while nothing else waits.
 */

let output: NodeJS.WriteStream | undefined;
let error: NodeJS.WriteStream | undefined;

export function standardOutput(): NodeJS.WriteStream {
  // A reader that has seen enough (`| head -1`) closes the pipe; that ends the program as SIGPIPE would.
  return (output ??= process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // Of another fault the writer is told.
    if (code === "EPIPE") process.exit(141);
  }));
}

export function standardError(): NodeJS.WriteStream {
  // Nobody reads the notes; the work goes on.
  return (error ??= process.stderr.on("error", () => {}));
}

/** Whether a terminal shows standard error. What is no device needs no opening to know that it is none. */
export function isErrorShown(): boolean {
  return (process.platform === "win32" || isDevice(2)) && standardError().isTTY;
}

/** The same of standard output. */
export function isOutputShown(): boolean {
  return (process.platform === "win32" || isDevice(1)) && standardOutput().isTTY;
}

function isDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
}
