import { PassThrough } from "node:stream";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { writtenText } from "../../test/fakes/written-text.ts";
import { Redactor } from "../redaction.ts";
import { failure } from "../../test/fakes/fake-environment.ts";
import { createTerminal, showsUnicode, type Terminal } from "./terminal.ts";

let stdin: PassThrough;
let stderr: PassThrough;
let interruption: AbortController;
let terminal: Terminal;

beforeEach(() => {
  stdin = new PassThrough();
  stderr = new PassThrough();
  interruption = new AbortController();
  terminal = open(
    new PassThrough() as unknown as NodeJS.WriteStream,
    stderr as unknown as NodeJS.WriteStream,
  );
});

function open(output: NodeJS.WriteStream, error: NodeJS.WriteStream, animated = false): Terminal {
  return createTerminal({
    stdin: () => stdin,
    hasKeyboard: false,
    stdout: output,
    stderr: error,
    redactor: new Redactor(),
    interruption: interruption.signal,
    colour: false,
    resultColour: false,
    unicode: true,
    animated,
  });
}

/** The screen that both streams share, after a result and two notes. */
async function shown(isTTY: boolean, result: string): Promise<string> {
  const screen = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream;
  const terminalOf = open(screen, screen);
  await terminalOf.printBytes(Buffer.from(result));
  terminalOf.say("error: x");
  terminalOf.say("fix: y");
  return writtenText(screen);
}

describe("a note after a result", () => {
  it.each([
    [true, '{"message":"Forbidden"}', '{"message":"Forbidden"}\nerror: x\nfix: y\n'],
    [true, "whole\n", "whole\nerror: x\nfix: y\n"],
    [true, "", "error: x\nfix: y\n"],
    [false, "in a pipe", "in a pipeerror: x\nfix: y\n"],
  ])("starts a new line on a terminal (%s, %j)", async (isTTY, result, screen) => {
    expect(await shown(isTTY, result)).toBe(screen);
  });
});

describe("sayWrapped", () => {
  const text = "cause: the role's policy does not allow this ::error::x";

  it.each([
    [true, "cause: the role's policy\n  does not allow this\n  \\u003a:error::x\n"],
    [false, `${text}\n`],
  ])("breaks lines between words on a terminal only (%s)", (isTTY, screen) => {
    const error = Object.assign(new PassThrough(), { isTTY, columns: isTTY ? 25 : undefined });
    open(
      new PassThrough() as unknown as NodeJS.WriteStream,
      error as unknown as NodeJS.WriteStream,
    ).sayWrapped([text]);
    expect(writtenText(error)).toBe(screen);
  });
});

describe("say", () => {
  it.each([
    ["notice: the login is stored in a file", "notice: the login is\n  stored in a file\n"],
    ["https://example.com/a/long/line as it is", "https://example.com/a/long/line as it is\n"],
  ])("breaks only notes between words: %j", (text, screen) => {
    const error = Object.assign(new PassThrough(), { isTTY: true, columns: 25 });
    open(new PassThrough() as unknown as NodeJS.WriteStream, error as unknown as NodeJS.WriteStream).say(
      text,
    );
    expect(writtenText(error)).toBe(screen);
  });
});

describe("mute", () => {
  it("drops notes and the spinner, but no masks and no results", async () => {
    const output = new PassThrough();
    const quiet = open(output as unknown as NodeJS.WriteStream, stderr as unknown as NodeJS.WriteStream);
    const unmute = quiet.mute();
    quiet.say("note");
    expect(await quiet.withSpinner("waiting", Promise.resolve(1))).toBe(1);
    quiet.sayCommand({ name: "add-mask", message: "secret" });
    await quiet.print("result");
    unmute();
    quiet.say("error");
    expect([writtenText(output), writtenText(stderr)]).toEqual(["result\n", "::add-mask::secret\nerror\n"]);
  });
});

