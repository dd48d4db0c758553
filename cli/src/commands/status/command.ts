import type { StatusFlags } from "./status.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const statusCommand: CommandDefinition = {
  name: "status",
  aliases: ["whoami"],
  description: "show the user, identity, role and expiry, and the source of each value",
  define(command, run) {
    command
      .addHelpText(
        "after",
        examples("auth-cli status --stage prod", "auth-cli status --json | jq -r .identityId"),
      )
      .action(
        run(async (environment, flags: StatusFlags) => {
          const { status } = await import("./status.ts");
          return status(flags, environment);
        }),
      );
  },
};
