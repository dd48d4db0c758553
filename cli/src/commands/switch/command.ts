import type { SwitchFlags } from "./switch.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const switchCommand: CommandDefinition = {
  name: "switch",
  aliases: [],
  description: "choose which stored login the other commands use for the stage",
  define(command, run) {
    command
      .argument("<user>", "screen name, e-mail address or user id")
      .addHelpText("after", examples("auth-cli switch alice", "auth-cli switch @bob --stage prod"))
      .action(
        run(async (environment, flags: SwitchFlags, user: string) => {
          const { switchUser } = await import("./switch.ts");
          return switchUser(user, flags, environment);
        }),
      );
  },
};
