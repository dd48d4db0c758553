import type { Command } from "commander";
import type { Environment } from "../../environment/environment.ts";
import { wrapWords } from "../../lines.ts";

/** A command resolves to its exit code, or to nothing for 0. */
type Action = Promise<number | void>;

/** Wraps a command for commander. The action's last parameters are the command's arguments. */
export type Runner = (
  // Each command declares the types of its flags and arguments, which commander has checked.
  action: (environment: Environment, flags: never, ...args: never[]) => Action,
) => (...received: unknown[]) => Promise<void>;

/** Name, flags and help of a command. Its code is loaded when it runs. */
export interface CommandDefinition {
  name: string;
  aliases: readonly string[];
  description: string;
  /** Adds flags, arguments and examples. Called only for the command that the command line names. */
  define(command: Command, run: Runner): void;
}

export const examplesHeading = "\nExamples:\n";

/** The end of a command's help. */
export function examples(...lines: string[]): string {
  return `${examplesHeading}${lines.map((line) => `  ${line}`).join("\n")}`;
}

/** Breaks the lines of a help between words, where commander has not. Examples stay as they are. */
export function wrapHelp(help: string, columns: number): string {
  const [text = "", ...commands] = help.split(examplesHeading);
  const paragraphs = text.split("\n\n").map((paragraph) => {
    const isProse = !/^\s|\n\s/.test(paragraph.trimEnd());
    const lines = isProse ? [paragraph.replaceAll("\n", " ")] : paragraph.split("\n");
    return lines
      .flatMap((line) => wrapWords(line, columns))
      .map((line) => (isProse ? line.trimStart() : line))
      .join("\n");
  });
  return [paragraphs.join("\n\n"), ...commands].join(examplesHeading);
}
