import { AuthCliError } from "../../errors.ts";

/** The shells of `aws configure export-credentials`. */
export type ShellFormat = "env" | "env-no-export" | "powershell" | "windows-cmd" | "fish";

/**
 * A line that sets a variable when the shell evaluates it, whatever the value. Keys of AWS need no quotes, and the line
 * then equals that of the aws CLI.
 * @throws AuthCliError `unexpected-reply` for a value that cmd.exe cannot quote
 * @see https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html
 */
export function assignment(format: ShellFormat, name: string, value: string): string {
  // zsh expands a value that starts with an equals sign.
  const isPlain = /^[\w+/][\w+/=:.-]*$/.test(value);
  if (format === "env") return `export ${name}=${isPlain ? value : quoteForSh(value)}`;
  if (format === "env-no-export") return `${name}=${isPlain ? value : quoteForSh(value)}`;
  // `eval (…)` in fish joins the lines.
  if (format === "fish") return `set -gx ${name} ${isPlain ? value : quoteForFish(value)};`;
  if (format === "powershell") return `$Env:${name}=${isPlain ? `"${value}"` : quoteForPowerShell(value)}`;
  if (isPlain) return `set ${name}=${value}`;
  throw new AuthCliError("unexpected-reply", {
    message: `${name} has a character that cmd.exe would interpret`,
    cause: "AWS uses no such character, and cmd.exe has no quotes for it",
    fix: "run `auth-cli credentials --format json`",
  });
}

/** @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02 */
function quoteForSh(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** @see https://fishshell.com/docs/current/language.html#quotes */
function quoteForFish(value: string): string {
  return `'${value.replace(/[\\']/g, String.raw`\$&`)}'`;
}

/**
 * PowerShell takes typographic quotes for straight ones.
 * @see https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
 */
function quoteForPowerShell(value: string): string {
  return `'${value.replace(/['\u2018-\u201B]/g, "$&$&")}'`;
}
