import { createEnvironment } from "./environment/create-environment.ts";
import { printAtOnce } from "./environment/standard-output.ts";
import { run } from "./run.ts";
import { versionText } from "./version.ts";

/** Runs a command on this process's own environment. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  // Should the event loop run out before the command has: what is not known to have gone well has not.
  process.exitCode = 1;
  return (process.exitCode = await run(args, versionText(), createEnvironment, printAtOnce));
}
