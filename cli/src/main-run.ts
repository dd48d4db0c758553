import { createEnvironment } from "./environment.ts";
import { run } from "./run.ts";

/** The program on this process's own environment. @returns the exit code */
export function runCommandLine(args: readonly string[], version: string): Promise<number> {
  return run(args, version, createEnvironment);
}
