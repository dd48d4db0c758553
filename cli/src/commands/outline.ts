import type { Command, Option } from "commander";
import type { FlagOutline, ProgramOutline } from "./completion/program-outline.ts";
import { loadCommands } from "./load-commands.ts";
import { createProgram } from "./program.ts";

/**
 * The commands and flags of the program as data, for completion and the man page.
 * @param words a command line. Commands that it does not name get no flags and arguments. Default: all get theirs.
 */
export async function outlineProgram(words?: readonly string[]): Promise<ProgramOutline> {
  const program = createProgram({
    version: "",
    environmentFor: () => {
      throw new Error("an outline runs no command");
    },
    done: () => {},
    definitions: await loadCommands(),
    ...(words && { words }),
  });
  return {
    name: program.name(),
    description: program.description(),
    flags: flagsOf(program),
    commands: program.commands.map((command) => ({
      name: command.name(),
      aliases: command.aliases(),
      description: command.description(),
      arguments: command.registeredArguments.map((argument) => ({
        name: argument.name(),
        choices: argument.argChoices ?? [],
        variadic: argument.variadic,
      })),
      flags: flagsOf(command),
      // Completion does not read them.
      get examples() {
        return examplesOf(command);
      },
    })),
  };
}

function flagsOf(command: Command): FlagOutline[] {
  return command.options
    .filter((option) => !option.hidden)
    .map((option: Option) => ({
      long: option.long?.slice(2) ?? "",
      short: option.short?.slice(1),
      value: /[<[].*$/.exec(option.flags)?.[0],
      description: option.description,
      choices: option.argChoices ?? [],
    }));
}

function examplesOf(command: Command): string[] {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return (help.split("\nExamples:\n")[1] ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("auth-cli") || line.includes("auth-cli "));
}
