import { Argument } from "commander";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";

export const completionCommand: CommandDefinition = {
  name: "completion",
  aliases: [],
  description: "print a script that completes commands, flags, stages and users in your shell",
  define(command) {
    command
      .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish", "powershell"]))
      .addHelpText(
        "after",
        examples(
          "source <(auth-cli completion bash)     # in ~/.bashrc; same for zsh",
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
