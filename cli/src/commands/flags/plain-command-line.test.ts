import * as fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { call } from "../call/call.ts";
import type { Environment } from "../../environment/environment.ts";
import { outlineProgram } from "../outline.ts";
import { createProgram } from "../program.ts";
import { callCommand } from "../call/command.ts";
import { readPlainCommandLine } from "./plain-command-line.ts";

type Call = Parameters<typeof call>;

const called: Call[] = [];
vi.mock("../call/call.ts", () => ({ call: (...parameters: Call) => void called.push(parameters) }));
beforeEach(() => void called.splice(0));

const environment = {} as Environment;

/** What `call` is given by commander; undefined when commander refuses the words, or answers them itself. */
async function byCommander(args: readonly string[]): Promise<unknown> {
  called.length = 0;
  const words = ["call", ...args];
  const program = createProgram({ version: "1", environmentFor: () => environment, done: () => {}, words });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  await program.parseAsync(words, { from: "user" }).catch(() => {});
  return called[0]?.slice(0, 2);
}

/** The same of what is read without it; undefined when the words are not plain. */
async function plainly(args: readonly string[]): Promise<unknown> {
  called.length = 0;
  const line = readPlainCommandLine(callCommand, args);
  if (line === undefined) return undefined;
  await line.action(environment, line.flags as never, line.words as never);
  return called[0]?.slice(0, 2);
}

const { flags: shared, commands } = outlineProgram();
const flags = [...shared, ...(commands.find(({ name }) => name === "call")?.flags ?? [])].flatMap(
  ({ long, short }) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])],
);

describe("a plain command line", () => {
  it.each([
    [["/private"]],
    [["/private", "--stage", "prod"]],
    [["--stage", "dev", "/a", "--stage", "prod"]],
    [["DELETE", "/items/1", "-i", "--json", "--no-fail", "--no-diagnosis", "--no-color"]],
    [["/items", "-d", "a=1", "--data-binary", "@file", "-d", "b=2", "-X", "PUT"]],
    [["/items", "-H", "A: 1", "-H", "B: 2", "--url-query", "q=x", "--retry", "3", "-m", "0.5"]],
    [["/private", "--connect-timeout", "2", "-o", "file", "-v", "--compressed", "--unsigned"]],
    [["/private", "--identity-pool-id", "us-east-1:x", "--cacert", "file", "--debug", "--trace"]],
  ])("%j is read as commander reads it", async (args) => {
    const read = await plainly(args);
    expect(read).toBeDefined();
    expect(read).toEqual(await byCommander(args));
  });

  it.each([
    [[]],
    [["--stage", "prod"]],
    [["/private", "--help"]],
    [["/private", "--stage"]],
    [["/private", "--stage", ""]],
    [["/private", "--stage", "--json"]],
    [["/private", "--retry", "often"]],
    [["/private", "--unknown"]],
    [["/private", "--json=1"]],
    [["--", "/private"]],
  ])("%j is left to commander", (args) => {
    expect(readPlainCommandLine(callCommand, args)).toBeUndefined();
  });

  it("is never read in another way than by commander", async () => {
    const value = fc.constantFrom(
      "/a",
      "GET",
      "1",
      "0",
      "x",
      "a b",
      "",
      "-",
      "@-",
      "A: b",
      "call",
      "help",
      "toString",
    );
    const flag = fc.constantFrom(...flags, "--help", "-h", "--version", "-V", "--no-json", "--", "--unknown");
    let plain = 0;
    const word = fc.oneof(
      fc.tuple(fc.constantFrom(...flags), fc.constantFrom("1", "/a")),
      flag.map((name) => [name]),
      value.map((text) => [text]),
      fc.tuple(flag, value).map(([name, text]) => [name, text]),
      fc.tuple(flag, value).map(([name, text]) => [`${name}=${text}`]),
      fc.tuple(flag, value).map(([name, text]) => [`${name}${text}`]),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
        const args = words.flat();
        const read = await plainly(args);
        if (read === undefined) return;
        plain += 1;
        expect(read).toEqual(await byCommander(args));
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(50);
  });
});
