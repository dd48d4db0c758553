import { Option } from "commander";
import type { BodyPart } from "./build-request.ts";
import type { CallFlags } from "./call.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";
import { anyText, collect, positive, whole } from "../flags/flag-values.ts";

interface QuietFlags {
  silent?: boolean;
  showError?: boolean;
  debug?: boolean;
  trace?: boolean;
}

export const callCommand: CommandDefinition = {
  name: "call",
  aliases: [],
  description: "sign and send a request; the body goes to stdout, everything else to stderr",
  define(command, run) {
    /** From two flags, in the order of the command line. */
    const body: BodyPart[] = [];
    command
      .usage("[options] [METHOD] <path>")
      .argument("<path...>", "a path or URL of the API, optionally after a method")
      .option("-X, --request <method>", "the method (default: GET, or POST with a body)")
      .option("-I, --head", "send HEAD and print the response's head")
      .option(
        "-H, --header <header>",
        "'Name: value'; 'Name:' drops a header; @file reads one per line (may be repeated)",
        collect,
      )
      .option(
        "-d, --data <data>",
        "the body; @file reads a file, @- standard input (may be repeated: joined by &)",
        anyText,
      )
      .option("--data-binary <data>", "like --data, but keeps a file's line ends (may be repeated)", anyText)
      .option("--data-raw <data>", "like --data, but @ has no meaning (may be repeated)", anyText)
      .option(
        "--data-urlencode <data>",
        "like --data, but encodes the value of name=value and name@file (may be repeated)",
        anyText,
      )
      .addOption(new Option("--json-data <data>").argParser(anyText).hideHelp())
      .on("option:data", (text: string) => body.push({ text, kind: "data" }))
      .on("option:data-binary", (text: string) => body.push({ text, kind: "binary" }))
      .on("option:data-raw", (text: string) => body.push({ text, kind: "raw" }))
      .on("option:data-urlencode", (text: string) => body.push({ text, kind: "encoded" }))
      .on("option:json-data", (text: string) => body.push({ text, kind: "json" }))
      .option("-G, --get", "put the data of --data in the query and send GET")
      .option(
        "-F, --form <name=content>",
        "a part of a form (multipart/form-data); @file uploads a file, <file reads a text (may be repeated)",
        collect,
      )
      .option(
        "--url-query <name=value>",
        "add a query parameter and encode its value (may be repeated)",
        collect,
      )
      .option("-A, --user-agent <name>", "the User-Agent header (default: auth-cli)")
      .option("--compressed", "ask for gzip, deflate or br, and decode the response")
      .option("-i, --include", "print the response's head too")
      .option("-o, --output <file>", "write the body to a file")
      .option("-q, --jq <expression>", "select from a JSON response with jq; with --json, from the result")
      .option(
        "-w, --write-out <format>",
        "print after the body; curl's variables, such as %{http_code}; @file",
      )
      .option("-s, --silent", "print no notes and no errors; the exit code remains")
      .option("-S, --show-error", "with --silent, print errors")
      .option("-v, --verbose", "print the request (>) and the response (<) on stderr")
      .option(
        "-m, --max-time <seconds>",
        "limit for the whole call (default: 60 s until a response, then 30 s without data)",
        positive,
      )
      .option("--connect-timeout <seconds>", "limit for connecting", positive, 10)
      .option("--retry <times>", "retry after 429, 5xx or a lost connection", whole, 0)
      .option("-f, --fail", "exit with 22 on HTTP 400 and above (the default)")
      .option("--no-fail", "exit with 0 on HTTP 400 and above")
      .option("--no-diagnosis", "skip the diagnosis of a refused request")
      .option("--unsigned", "send without a signature")
      .option("--dry-run", "send nothing; print the canonical request, the string to sign and a curl command")
      .addHelpText(
        "after",
        examples(
          "auth-cli call /private",
          "auth-cli call /items -d @item.json -H 'Content-Type: application/json'",
          "auth-cli call DELETE /items/1",
          "auth-cli call /items --jq '.[].name'",
          "auth-cli call /avatar -F 'image=@me.png;type=image/png'",
          "auth-cli call /private --dry-run",
        ),
      )
      .action(
        run(async (environment, flags: CallFlags & QuietFlags, target: string[]) => {
          const { call } = await import("./call.ts");
          const isQuiet = flags.silent && !flags.verbose && !flags.debug && !flags.trace;
          const unmute = isQuiet ? environment.terminal.mute() : undefined;
          try {
            return await call(target, { ...flags, body }, environment);
          } finally {
            if (flags.showError) unmute?.();
          }
        }),
      );
  },
};
