import type { Option } from "commander";
import { AuthCliError } from "../../errors.ts";
import { anyText } from "./flag-values.ts";

/**
 * Rejects an empty value, which an unset variable leaves, and a flag in place of a value. Commander accepts both.
 * @throws AuthCliError `invalid-usage`
 */
export function requireValues(options: readonly Option[], flags: Readonly<Record<string, unknown>>): void {
  for (const option of options) {
    if (option.isBoolean() || option.parseArg === anyText) continue;
    for (const value of [flags[option.attributeName()]].flat()) {
      if (value === "") throw emptyValue(option);
      if (
        typeof value === "string" &&
        value.startsWith("-") &&
        options.some(({ short, long }) => value === long || value === short)
      )
        throw flagForValue(option, value);
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
