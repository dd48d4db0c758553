import { join } from "node:path";
import { localCloudsFolder } from "../../deployment/local-clouds.ts";
import type { Environment } from "../../environment/environment.ts";
import { assignments, guessShell } from "./shells.ts";

/** Set again after the user's own start files, which may name a profile. */
const setup = "AUTH_CLI_LOCAL_SETUP";

/**
 * Runs the user's shell until it ends.
 * @param cloud the local cloud's variables
 * @param variables all variables of the shell
 * @param state the folder that keeps the deployments
 * @returns its exit code
 */
export async function openShell(
  cloud: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string | undefined>>,
  environment: Environment,
  state: string | undefined,
): Promise<number> {
  const kept = state === undefined ? "gone" : `in ${state}`;
  const shell = guessShell(environment);
  const folder = join(localCloudsFolder(environment), "shell");
  const write = async (name: string, lines: readonly string[]): Promise<string> => {
    const path = join(folder, name);
    await environment.files.writePrivate(path, `${lines.join("\n")}\n`);
    return path;
  };
  const own = {
    ...variables,
    [setup]: assignments(shell, cloud).join("\n"),
  };
  environment.terminal.say(
    `A shell in the local cloud. \`exit\` stops the shell and the local cloud. The deployments are then ${kept}.`,
  );
  const run = (command: string, args: string[], added: Record<string, string> = {}): Promise<number> =>
    environment.runCommand(command, args, { ...own, ...added }, { handlesInterrupt: true });
  const program = environment.variables["SHELL"];
  if (shell === "powershell") return run(program ?? "powershell.exe", ["-NoExit", "-Command", powershell]);
  if (shell === "fish") return run(program ?? "fish", ["--init-command", fish]);
  if (shell === "zsh") {
    const before = environment.variables["ZDOTDIR"] ?? environment.homeDirectory;
    await write(".zshenv", zshenv);
    await write(".zshrc", zshrc);
    return run(program ?? "zsh", ["-i"], { ZDOTDIR: folder, AUTH_CLI_ZDOTDIR: before });
  }
  if (program?.endsWith("/bash")) return run(program, ["--rcfile", await write("bashrc", bashrc), "-i"]);
  // Every POSIX shell reads ENV and evaluates PS1.
  return run(program ?? "/bin/sh", ["-i"], { ENV: "", PS1: `${prompt}$ ` });
}

const prompt = "(local cloud) ";

/** Prompts such as starship set PS1 each time. */
const bashrc = [
  "[ -f ~/.bashrc ] && . ~/.bashrc",
  `eval "$${setup}"; unset ${setup}`,
  `auth_cli_prompt() { case $PS1 in "${prompt}"*) ;; *) PS1="${prompt}$PS1";; esac; }`,
  "case $(declare -p PROMPT_COMMAND 2>/dev/null) in",
  `"declare -a"*) PROMPT_COMMAND+=(auth_cli_prompt);;`,
  `*) PROMPT_COMMAND="\${PROMPT_COMMAND:+$PROMPT_COMMAND`,
  `}auth_cli_prompt";;`,
  "esac",
];

const zshenv = ['[ -f "$AUTH_CLI_ZDOTDIR/.zshenv" ] && . "$AUTH_CLI_ZDOTDIR/.zshenv"', "true"];

const zshrc = [
  // As /etc/zshrc sets it.
  "[[ $HISTFILE == $ZDOTDIR/* ]] && HISTFILE=$AUTH_CLI_ZDOTDIR/${HISTFILE:t}",
  "ZDOTDIR=$AUTH_CLI_ZDOTDIR; unset AUTH_CLI_ZDOTDIR",
  '[ -f "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"',
  `eval "$${setup}"; unset ${setup}`,
  `auth_cli_prompt() { [[ $PROMPT == "${prompt}"* ]] || PROMPT="${prompt}$PROMPT" }`,
  "precmd_functions+=(auth_cli_prompt)",
];

const fish = [
  `eval $${setup}; set -e ${setup}`,
  "functions --copy fish_prompt auth_cli_prompt",
  `function fish_prompt; echo -n '${prompt}'; auth_cli_prompt; end`,
].join("; ");

const powershell = [
  `Invoke-Expression $Env:${setup}; Remove-Item Env:${setup}`,
  "$authCliPrompt = $function:prompt",
  `function prompt { '${prompt}' + (& $authCliPrompt) }`,
].join("; ");
