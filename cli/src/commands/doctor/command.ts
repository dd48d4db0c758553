import type { DoctorFlags } from "./examination.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const doctorCommand: CommandDefinition = {
  name: "doctor",
  aliases: [],
  description: "what is wrong with this set-up, and how to mend it; changes nothing",
  define(command, run) {
    command
      .option("--deep", "look with the deployer's AWS credentials at pool, role, routes and template, too")
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
