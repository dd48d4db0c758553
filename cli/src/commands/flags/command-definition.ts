import type { Command } from "commander";
import type { Environment } from "../../environment/environment.ts";

/** What a command gives back: an exit code, or nothing for 0. */
type Action = Promise<number | void>;

/** Makes what commander calls out of what a command does. Its last parameters are the command's arguments. */
export type Runner = (
  // Each command knows the shape of its own flags and arguments, which commander has checked.
  action: (environment: Environment, flags: never, ...args: never[]) => Action,
) => (...received: unknown[]) => Promise<void>;

/** As much of commander's `Command` as takes a command's flags and arguments. */
export interface Definable {
  usage(text: string): this;
  argument(name: string, description: string): this;
  option(flags: string, description: string): this;
  /** @param parse makes the flag's value out of the text, and of the value that the flag had before */
  option<T>(
    flags: string,
    description: string,
    parse: (value: string, previous: T) => T,
    defaultValue?: T,
  ): this;
  /** @param event `option:<name>`, told each text that the flag is given */
  on(event: string, listener: (value: string) => void): this;
  addHelpText(position: "after", text: string): this;
  action(perform: (...received: unknown[]) => Promise<void>): this;
}

/** A command as it stands on the command line; what it does is loaded when it runs. */
export interface CommandDefinition {
  name: string;
  aliases: readonly string[];
  description: string;
  /** Adds its flags, arguments and examples. Only called when the command is named: each flag costs a start its share. */
  define(command: Command, run: Runner): void;
}

/** The end of a command's help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
