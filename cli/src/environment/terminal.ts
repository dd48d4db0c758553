import type { Readable, Writable } from "node:stream";
import { AuthCliError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";
import { type Draw, LiveArea } from "./live-area.ts";
import { Spinner } from "./spinner.ts";

/** Standard input, output and error, as commands see them. */
export interface Terminal {
  /** A person is at the keyboard and sees standard error. */
  interactive: boolean;
  /** Standard error shows colour. */
  colour: boolean;
  /** Columns of standard error's terminal; 80 where there is none. */
  columns: number;
  /** Standard output shows colour. */
  resultColour: boolean;
  /** Columns of standard output's terminal; undefined where it is none. */
  resultColumns: number | undefined;
  /** More than ASCII is shown as it is meant. */
  unicode: boolean;
  /** Results. Masked. */
  print(text: string): Promise<void>;
  /** Results that are somebody's bytes, such as a response body: as they are. */
  printBytes(bytes: Uint8Array): Promise<void>;
  /** Progress, prompts and errors. Masked. */
  say(text: string): void;
  /** As `say`, but unmasked: for a request to mask a secret. */
  sayUnmasked(text: string): void;
  /** Asks on standard error and reads one line; undefined when the input ends first. */
  ask(question: string): Promise<string | undefined>;
  /** Asks for what nobody is to see: as `ask`, but what a person types is not shown. */
  askSecret(question: string): Promise<string | undefined>;
  /** All of standard input. */
  readAll(): Promise<Uint8Array>;
  /** Waits for some work; a person who has to wait long sees for what. */
  withSpinner<T>(what: string, work: Promise<T>): Promise<T>;
  /** Where lines can be drawn over, draws some again and again on standard error, masked. @returns what removes them */
  animate(draw: Draw): () => void;
}

/** A file has nothing to wait for; a pipe and a terminal have. */
type InputStream = Readable & { isTTY?: boolean; ref?: () => unknown; unref?: () => unknown };

export interface TerminalOptions {
  /** Opened when it is first asked for: a command that reads nothing need not pay for it. */
  stdin: () => InputStream;
  /** Whether a person's keyboard is at standard input; asked only when it matters, since it opens it. */
  keyboard: () => boolean;
  /** The same holds for these: what reads them opens them. */
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  redactor: Redactor;
  interruption: AbortSignal;
  colour: boolean;
  readonly resultColour: boolean;
  unicode: boolean;
  /** Lines of standard error can be drawn over. */
  animated: boolean;
}

export function createTerminal(options: TerminalOptions): Terminal {
  const { redactor } = options;
  const spinner = new Spinner(() => options.stderr, options.animated);
  const liveArea = new LiveArea(() => options.stderr, options.animated);
  /** Before anything else is written: both streams may be the same screen. */
  const after = <T>(work: () => T): T => {
    spinner.clear();
    liveArea.clear();
    return work();
  };
  /** A result has left a line without an end on the screen that standard error is on, too. */
  let isLineOpen = false;
  const result = (data: string | Uint8Array): Promise<void> => {
    const { stdout, stderr } = options;
    if (data.length > 0) isLineOpen = stdout.isTTY && stderr.isTTY && !["\n", 10].includes(data.at(-1) ?? "");
    return after(() => write(stdout, data));
  };
  const closeLine = (): string => {
    const end = isLineOpen ? "\n" : "";
    isLineOpen = false;
    return end;
  };
  return {
    get interactive() {
      return options.stderr.isTTY && options.keyboard();
    },
    colour: options.colour,
    get columns() {
      return options.stderr.isTTY ? options.stderr.columns : 80;
    },
    get resultColour() {
      return options.resultColour;
    },
    get resultColumns() {
      return options.stdout.isTTY ? options.stdout.columns : undefined;
    },
    unicode: options.unicode,
    print: (text) => result(redactor.redact(text)),
    printBytes: result,
    say: (text) => void after(() => options.stderr.write(closeLine() + redactor.redact(text))),
    sayUnmasked: (text) => void after(() => options.stderr.write(text)),
    ask: (question) => readLine(options, question, options.stderr),
    async askSecret(question) {
      const { Writable: Sink } = await import("node:stream");
      const nowhere = new Sink({ write: (_chunk, _encoding, done) => done() });
      return readLine(options, question, nowhere);
    },
    readAll: () => readToEnd(options),
    withSpinner: (what, work) => spinner.show(what, work),
    animate: (draw) => liveArea.show((size, frame) => draw(size, frame).map((line) => redactor.redact(line))),
  };
}

/** Not on the console of Linux, an old one of Windows, or where the locale names another encoding. */
export function showsUnicode(
  variables: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): boolean {
  const { TERM: term = "" } = variables;
  if (platform === "win32") {
    return (
      variables["WT_SESSION"] !== undefined ||
      variables["TERM_PROGRAM"] === "vscode" ||
      /^(xterm|alacritty|rxvt)/.test(term)
    );
  }
  const locale = variables["LC_ALL"] || variables["LC_CTYPE"] || variables["LANG"] || "";
  return term !== "linux" && (locale === "" || /utf-?8/i.test(locale));
}

/** A pipe that stays open would wait for ever, so an interruption ends the reading, too. */
async function readToEnd({ stdin, interruption }: TerminalOptions): Promise<Uint8Array> {
  const input = stdin();
  const interrupt = (): void =>
    void input.destroy(new AuthCliError("interrupted", { message: "interrupted" }));
  interruption.addEventListener("abort", interrupt, { once: true });
  if (interruption.aborted) interrupt();
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
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

/**
 * @param echo shows what is typed. The keyboard is in raw mode meanwhile, in which the terminal itself shows nothing; it
 *   is put back however this ends
 */
async function readLine(
  { stdin, stderr, keyboard, interruption }: TerminalOptions,
  question: string,
  echo: Writable,
): Promise<string | undefined> {
  const { createInterface } = await import("node:readline");
  const interactive = stderr.isTTY && keyboard();
  const hidden = echo !== stderr;
  const source: InputStream = stdin();
  source.ref?.();
  const lines = createInterface({ input: source, output: echo, terminal: interactive, historySize: 0 });
  return new Promise((resolve, reject) => {
    const interrupted = (): void => {
      // The shell's prompt is to begin on a line of its own.
      if (interactive) stderr.write("\n");
      reject(new AuthCliError("interrupted", { message: "interrupted" }));
      lines.close();
    };
    lines.once("line", (line) => {
      if (interactive && hidden) stderr.write("\n");
      resolve(line);
      lines.close();
    });
    // A terminal in raw mode sends Ctrl-C as a key; readline turns it into this event.
    lines.once("SIGINT", interrupted);
    interruption.addEventListener("abort", interrupted, { once: true });
    lines.once("close", () => {
      interruption.removeEventListener("abort", interrupted);
      // A pipe that stays open would keep the process from ending.
      source.unref?.();
      resolve(undefined);
    });
    if (interruption.aborted) {
      interrupted();
    } else if (interactive && !hidden) {
      lines.setPrompt(question);
      lines.prompt();
    } else {
      stderr.write(interactive ? question : `${question}\n`);
    }
  });
}

/** Resolves when the stream has taken the data, so that a slow reader slows the writer. */
function write(stream: NodeJS.WriteStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(cannotWrite(error)) : resolve()));
  });
}

function cannotWrite(error: NodeJS.ErrnoException): AuthCliError {
  return new AuthCliError("write-failed", {
    message: "cannot write standard output",
    cause: error.code === "ENOSPC" ? "the disk is full" : error.message,
  });
}
