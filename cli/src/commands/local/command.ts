import { Argument, Option } from "commander";
import type { LocalFlags } from "./local.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";
import { collect, port } from "../flags/flag-values.ts";

export const localCommand: CommandDefinition = {
  name: "local",
  aliases: [],
  description: "the local cloud, in place of Twitter and AWS; with a command, run it inside and stop after",
  define(command, run) {
    command
      .addArgument(new Argument("[command...]", "after --, the command to run inside"))
      .addOption(new Option("--port <port>", "for AWS; 0 picks a free one").argParser(port).default(4566))
      .addOption(
        new Option("--twitter-port <port>", "for Twitter; 0 picks a free one").argParser(port).default(4567),
      )
      .option("--tls-cert <file>", "a PEM certificate: every address is then https")
      .option("--tls-key <file>", "its private key")
      .addOption(
        new Option(
          "--oidc-issuer <name=url>",
          "where an identity provider is, accounts.google.com=https://accounts.google.com (may be repeated)",
        ).argParser(collect),
      )
      .addHelpText(
        "after",
        examples("auth-cli local", "auth-cli local --port 0 --twitter-port 0 -- npm test"),
      )
      .action(
        run(async (environment, flags: LocalFlags, words: string[]) => {
          const { local } = await import("./local.ts");
          return local(words, flags, environment);
        }),
      );
  },
};
