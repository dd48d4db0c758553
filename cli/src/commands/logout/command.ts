import type { LogoutFlags } from "./logout.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const logoutCommand: CommandDefinition = {
  name: "logout",
  aliases: [],
  description: "remove the stored login and its AWS credentials",
  define(command, run) {
    command
      .option("--all", "remove every login on this computer")
      .option("--revoke", "also revoke the token at Twitter (Twitter only)")
      .addHelpText("after", examples("auth-cli logout --stage prod", "auth-cli logout --all"))
      .action(
        run(async (environment, flags: LogoutFlags) => {
          const { logout } = await import("./logout.ts");
          return logout(flags, environment);
        }),
      );
  },
};
