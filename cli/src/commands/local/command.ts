import { Argument, type Command, Option } from "commander";
import type { LocalFlags } from "./local.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";
import { collect, duration, port as parsePort } from "../flags/flag-values.ts";

/** Commander drops the dashes. */
function isAfterDashes({ parent }: Command): boolean {
  const { rawArgs = [] } = parent as { rawArgs?: readonly string[] };
  return rawArgs.includes("--");
}

export const localCommand: CommandDefinition = {
  name: "local",
  aliases: [],
  description: "start a local stand-in for Twitter and AWS, or run a command in it",
  define(command, run) {
    command
      .addArgument(new Argument("[command...]", "the command to run, after --; or env; or fast-forward"))
      .addOption(
        new Option(
          "--port <port>",
          "port for AWS; 0 selects a free one (default: 4566, or the port in --state)",
        ).argParser(parsePort),
      )
      .addOption(
        new Option(
          "--twitter-port <port>",
          "port for Twitter; 0 selects a free one (default: 4567, or the port in --state)",
        ).argParser(parsePort),
      )
      .addOption(
        new Option(
          "--twitter-callback <url>",
          "a callback URL of the X app (may be repeated; default: http://127.0.0.1:8976/callback)",
        ).argParser(collect),
      )
      .option("--tls-cert <file>", "serve https with this PEM certificate")
      .option("--tls-key <file>", "the private key of the certificate")
      .addOption(
        new Option(
          "--oidc-issuer <name=url>",
          "address of an identity provider, accounts.google.com=https://accounts.google.com (may be repeated)",
        ).argParser(collect),
      )
      .addOption(
        new Option(
          "--presign-expires <duration>",
          "accept presigned URLs without X-Amz-Expires for this long, for example 5m",
        ).argParser(duration),
      )
      .option("--strict", "refuse resource types that the local cloud can only record")
      .option("--state <folder>", "keep deployments, keys, ports and logins in this folder")
      .addOption(
        new Option(
          "--fast-forward <duration>",
          "after each deploy, let this time pass at once for schedules and alarms, for example 5m",
        ).argParser(duration),
      )
      .option("--shell", "open a shell in the local cloud, which ends with it")
      .option("--quiet", "show no requests and no output of functions; with a command, they are never shown")
      .addHelpText(
        "after",
        examples(
          "auth-cli local -- npx sst deploy",
          "auth-cli local --port 0 --twitter-port 0 -- npm test",
          "auth-cli local",
          'eval "$(auth-cli local env)"               # in another terminal; or env fish, env powershell',
          "auth-cli local fast-forward 5m             # in another terminal: runs the schedules that become due",
          "auth-cli local --shell",
        ),
      )
      .action(
        run(async (environment, flags: LocalFlags, words: string[]) => {
          // After `--`, they are programs of those names.
          const verb = isAfterDashes(command) ? undefined : words[0];
          if (verb === "env") {
            const { printEnvironment } = await import("./print-environment.ts");
            return printEnvironment(words.slice(1), flags.port, environment);
          }
          if (verb === "fast-forward") {
            const { fastForward } = await import("./fast-forward.ts");
            return fastForward(words.slice(1), flags.port, environment);
          }
          const { local } = await import("./local.ts");
          return local(words, flags, environment);
        }),
      );
  },
};
