import { Command } from "commander";
import type { Environment, EnvironmentFlags } from "../environment/environment.ts";
import { exitCodeMeanings } from "../errors.ts";
import type { CommandDefinition, Runner } from "./flags/command-definition.ts";
import { rejectFlagsAsValues, requireValues } from "./flags/require-values.ts";
import { addSharedFlags } from "./flags/shared-flags.ts";

/** Creates the environment from the flags that configure it. */
export type EnvironmentFactory = (flags: EnvironmentFlags) => Environment;

export interface ProgramOptions {
  version: string;
  environmentFor: EnvironmentFactory;
  done: (exitCode: number) => void;
  definitions: readonly CommandDefinition[];
  /** The command line. Commands that it does not name get no flags. Default: all commands get their flags. */
  words?: readonly string[];
}

/** The commands, their flags and their help. */
export function createProgram({
  version,
  environmentFor,
  done,
  definitions,
  words,
}: ProgramOptions): Command {
  const stages: string[] = [];
  const program = new Command("auth-cli")
    .description('Test, end to end, that "log in with Twitter" opens your serverless API.')
    .version(version, "-V, --version");
  addSharedFlags(program, stages)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", exitCodes);

  /** Runs a command with its own flags, the shared flags and its arguments. */
  const run: Runner =
    (action) =>
    async (...received: unknown[]): Promise<void> => {
      const command = received.at(-1) as Command;
      const flags = { ...command.optsWithGlobals<EnvironmentFlags>(), stages };
      requireValues([...command.options, ...program.options], flags);
      const args = received.slice(0, -2);
      done((await action(environmentFor(flags), flags as never, ...(args as never[]))) ?? 0);
    };

  for (const definition of definitions) {
    const names = [definition.name, ...definition.aliases];
    const command = program.command(definition.name).aliases(definition.aliases);
    command.description(definition.description);
    if (words === undefined || names.some((name) => words.includes(name))) definition.define(command, run);
    rejectFlagsAsValues(command, () => [...command.options, ...program.options]);
  }
  rejectFlagsAsValues(program, () =>
    program.commands.flatMap(({ options }) => options).concat(program.options),
  );
  return program;
}

/** Help is rarely asked for. */
const exitCodes = (): string => `
If you repeat a flag, the last one counts, unless its description says "may be
repeated".

Exit codes:
${Object.entries(exitCodeMeanings)
  .map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`)
  .join("\n")}`;
