import { homedir } from "node:os";
import { findCommandName } from "../command-name.ts";
import { type Files, files } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** The part of the environment that needs no network: enough to answer a shell's completion request. */
export interface LocalEnvironment {
  variables: Readonly<Record<string, string | undefined>>;
  /** What the user types to start this program. */
  commandName: string;
  platform: NodeJS.Platform;
  workingDirectory: string;
  homeDirectory: string;
  /** A new random name for each call. */
  uniqueName: () => string;
  files: Files;
  terminal: Pick<Terminal, "say">;
}

/** Where a command was started. Tests start several in one process. */
export interface Start {
  /** `process.argv[1]`. */
  script: string | undefined;
  variables: Readonly<Record<string, string | undefined>>;
  workingDirectory: string;
  homeDirectory: string;
}

/** @param terminal receives notes */
export function localEnvironment<T extends LocalEnvironment["terminal"]>(
  terminal: T,
  { script, ...start }: Start = {
    script: process.argv[1],
    variables: process.env,
    workingDirectory: process.cwd(),
    homeDirectory: homedir(),
  },
): LocalEnvironment & { terminal: T } {
  return {
    ...start,
    commandName: findCommandName(script ?? "", start.workingDirectory),
    platform: process.platform,
    uniqueName: () => crypto.randomUUID(),
    files,
    terminal,
  };
}
