import { createInterface } from "node:readline";
import { type Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { AuthCliError } from "../errors.ts";
import { interrupted } from "./interrupted.ts";

/** Pipes and terminals keep the process alive and have `ref` and `unref`. Files do not. */
type InputStream = Readable & { isTTY?: boolean; ref?: () => unknown; unref?: () => unknown };

export interface InputOptions {
  /** Opens standard input. Called only by a command that reads it: an open pipe can be read ahead. */
  stdin: () => InputStream;
  /** Standard input is a terminal. */
  hasKeyboard: boolean;
  stderr: NodeJS.WriteStream;
  interruption: AbortSignal;
}

export async function readToEnd({ stdin, interruption }: InputOptions): Promise<Uint8Array> {
  const input = stdin();
  // A pipe may stay open for ever.
  const interrupt = (): void => void input.destroy(interrupted());
  interruption.addEventListener("abort", interrupt, { once: true });
  if (interruption.aborted) interrupt();
  try {
    return await buffer(input);
  } catch (error) {
    if (error instanceof AuthCliError) throw error;
    throw new AuthCliError("invalid-usage", {
      message: "cannot read standard input",
      cause: error instanceof Error ? error.message : String(error),
      fix: "pipe or redirect a file into it",
    });
  } finally {
    interruption.removeEventListener("abort", interrupt);
  }
}

/** @param hidden hides what a person types: readline's raw mode turns off the terminal's own echo */
export function readLine(
  { stdin, stderr, hasKeyboard, interruption }: InputOptions,
  question: string,
  hidden = false,
): Promise<string | undefined> {
  const interactive = stderr.isTTY && hasKeyboard;
  const source = stdin();
  source.ref?.();
  const echo = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr;
  const lines = createInterface({ input: source, output: echo, terminal: interactive, historySize: 0 });
  return new Promise((resolve, reject) => {
    const interrupt = (): void => {
      // The shell's prompt starts on the next line.
      if (interactive) stderr.write("\n");
      reject(interrupted());
      lines.close();
    };
    lines.once("line", (line) => {
      if (interactive && hidden) stderr.write("\n");
      resolve(line);
      lines.close();
    });
    // In raw mode, Ctrl-C is a key and sends no signal.
    lines.once("SIGINT", interrupt);
    interruption.addEventListener("abort", interrupt, { once: true });
    lines.once("close", () => {
      interruption.removeEventListener("abort", interrupt);
      // An open pipe would keep the process alive.
      source.unref?.();
      resolve(undefined);
    });
    if (interruption.aborted) {
      interrupt();
    } else if (interactive && !hidden) {
      lines.setPrompt(question);
      lines.prompt();
    } else {
      stderr.write(interactive ? question : `${question}\n`);
    }
  });
}
