import { createEnvironment } from "./environment.ts";
import { printAtOnce } from "./environment/standard-output.ts";
import { run } from "./run.ts";
import { versionText } from "./version.ts";

/** Runs a command on this process's own environment. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  return (process.exitCode = await run(args, versionText(), createEnvironment, printAtOnce));
}