describe("hostile text", () => {
  const hostile = "\u001b[2J\u202eword\u009b\n::error::forged";
  const escaped = String.raw`\u001b[2J\u202eword\u009b\n::error::forged`;
  const output = new PassThrough();
  const written: [string, (to: Terminal) => unknown, string][] = [
    ["print", (to) => to.print(hostile), `${escaped}\n`],
    ["printUnmasked", (to) => to.printUnmasked(["a", hostile]), `a\n${escaped}\n`],
    ["say", (to) => to.say(["::", hostile]), `\\u003a:\n${escaped}\n`],
    ["ask", (to) => to.ask(hostile), `${escaped}\n`],
    ["askSecret", (to) => to.askSecret(hostile), `${escaped}\n`],
    [
      "sayCommand",
      (to) => to.sayCommand({ name: "error", title: hostile, message: hostile }),
      String.raw`::error title=\u001b[2J\u202eword\u009b%0A%3A%3Aerror%3A%3Aforged::\u001b[2J\u202eword\u009b%0A::error::forged` +
        "\n",
    ],
  ];

  it.each(written)("is escaped by %s", async (_name, write, expected) => {
    const stream = output as unknown as NodeJS.WriteStream;
    stdin.end("answer\n");
    await write(open(stream, stream));
    expect(writtenText(output)).toBe(expected);
  });

  it("is escaped where lines are redrawn", async () => {
    vi.useFakeTimers();
    try {
      const stream = Object.assign(new PassThrough(), { isTTY: true }) as unknown as NodeJS.WriteStream;
      const animated = open(stream, stream, true);
      const hide = animated.animate(() => [hostile]);
      await vi.advanceTimersByTimeAsync(400);
      hide();
      const work = animated.withSpinner(hostile, new Promise((resolve) => setTimeout(resolve, 500)));
      await vi.advanceTimersByTimeAsync(600);
      await work;
      const text = writtenText(stream);
      expect(text.split(escaped).length).toBeGreaterThan(2);
      for (const raw of ["\u001b[2J", "\u202e", "\u009b", "\n::"]) expect(text).not.toContain(raw);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is left in the bytes of a body", async () => {
    const stream = output as unknown as NodeJS.WriteStream;
    await open(stream, stream).printBytes(Buffer.from(hostile));
    expect(writtenText(output)).toBe(hostile);
  });
});

/** Tests with a keyboard run in tmux. */
describe("a pipe as standard input", () => {
  const readers = [
    ["ask", (): Promise<unknown> => terminal.ask("PIN: ")],
    ["askSecret", (): Promise<unknown> => terminal.askSecret("Secret: ")],
    ["readAll", (): Promise<unknown> => terminal.readAll()],
  ] as const;

  it.each(readers)("%s ends after an interruption while the pipe stays open", async (_name, read) => {
    const reading = failure(read);
    stdin.write("half");
    interruption.abort();
    expect((await reading).code).toBe("interrupted");
  });

  it.each(readers)("%s reads nothing after an interruption", async (_name, read) => {
    interruption.abort();
    stdin.end("1234567\n");
    expect((await failure(read)).code).toBe("interrupted");
  });

  it.each([
    ["1234567\nmore\n", "1234567"],
    ["1234567", "1234567"],
    ["1234567\r\n", "1234567"],
    ["\n", ""],
    ["", undefined],
  ])("ask reads %j as %j", async (input, line) => {
    stdin.end(input);
    expect(await terminal.ask("PIN: ")).toBe(line);
    expect(writtenText(stderr)).toBe("PIN: \n");
  });

  it("readAll returns all bytes", async () => {
    stdin.write(Buffer.from([0, 255]));
    stdin.end(Buffer.from([13, 10]));
    expect([...(await terminal.readAll())]).toEqual([0, 255, 13, 10]);
  });

  it("throws invalid-usage when it cannot be read", async () => {
    const reading = failure(() => terminal.readAll());
    stdin.destroy(new Error("EISDIR: illegal operation on a directory, read"));
    expect(await reading).toMatchObject({ code: "invalid-usage", message: "cannot read standard input" });
  });
});

describe("showsUnicode", () => {
  it.each<[NodeJS.Platform, Record<string, string>, boolean]>([
    ["linux", { TERM: "xterm-256color" }, true],
    ["linux", { TERM: "linux", LANG: "en_GB.UTF-8" }, false],
    ["linux", { LANG: "C.utf8" }, true],
    ["linux", { LANG: "C" }, false],
    ["darwin", { LANG: "en_GB.UTF-8", LC_ALL: "POSIX" }, false],
    ["linux", { LANG: "de_DE.ISO-8859-1" }, false],
    ["win32", {}, false],
    ["win32", { WT_SESSION: "1" }, true],
    ["win32", { TERM: "xterm-256color" }, true],
  ])("on %s with %j returns %s", (platform, variables, isShown) => {
    expect(showsUnicode(variables, platform)).toBe(isShown);
  });
});
