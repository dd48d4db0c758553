import { Option } from "commander";
import type { CredentialFormat, CredentialsFlags } from "./credentials.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

/** The formats of `aws configure export-credentials`, `json`, and `canary`. */
const credentialFormats: CredentialFormat[] = [
  "process",
  "env",
  "env-no-export",
  "powershell",
  "windows-cmd",
  "fish",
  "json",
  "canary",
];

export const credentialsCommand: CommandDefinition = {
  name: "credentials",
  aliases: [],
  description: "print the temporary AWS credentials (secrets) for other tools",
  define(command, run) {
    command
      .addOption(
        new Option(
          "--format <format>",
          "as in `aws configure export-credentials`; canary: the login itself, for a canary's secret (default: process)",
        ).choices(credentialFormats),
      )
      .addHelpText(
        "after",
        examples(
          'eval "$(auth-cli credentials --format env)"',
          "auth-cli credentials --format fish | source",
          "credential_process = auth-cli credentials --stage prod --outputs /path/to/.sst/outputs.json   # in ~/.aws/config",
        ),
      )
      .action(
        run(async (environment, flags: CredentialsFlags) => {
          const { exportCredentials } = await import("./credentials.ts");
          return exportCredentials(flags, environment);
        }),
      );
  },
};
