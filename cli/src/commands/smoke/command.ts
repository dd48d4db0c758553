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
  description: "check the deployed chain end to end, including requests that must be refused",
  define(command, run) {
    const named = routeFlags(command);
    command
      .addOption(
        checkNamesOption("--only", "run only these checks and the checks they need (may be repeated)"),
      )
      .addOption(checkNamesOption("--skip", "skip these checks (may be repeated)"))
      .addOption(
        new Option(
          "--retry-for <duration>",
          "retry failures that a fresh deploy can cause, for this long after the start (60s, 2m)",
        ).argParser(duration),
      )
      .addOption(
        new Option("--timeout <duration>", "time limit of the whole run; unfinished checks fail").argParser(
          duration,
        ),
      )
      .option("--fail-fast", "stop at the first failed check")
      .option("--allow-guests", "the identity pool may issue identities without a login")
      .option(
        "--allow-live",
        "in CI, also accept a stage whose functions run on a developer's computer (`sst dev`)",
      )
      .option("--report-json <file>", "also write the JSON report to a file")
      .option("--report-html <file>", "write an HTML report")
      .option("--report-junit <file>", "write a JUnit XML report")
      .option("--compare <file>", "show changes since an earlier JSON report")
      // The notes list the names once.
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

Routes: --route and --public name the routes to check. Without these flags, smoke takes the routes of auth-cli.json, else
of the deployed template, which needs the deployer's AWS credentials, else of the template that was last synthesised
here. If there is none, it tries GET /private and GET /public. It does not check routes with parameters.
--expect-status and --expect-body apply to the route before them, or to the first protected route.

--stage may be repeated: smoke checks the stages in parallel and exits with the worst exit code.`;

/** Expectations apply to the last route before them, so the order of the flags matters. */
function routeFlags(command: Command): Required<Pick<SmokeFlags, "routes" | "expected">> {
  const routes: NamedRoute[] = [];
  const expected: Expected = {};
  const current = (): Expected => routes.at(-1)?.expected ?? expected;
  command
    .option("--route <route>", "check 'METHOD /path' as a protected route (may be repeated)")
    .option("--public <route>", "check 'METHOD /path' as an open route (may be repeated)")
    .addOption(
      new Option(
        "--expect-status <code>",
        "expected status of the route before this flag (default: any 2xx)",
      ).argParser(httpStatus),
    )
    .option("--expect-body <text>", "text that the body of the route before this flag must contain")
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
  // For completion and help. Commander's own check does not accept lists.
  option.argChoices = [...checkNames];
  return option;
}
