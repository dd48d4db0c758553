import type { BodyPart } from "./build-request.ts";
import type { CallFlags } from "./call.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";
import { anyText, collect, positive, whole } from "../flags/flag-values.ts";

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
      .on("option:data", (text: string) => body.push({ text, binary: false }))
      .on("option:data-binary", (text: string) => body.push({ text, binary: true }))
      .option(
        "--url-query <name=value>",
        "add a query parameter and encode its value (may be repeated)",
        collect,
      )
      .option("--compressed", "ask for gzip, deflate or br, and decode the response")
      .option("-i, --include", "print the response's head too")
      .option("-o, --output <file>", "write the body to a file")
      .option("-v, --verbose", "print the request (>) and the response (<) on stderr")
      .option(
        "-m, --max-time <seconds>",
        "limit for the whole call (default: 60 s until a response, then 30 s without data)",
        positive,
      )
      .option("--connect-timeout <seconds>", "limit for connecting", positive, 10)
      .option("--retry <times>", "retry after 429, 5xx or a lost connection", whole, 0)
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
          "auth-cli call /private --dry-run",
        ),
      )
      .action(
        run(async (environment, flags: CallFlags, target: string[]) => {
          const { call } = await import("./call.ts");
          return call(target, { ...flags, body }, environment);
        }),
      );
  },
};
