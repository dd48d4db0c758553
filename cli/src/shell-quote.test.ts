import { describe, expect, it } from "vitest";
import { shellQuote } from "./shell-quote.ts";

describe("a word of a command line", () => {
  it.each([
    ["prod", "prod", "prod"],
    ["GET /notes", "'GET /notes'", '"GET /notes"'],
    ["it's", `'it'\\''s'`, `"it's"`],
    ['say "hi"', `'say "hi"'`, `"say \\"hi\\""`],
    ["", "''", '""'],
    // PowerShell makes an array of a,b and splats @name, and cmd replaces %name%.
    ["a,b", "a,b", '"a,b"'],
    ["@file", "@file", '"@file"'],
    ["100%", "100%", '"100%"'],
    // Git Bash drops a backslash that is not quoted.
    ["C:\\work\\cdk-outputs.json", "'C:\\work\\cdk-outputs.json'", '"C:\\work\\cdk-outputs.json"'],
  ])("%j", (text, posix, windows) => {
    expect(shellQuote(text)).toBe(posix);
    expect(shellQuote(text, "linux")).toBe(posix);
    expect(shellQuote(text, "win32")).toBe(windows);
  });
});
