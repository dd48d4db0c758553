import { Argument } from "commander";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const completionCommand: CommandDefinition = {
  name: "completion",
  aliases: [],
  description: "the script that lets a shell complete commands, flags, stages and users",
  define(command) {
    command
      .addArgument(new Argument("<shell>", "whose").choices(["bash", "zsh", "fish", "powershell"]))
      .addHelpText(
        "after",
        examples(
          "source <(auth-cli completion bash)     # in ~/.bashrc; zsh alike",
          "auth-cli completion fish | source      # in ~/.config/fish/config.fish",
          "auth-cli completion powershell | Out-String | Invoke-Expression",
        ),
      )
      .action(async (shell: string) => {
        const { printCompletionScript } = await import("./script.ts");
        printCompletionScript(shell);
      });
  },
};
