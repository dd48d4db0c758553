import { RootCommand } from "@bomb.sh/tab";

/**
 * Prints the script that a shell loads. The script runs `auth-cli complete -- <words>` for completions.
 * @param shell `bash`, `zsh`, `fish` or `powershell`
 */
export function printCompletionScript(shell: string): void {
  // oxlint-disable-next-line no-restricted-globals -- the library prints with it
  const output: { log: (this: void, text: string) => void } = console;
  const print = output.log;
  output.log = (script: string) => print(withoutEval(script));
  try {
    new RootCommand().setup("auth-cli", "auth-cli", shell);
  } finally {
    output.log = print;
  }
}

/**
 * The script of @bomb.sh/tab for bash evaluates the typed words when a person presses Tab: it would run `$(…)` and
 * empty the file after `>`. Its other scripts quote them.
 */
function withoutEval(script: string): string {
  return script.replace('out=$(eval "$requestComp" 2>/dev/null)', () => {
    return 'out=$(auth-cli complete -- "${words[@]:1}" 2>/dev/null)';
  });
}
