import type { CommandDefinition } from "./flags/command-definition.ts";

/** In the order of the help. */
const commands = new Map<string, () => Promise<CommandDefinition>>([
  ["init", async () => (await import("./init/command.ts")).initCommand],
  ["login", async () => (await import("./login/command.ts")).loginCommand],
  ["call", async () => (await import("./call/command.ts")).callCommand],
  ["smoke", async () => (await import("./smoke/command.ts")).smokeCommand],
  ["doctor", async () => (await import("./doctor/command.ts")).doctorCommand],
  ["status", async () => (await import("./status/command.ts")).statusCommand],
  ["switch", async () => (await import("./switch/command.ts")).switchCommand],
  ["credentials", async () => (await import("./credentials/command.ts")).credentialsCommand],
  ["logout", async () => (await import("./logout/command.ts")).logoutCommand],
  ["local", async () => (await import("./local/command.ts")).localCommand],
  ["completion", async () => (await import("./completion/command.ts")).completionCommand],
]);

/**
 * The command that a command line starts with. All commands for any other command line.
 * @param words the command line
 */
export function loadCommands(words: readonly string[] = []): Promise<CommandDefinition[]> {
  const named = commands.get(words[0] ?? "");
  return Promise.all((named === undefined ? [...commands.values()] : [named]).map((load) => load()));
}
