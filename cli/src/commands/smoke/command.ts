import { type Command, Option } from "commander";
import type { SmokeFlags } from "./smoke.ts";
import { parseCheckNames } from "./check-selection.ts";
import { type Expected, type NamedRoute, parseRoute } from "./routes/named-route.ts";
import { type CheckName, checkNames } from "./report.ts";
import { type CommandDefinition, examples } from "../flags/command-definition.ts";
import { duration, httpStatus } from "../flags/flag-values.ts";

export const smokeCommand: CommandDefinition = {
  name: "smoke",
  aliases: [],
  description: "check the whole chain, and that what must be refused is refused",
  define(command, run) {
    const named = routeFlags(command);
    command
      .addOption(checkNamesOption("--only", "run these checks, and what they need (may be repeated)"))
      .addOption(checkNamesOption("--skip", "leave these checks out (may be repeated)"))
      .addOption(
        new Option(
          "--retry-for <duration>",
          "how long, from the start, what a deploy may still be spreading is tried again: 60s, 2m",
        ).argParser(duration),
      )
      .addOption(
        new Option(
          "--timeout <duration>",
          "for the whole run; what is not done by then has failed",
        ).argParser(duration),
      )
      .option("--fail-fast", "end with the first check that fails")
      .option("--report-json <file>", "write the JSON report to a file too")
      .option("--report-html <file>", "write a page for people to look at")
      .option("--report-junit <file>", "write JUnit XML for a CI system")
      .option("--compare <file>", "tell what changed since an earlier JSON report")
      // The names once, below, and not with both flags.
      .configureHelp({ showGlobalOptions: true, optionDescription: ({ description }) => description })
      .addHelpText("after", notes)
      .addHelpText(
        "after",
        examples(
          "auth-cli smoke --stage prod",
          "auth-cli smoke --stage dev --stage prod --retry-for 60s   # in CI, after the deploys",
          "auth-cli smoke --route 'GET /notes' --expect-body '[]' --public 'GET /health'",
          "auth-cli smoke --json | jq .passed",
        ),
      )
      .action(
        run(async (environment, flags: SmokeFlags) => {
          const { smoke } = await import("./smoke.ts");
          return smoke({ ...flags, ...named }, environment);
        }),
      );
  },
};

const notes = `
Checks: ${[0, 5, 10].map((first) => checkNames.slice(first, first + 5).join(", ")).join(",\n        ")}

Routes: those named with --route and --public, and then no other; else, with the deployer's AWS credentials, all of
the deployed template that have no parameters; else GET /private and GET /public. --expect-status and --expect-body
belong to the route that is named before them, or, before any, to the first protected one.

--stage may be repeated: the stages are checked side by side, and the worst exit code counts.`;

/** What is expected belongs to the route that was named last, so the order in which the flags were given counts. */
function routeFlags(command: Command): Required<Pick<SmokeFlags, "routes" | "expected">> {
  const routes: NamedRoute[] = [];
  const expected: Expected = {};
  const current = (): Expected => routes.at(-1)?.expected ?? expected;
  command
    .option("--route <route>", "check 'METHOD /path' as one that needs a signature (may be repeated)")
    .option("--public <route>", "check 'METHOD /path' as one that is open (may be repeated)")
    .addOption(
      new Option(
        "--expect-status <code>",
        "what the route named before it answers (default: any 2xx)",
      ).argParser(httpStatus),
    )
    .option("--expect-body <text>", "text that its body holds")
    .on("option:route", (text: string) => routes.push(parseRoute("--route", "private", text)))
    .on("option:public", (text: string) => routes.push(parseRoute("--public", "public", text)))
    .on("option:expect-status", (code: string) => (current().status = httpStatus(code)))
    .on("option:expect-body", (text: string) => (current().body = text));
  return { routes, expected };
}

function checkNamesOption(flag: string, description: string): Option {
  const option = new Option(`${flag} <check>`, description).argParser(
    (text: string, earlier: CheckName[] | undefined) => [...(earlier ?? []), ...parseCheckNames(flag, text)],
  );
  // For completion and help; commander's own check would know no lists.
  option.argChoices = [...checkNames];
  return option;
}
