import { printSync } from "./environment/standard-output.ts";
import { versionText } from "./version.ts";

/**
 * Runs one command line in this process and sets its exit code. Scripts and prompts ask for the version all the time, so
 * it is printed before anything else is loaded.
 * @param args without the node binary and the script
 */
export async function main(args: readonly string[]): Promise<void> {
  const [first, second, ...words] = args;
  if ((first === "--version" || first === "-V") && second === undefined) {
    printSync(`${versionText()}\n`);
    return;
  }
  // @bomb.sh/tab prints with it. Node's own ignores a full disk and a closed pipe.
  console.log = (line: string) => printSync(`${line}\n`);
  process.on("uncaughtException", (thrown) => process.exit(report(thrown)));
  // Node exits with this code if the event loop runs empty before the command has finished.
  process.exitCode = 1;
  process.exitCode =
    first === "complete" && second === "--" ? await answerCompletion(words) : await runCommand(args);
}

/**
 * Reports an exception, or a rejection, that nothing has caught: Node would print a line of a minified file, and a stack.
 * A command has its own report.
 */
let report = (thrown: unknown): number => {
  const [message] = String(thrown instanceof Error ? thrown.message : thrown).split("\n", 1);
  process.stderr.write(`error: ${message}\n`);
  return 1;
};

async function runCommand(args: readonly string[]): Promise<number> {
  const [{ run }, { createEnvironment }, { findCommandName, nameExamples }] = await Promise.all([
    import("./commands/run.ts"),
    import("./environment/create-environment.ts"),
    import("./command-name.ts"),
  ]);
  return run(args, {
    version: versionText(),
    createEnvironment,
    onUncaught: (reportAs) => (report = reportAs),
    helpColumns: () => (process.stdout.isTTY ? process.stdout.columns : undefined),
    printHelp: (help) => printSync(nameExamples(help, findCommandName(process.argv[1] ?? "", process.cwd()))),
  });
}

/** Answers a shell, which runs `auth-cli complete -- <words>` for each press of the tab key. */
async function answerCompletion(words: readonly string[]): Promise<number> {
  const [{ complete }, { outlineProgram }, { localEnvironment }, { formatLines }] = await Promise.all([
    import("./commands/completion/complete.ts"),
    import("./commands/outline.ts"),
    import("./environment/local-environment.ts"),
    import("./lines.ts"),
  ]);
  const say = (lines: string | readonly string[]): void => void process.stderr.write(formatLines(lines));
  complete(words, await outlineProgram(words), localEnvironment({ say }));
  return 0;
}
