import type { Environment } from "./environment/environment.ts";
import { type AuthCliError, formatError, toAuthCliError, toErrorReport } from "./errors.ts";

/**
 * Tells what a command has thrown.
 * @param args the words of the command line
 * @returns the exit code
 */
export function tellFailure(thrown: unknown, environment: Environment, args: readonly string[]): number {
  if (args.includes("--debug") && thrown instanceof Error)
    environment.terminal.say(`${thrown.stack ?? ""}\n`);
  return tellError(toAuthCliError(thrown), environment, args);
}

/** The error goes where errors go, in JSON as in text: standard output holds results only. @returns the exit code */
export function tellError(error: AuthCliError, { terminal }: Environment, args: readonly string[]): number {
  if (args.includes("--json"))
    terminal.say(`${JSON.stringify({ error: toErrorReport(error) }, undefined, 2)}\n`);
  else if (error.code !== "interrupted") terminal.say(formatError(error));
  return error.exitCode;
}
