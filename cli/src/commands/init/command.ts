import { Option } from "commander";
import type { InitFlags } from "./init.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const initCommand: CommandDefinition = {
  name: "init",
  aliases: [],
  description: "add auth-cli to a project: npm scripts and, with --ci, a CI job",
  define(command, run) {
    command
      .addOption(new Option("--ci <system>", "also write a CI job").choices(["github", "gitlab"]))
      .option("-y, --yes", "write without asking")
      .addHelpText("after", notes)
      .addHelpText("after", examples("auth-cli init", "auth-cli init --ci github --stage prod --yes"))
      .action(
        run(async (environment, flags: InitFlags) => {
          const { init } = await import("./init.ts");
          return init(flags, environment);
        }),
      );
  },
};

const notes = `
init prints the changes as a diff and asks before it writes them. Without a terminal it
writes only with --yes. It changes no existing script and no existing file of your CI.
It exits with 1 when changes remain to be written. --stage is the stage of the CI job
(default: prod).`;
