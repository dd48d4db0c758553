import type { SmokeFlags } from "../commands/smoke.ts";
import { type CommandDefinition, examples } from "./command-definition.ts";

export const smokeCommand: CommandDefinition = {
  name: "smoke",
  aliases: [],
  description: "check the whole chain, and that what must be refused is refused",
  define(command, run) {
    command
      .option("--report-json <file>", "write the JSON report to a file too")
      .addHelpText("after", examples("auth-cli smoke --stage prod", "auth-cli smoke --json | jq .passed"))
      .action(
        run(async (environment, flags: SmokeFlags) => {
          const { smoke } = await import("../commands/smoke.ts");
          return smoke(flags, environment);
        }),
      );
  },
};
