import type { EventEmitter } from "node:events";
import type { Command, Option } from "commander";
import { AuthCliError } from "../../errors.ts";
import { anyText } from "./flag-values.ts";

/**
 * Rejects a flag in place of a value, which commander accepts. Comes before the parser of the value, which would report
 * the flag as an invalid value. The parser throws AuthCliError `invalid-usage`.
 * @param known the flags of the command line's command
 */
export function rejectFlagsAsValues(command: Command, known: () => readonly Option[]): void {
  // Commander's types leave out that a command is an EventEmitter.
  const events = command as Command & Pick<EventEmitter, "prependListener">;
  for (const option of command.options) {
    if (option.isBoolean() || option.parseArg === anyText) continue;
    events.prependListener(`option:${option.name()}`, (value: string | null) => {
      if (value?.startsWith("-") && known().some(({ short, long }) => value === long || value === short)) {
        throw flagForValue(option, value);
      }
    });
  }
}

/**
 * Rejects an empty value, which an unset variable leaves. Commander accepts it.
 * @throws AuthCliError `invalid-usage`
 */
export function requireValues(options: readonly Option[], flags: Readonly<Record<string, unknown>>): void {
  for (const option of options) {
    if (option.isBoolean() || option.parseArg === anyText) continue;
    for (const value of [flags[option.attributeName()]].flat()) {
      if (value === "") throw emptyValue(option);
    }
  }
}

function emptyValue({ long, flags }: Option): AuthCliError {
  return new AuthCliError("invalid-usage", {
    message: `${long ?? flags} needs a value, but the value is empty`,
    cause: "an unset shell variable expands to an empty value",
    fix: `give a value, or omit ${long ?? flags}`,
  });
}

function flagForValue({ long, flags }: Option, value: string): AuthCliError {
  return new AuthCliError("invalid-usage", {
    message: `${long ?? flags} needs a value, but ${value} is a flag`,
    cause: `${value} follows ${long ?? flags} on the command line`,
    fix: `use ${flags.replace(/^-\w, /, "")}${flags.endsWith("<file>") ? `; for a file with that name use ./${value}` : ""}`,
  });
}
