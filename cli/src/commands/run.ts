import { type Command, CommanderError } from "commander";
import type { Environment } from "../environment/environment.ts";
import { type AuthCliError, formatError, toAuthCliError, toErrorReport } from "../errors.ts";
import { jsonLines } from "../lines.ts";
import { wrapHelp } from "./flags/command-definition.ts";
import { isLoopback } from "../loopback.ts";
import { loadCommands } from "./load-commands.ts";
import { createProgram, type EnvironmentFactory } from "./program.ts";

export interface RunOptions {
  /** What `--version` prints. */
  version: string;
  createEnvironment: EnvironmentFactory;
  /** Receives the function that reports what nothing has caught, and returns the exit code. */
  onUncaught?: (report: (thrown: unknown) => number) => void;
  /** Default: standard output. */
  printHelp?: (text: string) => void;
  /** Columns of standard output, when it is a terminal. */
  helpColumns?: () => number | undefined;
}

/**
 * Runs one command line and reports its error, as text or with `--json` as an object.
 * @param commandLine without the node binary and the script
 * @returns the exit code
 */
export async function run(
  commandLine: readonly string[],
  { version, createEnvironment, onUncaught, printHelp, helpColumns = () => undefined }: RunOptions,
): Promise<number> {
  const args = nameJsonData(commandLine);
  let exitCode = 0;
  let environment: Environment | undefined;
  const environmentFor: EnvironmentFactory = (flags) =>
    (environment ??= withLocalCloudsNamed(createEnvironment(flags)));
  const debug = args.includes("--debug");
  const showStack = (thrown: unknown): Environment => {
    const known = environmentFor({ debug });
    if (debug && thrown instanceof Error) known.terminal.say(stackOf(thrown));
    return known;
  };
  onUncaught?.((thrown) => reportError(toAuthCliError(thrown), showStack(thrown).terminal, args));
  const program = createProgram({
    version,
    environmentFor,
    done: (code) => (exitCode = code),
    definitions: await loadCommands(args),
    words: args,
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      outputError: () => {},
      ...(printHelp && { writeOut: (text) => printHelp(wrapHelp(text, helpColumns() ?? Infinity)) }),
      getOutHelpWidth: () => helpColumns() ?? 80,
    });
  }
  try {
    await program.parseAsync(isHelpOfNothing(program, args) ? args.slice(1) : args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) {
      const known = showStack(thrown);
      const { withRepeatedFlags } = await import("./flags/repeat-flags.ts");
      const error = withRepeatedFlags(toAuthCliError(thrown), program.opts(), known);
      return reportError(error, known.terminal, args);
    }
    if (thrown.exitCode === 0) return 0;
    if (thrown.code === "commander.help") return program.args[0] === "help" ? 0 : 2;
    const [{ usageError }, { withRepeatedFlags }] = await Promise.all([
      import("./flags/usage-error.ts"),
      import("./flags/repeat-flags.ts"),
    ]);
    const known = environmentFor({ debug });
    return reportError(withRepeatedFlags(usageError(thrown, program, args), {}, known), known.terminal, args);
  }
}

/**
 * curl's `--json` takes a body, ours takes nothing: what follows cannot be a path when it starts like an object, a list, a
 * text or `@file`.
 */
function nameJsonData(args: readonly string[]): readonly string[] {
  if (args[0] !== "call" || !args.includes("--json")) return args;
  return args.map((word, index) =>
    word === "--json" && /^\s*[[{"@]/.test(args[index + 1] ?? "") ? "--json-data" : word,
  );
}

/** Names a local cloud that has stopped, wherever the address of one of its services does not answer. */
function withLocalCloudsNamed(environment: Environment): Environment {
  return {
    ...environment,
    async send(request) {
      try {
        return await environment.send(request);
      } catch (thrown) {
        if (!isLoopback(request.url.hostname)) throw thrown;
        const { explainStoppedCloud } = await import("../deployment/local-clouds.ts");
        throw await explainStoppedCloud(environment, request.url, thrown);
      }
    },
  };
}

/** `help` of an unknown command or of `help`: commander would print the whole help on standard error, without an error. */
function isHelpOfNothing({ commands }: Command, [first, ...others]: readonly string[]): boolean {
  const named = first === "help" ? others.find((word) => !word.startsWith("-")) : undefined;
  if (named === undefined) return false;
  return !commands.some((command) => command.name() === named || command.aliases().includes(named));
}

/** The message may have lines of somebody else's, so each line names its source. */
function stackOf({ stack = "" }: Error): string[] {
  return stack.split("\n").map((line) => `debug: ${line}`);
}

/** Reports on standard error, JSON included: standard output contains results only. @returns the exit code */
function reportError(
  error: AuthCliError,
  terminal: Environment["terminal"],
  args: readonly string[],
): number {
  if (args.includes("--json")) terminal.say(jsonLines({ error: toErrorReport(error) }));
  else if (error.code !== "interrupted") terminal.sayWrapped(formatError(error));
  return error.exitCode;
}
