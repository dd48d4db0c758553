/** The npm name, which is free of other people's packages. The unscoped name is not ours. */
const packageName = "@api-auth-twitter/auth-cli";

/**
 * What the user types to start this program: `npx auth-cli` in a project that has it installed, the package's whole name
 * where npx has downloaded it, else `auth-cli`.
 * @param script as Node was started with, `process.argv[1]`
 */
export function findCommandName(script: string, workingDirectory: string): string {
  const path = script.replaceAll("\\", "/");
  if (path.includes("/_npx/")) return `npx ${packageName}`;
  const [, project] = /^(.*?)\/node_modules\//.exec(path) ?? [];
  const isInProject =
    project !== undefined && `${workingDirectory.replaceAll("\\", "/")}/`.startsWith(`${project}/`);
  return isInProject ? "npx auth-cli" : "auth-cli";
}

/** Writes the commands in backquotes as the user can type them. */
export function nameCommands(text: string, commandName: string): string {
  return text.replaceAll(/`[^`]*`/g, (command) => nameCommand(command, commandName));
}

/** Writes the examples of a help text as the user can type them. */
export function nameExamples(help: string, commandName: string): string {
  return help.replace(/^Examples:\n.*/ms, (examples) => nameCommand(examples, commandName));
}

/** Leaves out paths, the package's name and the word in a sentence. */
function nameCommand(command: string, commandName: string): string {
  return command.replaceAll(/(?<![\w./@-])(?<!npx (?:--no-install )?)auth-cli(?= )/g, commandName);
}
