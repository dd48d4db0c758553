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

/** @param terminal receives notes */
export function localEnvironment<T extends LocalEnvironment["terminal"]>(
  terminal: T,
): LocalEnvironment & { terminal: T } {
  return {
    variables: process.env,
    commandName: findCommandName(process.argv[1] ?? "", process.cwd()),
    platform: process.platform,
    workingDirectory: process.cwd(),
    homeDirectory: homedir(),
    uniqueName: () => crypto.randomUUID(),
    files,
    terminal,
  };
}
