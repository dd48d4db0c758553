import { RootCommand } from "@bomb.sh/tab";

/**
 * Prints the script that a shell reads once, and that then asks `auth-cli complete -- <words>`.
 * @param shell `bash`, `zsh`, `fish` or `powershell`
 */
export function printCompletionScript(shell: string): void {
  new RootCommand().setup("auth-cli", "auth-cli", shell);
}
