import { createEnvironment } from "./environment/create-environment.ts";
import { tellFailure } from "./failure.ts";
import { callCommand } from "./commands/call/command.ts";
import { type PlainCommandLine, readPlainCommandLine } from "./commands/flags/plain-command-line.ts";

/**
 * Runs `auth-cli call`.
 * @returns the exit code; undefined, and nothing was done, when it takes the whole program to read the command line
 */
export function main(args: readonly string[]): Promise<number> | undefined {
  const line = readPlainCommandLine(callCommand, args.slice(1));
  return line === undefined ? undefined : perform(line, args);
}

async function perform({ action, flags, words }: PlainCommandLine, args: readonly string[]): Promise<number> {
  const environment = createEnvironment(flags);
  // Should the event loop run out before the call has: what is not known to have gone well has not.
  process.exitCode = 1;
  try {
    return (process.exitCode = (await action(environment, flags as never, words as never)) ?? 0);
  } catch (thrown) {
    return (process.exitCode = tellFailure(thrown, environment, args));
  }
}
