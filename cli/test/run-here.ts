import { Readable, Writable } from "node:stream";
import type { AuthCli } from "@api-auth-twitter/test-support/auth-cli";
import type { ProcessResult } from "@api-auth-twitter/test-support/run-process";
import { run } from "../src/commands/run.ts";
import { createEnvironment } from "../src/environment/create-environment.ts";

export type Ran = Pick<ProcessResult, "code" | "stdout" | "stderr">;

/**
 * Does what `cli.run` does, in this process: the same program from its source, without Node's start, which takes most of a
 * short command's time. Not for what only a process has: signals, a terminal, and the variables that Node reads, such as
 * NODE_EXTRA_CA_CERTS.
 */
export async function runHere(
  cli: AuthCli,
  args: readonly string[],
  options: Parameters<AuthCli["run"]>[1] = {},
): Promise<Ran> {
  const variables = { ...cli.variables, ...options.variables };
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete variables[name];
  }
  const stdout = new Output();
  const stderr = new Output();
  const code = await run(args, {
    version: "0.0.0-test",
    createEnvironment: (flags) =>
      createEnvironment(flags, {
        start: {
          script: "auth-cli",
          variables,
          workingDirectory: cli.cwd,
          homeDirectory: cli.home,
        },
        stdin: () => Readable.from([Buffer.from(options.stdin ?? "")]),
        hasKeyboard: false,
        stdout: stdout as unknown as NodeJS.WriteStream,
        stderr: stderr as unknown as NodeJS.WriteStream,
        interruption: new AbortController().signal,
      }),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** A pipe's end, not a terminal. */
class Output extends Writable {
  readonly isTTY = false;
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
