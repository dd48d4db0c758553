import { constants } from "node:os";
import spawn from "cross-spawn";
import { AuthCliError } from "../errors.ts";
import type { CommandOptions } from "./environment.ts";

/** Time for the command to end on its own: the terminal sends Ctrl-C to it as well. */
const graceMs = 2000;

const hangUps = ["SIGTERM", "SIGHUP"] as const;

/**
 * Runs a command on this terminal. After an interruption, sends it SIGTERM if it does not end, and waits for its end.
 * @returns its exit code, or 128 + the number of the signal that ended it
 */
export function runCommand(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  interruption: AbortSignal,
  { handlesInterrupt = false }: CommandOptions = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...variables }, stdio: "inherit" });
    let grace: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      grace = setTimeout(() => child.kill("SIGTERM"), graceMs);
    };
    // A shell ignores SIGTERM.
    const hangUp = (): void => {
      child.kill("SIGHUP");
      grace ??= setTimeout(() => child.kill("SIGKILL"), graceMs);
    };
    const settle = (): void => {
      clearTimeout(grace);
      interruption.removeEventListener("abort", interrupt);
      for (const signal of hangUps) process.off(signal, hangUp);
    };
    if (handlesInterrupt) for (const signal of hangUps) process.on(signal, hangUp);
    else interruption.addEventListener("abort", interrupt, { once: true });
    child.once("error", (error: NodeJS.ErrnoException) => {
      settle();
      reject(
        new AuthCliError("invalid-usage", {
          message: `cannot run ${command}`,
          cause: error.code === "ENOENT" ? "no such command on the PATH" : error.message,
          fix: "check the command after `--`",
        }),
      );
    });
    child.once("close", (code, signal) => {
      settle();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
