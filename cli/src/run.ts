import { CommanderError } from "commander";
import type { Environment } from "./environment.ts";
import { type AuthCliError, formatError, toAuthCliError, toErrorReport } from "./errors.ts";
import { createProgram, type EnvironmentFactory } from "./program.ts";

/**
 * Runs one command line: arguments to a command, errors to a text (or, with `--json`, an object) and an exit code.
 * @param args without the node binary and the script
 */
export async function run(
  args: readonly string[],
  version: string,
  createEnvironment: EnvironmentFactory,
  printHelp?: (text: string) => void,
): Promise<number> {
  let exitCode = 0;
  let environment: Environment | undefined;
  const environmentFor: EnvironmentFactory = (flags) => (environment ??= createEnvironment(flags));
  const program = createProgram({ version, environmentFor, done: (code) => (exitCode = code), words: args });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      outputError: () => {},
      ...(printHelp && { writeOut: printHelp }),
    });
  }
  const json = args.includes("--json");
  const debug = args.includes("--debug");
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return 0;
      // No command at all: the help was the answer.
      if (thrown.code === "commander.help") return 2;
      const { usageError } = await import("./usage-error.ts");
      return report(usageError(thrown, program, args), environmentFor({ debug }), json);
    }
    const error = toAuthCliError(thrown);
    if (debug && thrown instanceof Error) environmentFor({ debug }).terminal.say(`${thrown.stack ?? ""}\n`);
    return report(error, environmentFor({ debug }), json);
  }
}

/** The error goes where errors go, in JSON as in text: standard output holds results only. */
function report(error: AuthCliError, { terminal }: Environment, json: boolean): number {
  if (json) terminal.say(`${JSON.stringify({ error: toErrorReport(error) }, undefined, 2)}\n`);
  else if (error.code !== "interrupted") terminal.say(formatError(error));
  return error.exitCode;
}
