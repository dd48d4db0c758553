import { AuthCliError } from "../errors.ts";
import { formatLine, formatLines, type Lines, wrapWords } from "../lines.ts";
import type { Redactor } from "../redaction.ts";
import { formatCommand, type WorkflowCommand } from "../workflow-command.ts";
import { type Draw, LiveArea } from "./live-area.ts";
import type * as readInput from "./read-input.ts";
import { Spinner } from "./spinner.ts";

/**
 * Standard input, output and error. All text passes `formatLines`: secrets are masked, and what a terminal or a CI log
 * would obey is escaped, line breaks included. The methods end the lines.
 */
export interface Terminal {
  /** A person is at the keyboard and sees standard error. */
  interactive: boolean;
  /** Standard error shows colour. */
  colour: boolean;
  /** Columns of standard error; 80 when it is not a terminal. */
  columns: number;
  /** Standard output shows colour. */
  resultColour: boolean;
  /** Columns of standard output; undefined when it is not a terminal. */
  resultColumns: number | undefined;
  /** Standard error shows more than ASCII. */
  unicode: boolean;
  /** Writes a result to standard output. */
  print(lines: Lines): Promise<void>;
  /** Writes a result that is a secret to standard output, unmasked. */
  printUnmasked(lines: Lines): Promise<void>;
  /** Writes bytes of a result, such as a response body, to standard output, as they are. */
  printBytes(bytes: Uint8Array): Promise<void>;
  /** Writes progress, notes and errors to standard error. Notes break between words on a terminal. */
  say(lines: Lines): void;
  /** Does the same, and breaks all long lines. Commands in backquotes stay whole. */
  sayWrapped(lines: readonly string[]): void;
  /** Drops progress, notes and errors from now on. @returns lets them through again */
  mute(): () => void;
  /** Writes a command to GitHub Actions to standard error, unmasked. */
  sayCommand(command: WorkflowCommand): void;
  /** Asks on standard error and reads one line; undefined when the input ends first. */
  ask(question: string): Promise<string | undefined>;
  /** Does the same as `ask`, but hides what a person types. */
  askSecret(question: string): Promise<string | undefined>;
  /** Reads all of standard input. */
  readAll(): Promise<Uint8Array>;
  /** Waits for work, and shows a person a spinner with a text when it takes long. */
  withSpinner<T>(text: string, work: Promise<T>): Promise<T>;
  /** Whether `animate` shows anything: lines of standard error can be redrawn. */
  animated: boolean;
  /** Redraws lines at the end of standard error where the terminal allows it. @returns removes the lines */
  animate(draw: Draw): () => void;
}

export interface TerminalOptions extends readInput.InputOptions {
  stdout: NodeJS.WriteStream;
  redactor: Redactor;
  colour: boolean;
  resultColour: boolean;
  unicode: boolean;
  /** Lines of standard error can be redrawn. */
  animated: boolean;
}

/** Most commands read nothing. */
const input = (): Promise<typeof readInput> => import("./read-input.ts");

export function createTerminal(options: TerminalOptions): Terminal {
  const { redactor, stdout, stderr } = options;
  const redact = (text: string): string => redactor.redact(text);
  const spinner = new Spinner(stderr, options.animated);
  const liveArea = new LiveArea(stderr, options.animated);
  /** Both streams may be the same screen, so anything written clears the animation first. */
  const clearAnimation = (): void => {
    spinner.clear();
    liveArea.clear();
  };
  /** A result without a final line break is on the screen. A note must start on the next line. */
  let isLineOpen = false;
  const printResult = (data: string | Uint8Array): Promise<void> => {
    if (data.length > 0) isLineOpen = stdout.isTTY && stderr.isTTY && !["\n", 10].includes(data.at(-1) ?? "");
    clearAnimation();
    return write(stdout, data);
  };
  const sayUnmuted = (text: string): void => {
    clearAnimation();
    stderr.write(isLineOpen ? `\n${text}` : text);
    isLineOpen = false;
  };
  const wrapped = (lines: readonly string[], long: RegExp): readonly string[] =>
    stderr.isTTY
      ? lines.flatMap((line) => (long.test(line) ? wrapWords(redact(line), stderr.columns) : line))
      : lines;
  let muted = false;
  const say = (text: string): void => {
    if (!muted) sayUnmuted(text);
  };
  return {
    interactive: stderr.isTTY && options.hasKeyboard,
    colour: options.colour,
    get columns() {
      return stderr.isTTY ? stderr.columns : 80;
    },
    resultColour: options.resultColour,
    get resultColumns() {
      return stdout.isTTY ? stdout.columns : undefined;
    },
    unicode: options.unicode,
    print: (lines) => printResult(formatLines(lines, redact)),
    printUnmasked: (lines) => printResult(formatLines(lines)),
    printBytes: printResult,
    say: (lines) =>
      say(
        formatLines(
          wrapped(typeof lines === "string" ? [lines] : lines, /^(?:note|notice|warning|fix): /),
          redact,
        ),
      ),
    sayWrapped: (lines) => say(formatLines(wrapped(lines, /^/), redact)),
    mute() {
      muted = true;
      return () => void (muted = false);
    },
    sayCommand: (command) => sayUnmuted(formatCommand(command)),
    ask: async (question) => (await input()).readLine(options, formatLine(question)),
    askSecret: async (question) => (await input()).readLine(options, formatLine(question), true),
    readAll: async () => (await input()).readToEnd(options),
    withSpinner: (text, work) => (muted ? work : spinner.show(() => formatLine(redact(text)), work)),
    animated: options.animated,
    animate: (draw) =>
      liveArea.show((size, frame) => draw(size, frame).map((line) => formatLine(redact(line)))),
  };
}

/** False for the console of Linux, an old console of Windows, and a locale with another encoding. */
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

/** Resolves when the stream has written the data: a slow reader slows the writer down. */
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
