/**
 * A word of a command line for the shells of a platform.
 * On Windows these are cmd, PowerShell and Git Bash. All three know double quotes, and cmd knows no others.
 */
export function shellQuote(text: string, platform?: NodeJS.Platform): string {
  if (platform === "win32") return /^[\w+=:./-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
