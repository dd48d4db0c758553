import { type Files, files } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** What the program finds when it starts, before it has done anything. */
export interface LocalEnvironment {
  variables: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  workingDirectory: string;
  homeDirectory: string;
  /** A name that no other process uses, for files set aside. */
  uniqueName: () => string;
  files: Files;
  terminal: Pick<Terminal, "say">;
}

/** @param terminal says what was found on the way */
export function localEnvironment<T extends LocalEnvironment["terminal"]>(
  terminal: T,
): LocalEnvironment & { terminal: T } {
  return {
    variables: process.env,
    platform: process.platform,
    workingDirectory: process.cwd(),
    homeDirectory: findHome(),
    uniqueName: () => crypto.randomUUID(),
    files,
    terminal,
  };
}

/** As `os.homedir` finds it. node:os is loaded only where HOME does not tell: it costs each start a quarter of a millisecond. */
function findHome(): string {
  const home = process.platform === "win32" ? undefined : process.env["HOME"];
  return home || process.getBuiltinModule("node:os").homedir();
}
