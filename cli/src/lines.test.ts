import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { formatLine, formatLines, jsonLines, styled, visible, wrapWords } from "./lines.ts";
import { Redactor } from "./redaction.ts";

describe("foreign text on a line", () => {
  it.each([
    ["plain, é 漢 🙂", "plain, é 漢 🙂"],
    ["two\nlines\r\n\tx", "two\\nlines\\r\\n\\tx"],
    ["\u001b[31mred\u0007\u007f", "\\u001b[31mred\\u0007\\u007f"],
    ["\u009b31m\u0085", "\\u009b31m\\u0085"],
    ["a\u202eb\u2066c\u200f\u061c", "a\\u202eb\\u2066c\\u200f\\u061c"],
    ["a\u200bb\u00adc\ufeff\u2060\u180e", "a\\u200bb\\u00adc\\ufeff\\u2060\\u180e"],
    ["a\u2028b\u2029c", "a\\u2028b\\u2029c"],
    ["\u3164\u034f\ufe0f\u{e0041}", "\\u3164\\u034f\\ufe0f\\udb40\\udc41"],
    ["\ud800x\udc00\uffff", "\\ud800x\\udc00\\uffff"],
    ["##[error]x ##vso[task] ## [link]", "#\\u0023[error]x #\\u0023vso[task] ## [link]"],
  ])("shows %j as %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(formatLine(text)).toBe(shown);
    expect(formatLines(["a", text])).toBe(`a\n${shown}\n`);
    expect(formatLines([])).toBe("");
  });

  it.each(["::error::x", "  ::error::x", "\u00a0::add-mask::x", "::::"])(
    "cannot start a line with a command: %j",
    (text) => {
      expect(formatLine(text)).not.toMatch(/^\s*::/);
      expect(formatLine(text)).toContain("\\u003a:");
    },
  );

  it("stays the same value in JSON", () => {
    const value = { a: "\u0000\n\u007f\u009b\u202e\u2028\u{e0041}\ud800 ##[x] ::x", "\u202ekey": "::" };
    const text = formatLines(jsonLines(value));
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toMatch(/^[\n -~]*$/);
  });

  it("is masked before it is escaped", () => {
    const redactor = new Redactor();
    redactor.add("secret", "pass\u202eword");
    expect(formatLines("x pass\u202eword", (line) => redactor.redact(line))).toBe("x [secret]\n");
  });
});

describe("our own colours", () => {
  it("pass, whatever they surround", () => {
    const line = formatLine(`${styled("red", "a\u001b[32m")} ${styled("bold", "b")}`);
    expect(line).toBe("\u001b[31ma\\u001b[32m\u001b[39m \u001b[1mb\u001b[22m");
  });

  it("have no width before they are written", () => {
    expect(stripVTControlCharacters(styled("gray", "text"))).toBe("text");
  });
});

describe("wrapWords", () => {
  it.each([
    ["short", 40, ["short"]],
    ["one two three four five six", 20, ["one two three four", "  five six"]],
    ["  one two three four five", 20, ["  one two three four", "    five"]],
    [
      "fix: run `auth-cli login --stage prod` again",
      20,
      ["fix: run", "  `auth-cli login --stage prod`", "  again"],
    ],
    ["one two three four five six", 0, ["one two three four five six"]],
    ["a-word-that-is-longer-than-the-terminal x", 20, ["a-word-that-is-longer-than-the-terminal", "  x"]],
  ])("breaks %j at %i columns: %j", (line, columns, lines) => {
    expect(wrapWords(line, columns)).toEqual(lines);
  });
});
