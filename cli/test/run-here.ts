import { PassThrough, Readable, Writable } from "node:stream";
import type { AuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import type { ProcessResult } from "@api-auth-twitter/test-support/run-process";
import { run } from "../src/commands/run.ts";
import { createEnvironment } from "../src/environment/create-environment.ts";
import type { Send } from "../src/http.ts";

export type Ran = Pick<ProcessResult, "code" | "stdout" | "stderr">;

/**
 * Does what `cli.run` does, in this process: the same program from its source, without Node's start, which takes most of a
 * short command's time. Not for what only a process has: signals, a terminal, and the variables that Node reads, such as
 * NODE_EXTRA_CA_CERTS.
 */
export function runHere(
  cli: AuthCli,
  args: readonly string[],
  { stdin = "", variables }: Parameters<AuthCli["run"]>[1] = {},
): Promise<Ran> {
  return runWith(cli, args, Readable.from([Buffer.from(stdin)]), new Output(), variables);
}

/** `login` with a scripted user, who authorizes under a screen name. As `cli.logIn` does, in this process. */
export async function logInHere(
  cli: AuthCli,
  screenName: string,
  args: readonly string[] = [],
): Promise<Ran> {
  const stdin = new PassThrough();
  const stderr = new Output((text) => {
    const url = /^(https?:\/\/\S+oauth_token=\S+)\n/m.exec(text)?.[1];
    if (url === undefined) return;
    answerAuthorizePage(url, { screenName }).then(
      ({ pin }) => stdin.end(`${pin}\n`),
      (error: Error) => stdin.destroy(error),
    );
  });
  return runWith(cli, ["login", "--no-browser", ...args], stdin, stderr);
}

async function runWith(
  cli: AuthCli,
  args: readonly string[],
  stdin: Readable,
  stderr: Output,
  more: Record<string, string | undefined> = {},
): Promise<Ran> {
  const variables = { ...cli.variables, ...more };
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete variables[name];
  }
  const stdout = new Output();
  const code = await run(args, {
    version: "0.0.0-test",
    createEnvironment(flags) {
      const environment = createEnvironment(flags, {
        start: {
          script: "auth-cli",
          variables,
          workingDirectory: cli.cwd,
          homeDirectory: cli.home,
        },
        stdin: () => stdin,
        hasKeyboard: false,
        stdout: stdout as unknown as NodeJS.WriteStream,
        stderr: stderr as unknown as NodeJS.WriteStream,
        interruption: new AbortController().signal,
      });
      return { ...environment, send: withPatience(environment.send) };
    },
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** A diagnosis gives up after a second or two. On a busy machine that is too soon, and unit tests hold its limits. */
function withPatience(send: Send): Send {
  const isOfDiagnosis = /^(diagnosis\.|GetApis$|GetRoutes$|SimulatePrincipalPolicy$)/;
  return (request) => send(isOfDiagnosis.test(request.step) ? { ...request, timeoutMs: 60_000 } : request);
}

/** A pipe's end, not a terminal. */
class Output extends Writable {
  readonly isTTY = false;
  readonly #chunks: Buffer[] = [];
  readonly #onText: ((text: string) => void) | undefined;

  /** @param onText gets each text that is written */
  constructor(onText?: (text: string) => void) {
    super();
    this.#onText = onText;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    this.#onText?.(chunk.toString());
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
