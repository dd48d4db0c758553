import { complete } from "./commands/completion/complete.ts";
import { localEnvironment } from "./environment/local-environment.ts";
import { outlineProgram } from "./commands/outline.ts";

/** Answers what a shell asks with each press of the tab key, `complete -- <words>`. It runs no command. */
export function main(args: readonly string[]): void {
  const terminal = { say: (text: string): void => void process.stderr.write(text) };
  complete(args.slice(2), outlineProgram(), localEnvironment(terminal));
}
