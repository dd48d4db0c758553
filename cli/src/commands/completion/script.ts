import { RootCommand } from "@bomb.sh/tab";

/**
 * Prints the script that a shell loads. The script runs `auth-cli complete -- <words>` for completions.
 * @param shell `bash`, `zsh`, `fish` or `powershell`
 */
export function printCompletionScript(shell: string): void {
  new RootCommand().setup("auth-cli", "auth-cli", shell);
}
