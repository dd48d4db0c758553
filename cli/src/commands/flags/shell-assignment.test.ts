import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assignment, type ShellFormat } from "./shell-assignment.ts";

/** Values that a shell could take for more than text. Each would leave a file named marker. */
const hostile = [
  "$(touch marker)",
  "`touch marker`",
  "a;touch marker",
  "a\ntouch marker\n",
  "a\r\ntouch marker",
  "a&touch marker&",
  "a|touch marker",
  "a>marker",
  "a && touch marker #",
  "'; touch marker; '",
  "'$(touch marker)'",
  "\\'; touch marker; \\'",
  "\\",
  "a\\",
  "''",
  "'\\''",
  '"; touch marker; "',
  '"$(touch marker)"',
  "${PATH}",
  "$PATH",
  "(touch marker)",
  "<(touch marker)",
  "=touch",
  "==ls",
  "~",
  "~root",
  "a:~root",
  "{a,b}",
  "*",
  "?",
  "[a]",
  "!!",
  "!touch",
  "a b  c",
  " leading",
  "#comment",
  "%PATH%",
  "-n",
  "é\u2019; touch marker; \u2018",
  "\u202e\u2028",
  "\u001b[31m",
  "",
];

/** What AWS issues: keys, and an expiration. */
const usual = [
  "ASIAIOEXAMPLE0000000",
  "wJalrXUtnFEMI/K7MDENG+bPxRfiCY=",
  "2026-03-01T13:00:00+00:00",
  "IQoJb3==",
  "+508uWZ/F4Vac==",
  "/508uWZ+F4Vac",
];

const shells: [shell: string, format: ShellFormat, options: string[]][] = [
  ["sh", "env", []],
  ["bash", "env", []],
  ["bash", "env", ["--posix"]],
  ["zsh", "env", ["-f"]],
  ["zsh", "env", ["-f", "-o", "rcquotes", "-o", "magicequalsubst", "-o", "globassign"]],
  ["zsh", "env-no-export", ["-f", "-o", "globassign"]],
  ["sh", "env-no-export", []],
  ["fish", "fish", ["--no-config"]],
];

describe("an assignment", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "auth-cli-eval-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const [shell, format, options] of shells) {
    const program = shell === "zsh" || shell === "fish" ? findPeer(shell) : shell;
    it.skipIf(program === undefined)(
      `sets the value and runs nothing: ${[shell, ...options].join(" ")}, --format ${format}`,
      () => {
        const values = [...hostile, ...usual];
        const lines = values.map((value, index) => assignment(format, `V${index}`, value));
        const show = values.map((_value, index) => `printf '%s\\0' "$V${index}"`).join("\n");
        // The way of the manual: eval "$(auth-cli credentials)", and in fish eval (auth-cli credentials | string collect).
        const evaluate = shell === "fish" ? "eval $TEXT" : 'eval "$TEXT"';
        const read = execFileSync(program ?? "", [...options, "-c", `${evaluate}\n${show}`], {
          cwd: folder,
          env: { PATH: process.env["PATH"], TEXT: lines.join("\n"), HOME: folder, LC_ALL: "C.UTF-8" },
          encoding: "utf8",
        });
        expect(read.split("\0").slice(0, -1)).toEqual(values);
        expect(readdirSync(folder).filter((name) => name === "marker")).toEqual([]);
      },
    );
  }

  const fish = findPeer("fish");
  it.skipIf(fish === undefined).each(["eval (cat lines)", "source lines", "cat lines | source"])(
    "sets the variables in fish by `%s`",
    (command) => {
      const lines = usual.map((value, index) => assignment("fish", `V${index}`, value));
      writeFileSync(join(folder, "lines"), lines.join("\n"));
      const show = usual.map((_value, index) => `echo "$V${index}"`).join("\n");
      const read = execFileSync(fish ?? "", ["--no-config", "-c", `${command}\n${show}`], {
        cwd: folder,
        env: { PATH: process.env["PATH"], HOME: folder },
        encoding: "utf8",
      });
      expect(read.trimEnd().split("\n")).toEqual(usual);
    },
  );

  it.each([
    ["it's", "$Env:V='it''s'"],
    ["a\u2018b\u2019c\u201Ad\u201Be", "$Env:V='a\u2018\u2018b\u2019\u2019c\u201A\u201Ad\u201B\u201Be'"],
    ['$(x) `y "z"', "$Env:V='$(x) `y \"z\"'"],
    ["plain", '$Env:V="plain"'],
  ])("is quoted for PowerShell: %j", (value, line) => {
    expect(assignment("powershell", "V", value)).toBe(line);
  });

  it("is refused for cmd.exe when the value has a special character", () => {
    for (const value of hostile) {
      expect(() => assignment("windows-cmd", "V", value), value).toThrow("cmd.exe");
    }
    for (const value of usual) expect(assignment("windows-cmd", "V", value)).toBe(`set V=${value}`);
  });
});
