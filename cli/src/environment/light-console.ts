import { printSync } from "./standard-output.ts";

/**
 * The build injects it in place of the global `console`, with which @bomb.sh/tab prints. Node's `console.log` ignores a
 * full disk and a closed pipe.
 */
export const lightConsole: Pick<Console, "log"> = Object.assign(
  Object.create(globalThis.console) as Console,
  {
    log: (line: string) => printSync(`${line}\n`),
  },
);
