import type { DoctorFlags } from "./examination.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const doctorCommand: CommandDefinition = {
  name: "doctor",
  aliases: [],
  description: "check your setup and suggest fixes; changes nothing",
  define(command, run) {
    command
      .option("--deep", "also check pool, role, routes and template, with the deployer's AWS credentials")
      .option("--allow-guests", "the identity pool may issue identities without a login")
      .addHelpText(
        "after",
        examples(
          "auth-cli doctor --stage prod",
          "auth-cli doctor --stage prod --deep --profile deployer",
          "auth-cli doctor --json | jq '.findings[] | select(.status == \"fault\")'",
        ),
      )
      .action(
        run(async (environment, flags: DoctorFlags) => {
          const { doctor } = await import("./doctor.ts");
          return doctor(flags, environment);
        }),
      );
  },
};
