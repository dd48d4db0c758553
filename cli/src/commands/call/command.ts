import type { BodyPart } from "./build-request.ts";
import type { CallFlags } from "./call.ts";
import { type CommandDefinition, type Definable, examples } from "../flags/command-definition.ts";
import { anyText, collect, positive, whole } from "../flags/flag-values.ts";

export const callCommand: CommandDefinition = {
  name: "call",
  aliases: [],
  description: "sign a request and send it; the body goes to stdout, everything else to stderr",
  define(command: Definable, run) {
    /** Of two flags, in the order in which they were given. */
    const body: BodyPart[] = [];
    command
      .usage("[options] [METHOD] <path>")
      .argument("<path...>", "a path of the API, or its whole URL; before it, if need be, the method")
      .option("-X, --request <method>", "the method (default: GET, or POST with a body)")
      .option("-I, --head", "HEAD: print the response's head only")
      .option(
        "-H, --header <header>",
        "'Name: value'; 'Name:' leaves one out; @file has one a line (may be repeated)",
        collect,
      )
      .option(
        "-d, --data <data>",
        "a body, @file or @- for standard input (may be repeated: joined by &)",
        anyText,
      )
      .option(
        "--data-binary <data>",
        "like --data, but a file's line ends are kept (may be repeated)",
        anyText,
      )
      .on("option:data", (text: string) => body.push({ text, binary: false }))
      .on("option:data-binary", (text: string) => body.push({ text, binary: true }))
      .option(
        "--url-query <name=value>",
        "a parameter of the query; its value is encoded (may be repeated)",
        collect,
      )
      .option("--compressed", "ask for gzip, deflate or br, and decode it")
      .option("-i, --include", "print the response's head too")
      .option("-o, --output <file>", "write the body to a file")
      .option("-v, --verbose", "tell the request (>) and the response (<) on stderr")
      .option(
        "-m, --max-time <seconds>",
        "for the whole exchange (default: 60 s until an answer, then 30 s without a byte)",
        positive,
      )
      .option("--connect-timeout <seconds>", "for the connection", positive, 10)
      .option("--retry <times>", "after 429, 5xx or a lost connection", whole, 0)
      .option("--no-fail", "exit with 0 on HTTP 400 and above")
      .option("--no-diagnosis", "do not find out by experiment why a request was refused")
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
