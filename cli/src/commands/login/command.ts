import { Option } from "commander";
import type { LoginFlags } from "./login.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";
import { consumerKey, port, positive } from "../flags/flag-values.ts";

export const loginCommand: CommandDefinition = {
  name: "login",
  aliases: [],
  description: "log in with Twitter or another provider, and get the Cognito identity",
  define(command, run) {
    command
      .option("--no-browser", "print the authorize URL, but do not open a browser")
      .addOption(
        new Option(
          "--callback [port]",
          "redirect the browser to this port (default: 8976) instead of asking for a PIN",
        )
          .argParser(port)
          .conflicts(["withToken", "fromTwurl", "login"]),
      )
      .addOption(
        new Option("--timeout <seconds>", "how long --callback waits (default: 300)").argParser(positive),
      )
      .addOption(
        new Option(
          "--with-token",
          "use an access token: TWITTER_ACCESS_TOKEN and _SECRET, or token and secret on standard input",
        ).conflicts("fromTwurl"),
      )
      .addOption(
        new Option(
          "--login <provider=place>",
          "use another provider's token: accounts.google.com=- (standard input) or =env:NAME (a variable)",
        ).conflicts(["withToken", "fromTwurl"]),
      )
      .option(
        "--from-twurl [file]",
        "use the token of a twurl profile (default: ~/.twurlrc): that of --user and of the consumer key",
      )
      .option("--force", "log in again without asking")
      .option(
        "--consumer-key <key>",
        "the X app's consumer key (its secret comes from TWITTER_CONSUMER_SECRET)",
        consumerKey,
      )
      .addHelpText(
        "after",
        examples(
          "auth-cli login --stage prod",
          "auth-cli login --callback   # the X app has http://127.0.0.1:8976/callback registered",
          "echo 1234567 | auth-cli login --no-browser   # the PIN from a pipe",
          "auth-cli login --with-token < token.txt   # two lines, or token;secret",
          "auth-cli login --from-twurl",
          "gcloud auth print-identity-token | auth-cli login --login accounts.google.com=-",
          "auth-cli login --login my-tenant.eu.auth0.com=env:AUTH0_ID_TOKEN",
        ),
      )
      .action(
        run(async (environment, flags: LoginFlags) => {
          const { login } = await import("./login.ts");
          return login(flags, environment);
        }),
      );
  },
};
