import type { EventEmitter } from "node:events";
import type { Command, Option } from "commander";
import type { FlagOutline, ProgramOutline } from "./completion/program-outline.ts";
import { examplesHeading } from "./flags/command-definition.ts";
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
      usage: command.usage().replace(/^\[options\] ?/, ""),
      // Completion does not read them.
      get notes() {
        return afterHelp(command)
          .filter((text) => !text.startsWith(examplesHeading))
          .flatMap((text) => text.split("\n\n"))
          .map((paragraph) => paragraph.trim().replaceAll(/\s+/g, " "));
      },
      get examples() {
        return afterHelp(command)
          .filter((text) => text.startsWith(examplesHeading))
          .flatMap((text) => text.slice(examplesHeading.length).trimEnd().split("\n"))
          .map((line) => line.trim());
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
      defaultValue: isShown(option.defaultValue) ? String(option.defaultValue) : undefined,
    }));
}

function isShown(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

/** The texts after the flags. */
function afterHelp(command: Command): string[] {
  const texts: string[] = [];
  // Commander's types leave out that a command is an EventEmitter.
  const events = command as Command & Pick<EventEmitter, "emit">;
  events.emit("afterHelp", { error: false, command, write: (text: string) => texts.push(text) });
  return texts;
}
