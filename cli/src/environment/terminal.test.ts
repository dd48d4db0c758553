import { PassThrough } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
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

function open(output: NodeJS.WriteStream, error: NodeJS.WriteStream): Terminal {
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
    animated: false,
  });
}

/** One screen for both streams, after a result and two lines. */
async function shown(isTTY: boolean, result: string): Promise<string> {
  const screen = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream;
  const terminalOf = open(screen, screen);
  await terminalOf.printBytes(Buffer.from(result));
  terminalOf.say("error: x\n");
  terminalOf.say("fix: y\n");
  return String(screen.read());
}

describe("what is said after a result", () => {
  it.each([
    [true, '{"message":"Forbidden"}', '{"message":"Forbidden"}\nerror: x\nfix: y\n'],
    [true, "whole\n", "whole\nerror: x\nfix: y\n"],
    [true, "", "error: x\nfix: y\n"],
    [false, "in a pipe", "in a pipeerror: x\nfix: y\n"],
  ])("begins a line of its own on a screen (%s, %j)", async (isTTY, result, screen) => {
    expect(await shown(isTTY, result)).toBe(screen);
  });
});

/** What each way of reading does with a pipe. What a keyboard does is tested in tmux. */
describe("a terminal whose input is a pipe", () => {
  const readers = [
    ["ask", (): Promise<unknown> => terminal.ask("PIN: ")],
    ["askSecret", (): Promise<unknown> => terminal.askSecret("Secret: ")],
    ["readAll", (): Promise<unknown> => terminal.readAll()],
  ] as const;

  it.each(readers)("%s is ended by an interruption while the pipe stays open", async (_name, read) => {
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
  ])("a line of %j is %j", async (input, line) => {
    stdin.end(input);
    expect(await terminal.ask("PIN: ")).toBe(line);
    expect(String(stderr.read())).toBe("PIN: \n");
  });

  it("all of it is read as it is", async () => {
    stdin.write(Buffer.from([0, 255]));
    stdin.end(Buffer.from([13, 10]));
    expect([...(await terminal.readAll())]).toEqual([0, 255, 13, 10]);
  });

  it("that cannot be read is a usage error", async () => {
    const reading = failure(() => terminal.readAll());
    stdin.destroy(new Error("EISDIR: illegal operation on a directory, read"));
    expect(await reading).toMatchObject({ code: "invalid-usage", message: "cannot read standard input" });
  });
});

describe("whether a terminal shows Unicode", () => {
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
  ])("on %s with %j it is %s", (platform, variables, isShown) => {
    expect(showsUnicode(variables, platform)).toBe(isShown);
  });
});
