/** Errors of the example: what happened, why, and what to do. */
export class ExampleError extends Error {
  constructor(message, { cause, fix } = {}) {
    super(message, { cause });
    this.fix = fix;
  }
}

/** From now on, the process prints errors as auth-cli does, without a stack. */
export function printErrors() {
  process.on("uncaughtException", ({ message, cause, fix }) => {
    console.error(`error: ${message}`);
    if (cause !== undefined) console.error(`cause: ${cause?.message ?? cause}`);
    if (fix !== undefined) console.error(`fix: ${fix}`);
    process.exit(1);
  });
}

/** @returns why a file cannot be read */
export function causeOf({ code, message }) {
  return { ENOENT: "the file does not exist", EACCES: "permission denied" }[code] ?? message;
}
