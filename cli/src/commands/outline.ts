import type { Command, Option } from "commander";
import type { FlagOutline, ProgramOutline } from "./completion/program-outline.ts";
import { createProgram } from "./program.ts";

/**
 * Reads the outline off the program itself, which is the one place where commands and flags are written down. The build
 * puts the value in the place of this code, so that completion need not load commander.
 */
export function outlineProgram(): ProgramOutline {
  const program = createProgram({
    version: "",
    environmentFor: () => {
      throw new Error("an outline runs nothing");
    },
    done: () => {},
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
      examples: examplesOf(command),
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
