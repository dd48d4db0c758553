import type { Option } from "commander";
import { AuthCliError } from "../../errors.ts";
import { anyText } from "./flag-values.ts";

/**
 * Commander takes whatever follows a flag for its value. Nothing at all, as a variable that is not set gives it, and the
 * next flag are never meant.
 * @throws AuthCliError `invalid-usage`
 */
export function demandValues(options: readonly Option[], flags: Readonly<Record<string, unknown>>): void {
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
    message: `${long ?? flags} needs a value, and the one given is empty`,
    cause: "a variable that is not set gives an empty value",
    fix: `set it, or leave ${long ?? flags} out`,
  });
}

function flagForValue({ long, flags }: Option, value: string): AuthCliError {
  return new AuthCliError("invalid-usage", {
    message: `${long ?? flags} needs a value, and ${value} is a flag`,
    cause: `${value} follows ${long ?? flags} on the command line`,
    fix: `write ${flags.replace(/^-\w, /, "")}${flags.endsWith("<file>") ? `; a file of that name is ./${value}` : ""}`,
  });
}
