import { CommanderError } from "commander";
import type { Environment } from "./environment/environment.ts";
import { tellError, tellFailure } from "./failure.ts";
import { createProgram, type EnvironmentFactory } from "./commands/program.ts";

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
  const flags = { debug: args.includes("--debug") };
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return tellFailure(thrown, environmentFor(flags), args);
    if (thrown.exitCode === 0) return 0;
    // No command at all: the help was the answer.
    if (thrown.code === "commander.help") return 2;
    const { usageError } = await import("./commands/flags/usage-error.ts");
    return tellError(usageError(thrown, program, args), environmentFor(flags), args);
  }
}
