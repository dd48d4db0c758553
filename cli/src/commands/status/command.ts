import type { StatusFlags } from "./status.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const statusCommand: CommandDefinition = {
  name: "status",
  aliases: ["whoami"],
  description: "show the user, identity, role and expiry, and the source of each value",
  define(command, run) {
    command
      .option(
        "--check",
        "also ask Twitter and Cognito whether they accept the login; renews the AWS credentials",
      )
      .option("--all", "list every stored login on this computer")
      .addHelpText(
        "after",
        examples(
          "auth-cli status --stage prod",
          "auth-cli status --check",
          "auth-cli status --all",
          "auth-cli status --json | jq -r .identityId",
        ),
      )
      .action(
        run(async (environment, flags: StatusFlags) => {
          const { status } = await import("./status.ts");
          return status(flags, environment);
        }),
      );
  },
};
