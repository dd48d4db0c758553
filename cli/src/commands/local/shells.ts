import type { Environment } from "../../environment/environment.ts";
import { assignment } from "../flags/shell-assignment.ts";

export const shells = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof shells)[number];

/** How each shell sets the variables of a running local cloud. */
export const evaluation: Readonly<Record<Shell, string>> = {
  bash: 'eval "$(auth-cli local env)"',
  zsh: 'eval "$(auth-cli local env)"',
  fish: "auth-cli local env | source",
  powershell: "auth-cli local env | Out-String | Invoke-Expression",
};

/** The login shell, which is not always the one that runs this program. */
export function guessShell({ platform, variables }: Pick<Environment, "platform" | "variables">): Shell {
  const name = (variables["SHELL"] ?? "").split(/[\\/]/).at(-1);
  if (name === "fish" || name === "zsh") return name;
  if (name === "pwsh") return "powershell";
  // Git Bash sets SHELL.
  return platform === "win32" && !name ? "powershell" : "bash";
}

/** Lines that set the variables, and unset those that would take precedence over the keys. */
export function assignments(shell: Shell, variables: Readonly<Record<string, string>>): string[] {
  const format = shell === "fish" || shell === "powershell" ? shell : "env";
  return [
    unset[format],
    ...Object.entries(variables).map(([name, value]) => assignment(format, name, value)),
  ];
}

const unset = {
  env: "unset AWS_PROFILE AWS_SESSION_TOKEN",
  fish: "set -e AWS_PROFILE; set -e AWS_SESSION_TOKEN;",
  powershell: "Remove-Item Env:AWS_PROFILE, Env:AWS_SESSION_TOKEN -ErrorAction Ignore",
} as const;
