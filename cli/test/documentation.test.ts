import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadCommands } from "../src/commands/load-commands.ts";
import { outlineProgram } from "../src/commands/outline.ts";
import { createProgram } from "../src/commands/program.ts";
import { checkNames } from "../src/commands/smoke/report.ts";
import { errorCodes, exitCodeFor, exitCodeMeanings } from "../src/errors.ts";

const root = join(import.meta.dirname, "../..");
const source = join(root, "cli/src");
const outline = await outlineProgram();
const commandNames = outline.commands.flatMap(({ name, aliases }) => [name, ...aliases]);

/** What people read: a path from the repository's root, and the text. */
const pages = ["README.md", "cli/README.md", "CONTRIBUTING.md", ...markdownIn("docs")].map((path) => ({
  path,
  text: readFileSync(join(root, path), "utf8"),
}));
const readme = pages.find(({ path }) => path === "README.md")?.text ?? "";
const environmentPage = pages.find(({ path }) => path === "docs/files-and-environment.md")?.text ?? "";
const errorCodesPage = pages.find(({ path }) => path === "docs/error-codes.md")?.text ?? "";

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);
}

/** The program's own code: no tests. */
const code = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(source, file), "utf8"))
  .join("\n");

/** The command lines of auth-cli in a text: to the end of the line, of the code, or of the shell's command. */
function commandLinesIn(text: string): string[] {
  // A transcript may have a diff, whose lines are not commands.
  const joined = text.replace(/\\\n\s*/g, "").replace(/^[+-] .*\n/gm, "");
  return Array.from(joined.matchAll(/\bauth-cli ((?:'[^']*'|"[^"]*"|[^`|<>#;&)\n'"])*)/g), ([, line = ""]) =>
    line.trim(),
  ).filter((line) => commandNames.includes(line.split(/\s+/)[0] ?? ""));
}

/** The words a POSIX shell would make of a line without expansions. */
function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g), ([word]) => word.replace(/['"]/g, ""));
}

/** @returns why commander refuses the command line, or undefined */
async function refusal(words: readonly string[]): Promise<string | undefined> {
  const accepted = new Error("accepted");
  const environmentFor = (): never => {
    throw accepted;
  };
  const program = createProgram({
    version: "",
    environmentFor,
    done: () => {},
    definitions: await loadCommands(words),
    words,
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => {}, writeOut: () => {} });
  }
  // What completion prints needs no environment.
  if (words[0] === "completion")
    program.commands.find((each) => each.name() === "completion")?.action(environmentFor);
  try {
    await program.parseAsync(words, { from: "user" });
    return "nothing ran";
  } catch (error) {
    return error === accepted || (error as { code?: string }).code === "commander.helpDisplayed"
      ? undefined
      : (error as Error).message;
  }
}

describe("the examples in the help", () => {
  const examples = outline.commands.flatMap(({ name, examples: lines }) =>
    lines.map((line) => ({ name, line })),
  );

  it("are there for every command", () => {
    expect(outline.commands.filter((command) => command.examples.length === 0)).toEqual([]);
  });

  it.each(examples)("$line is a command line that $name understands", async ({ line }) => {
    const lines = commandLinesIn(line);
    expect(lines.length).toBeGreaterThan(0);
    for (const each of lines) expect(await refusal(wordsOf(each)), each).toBeUndefined();
  });
});

it("no hint lets npx download the unscoped name auth-cli, which is not ours", () => {
  const texts = ["scripts", "stacks"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(root, folder, name), "utf8")),
  );
  const naming = readFileSync(join(root, "cli/src/command-name.ts"), "utf8");
  const hints = [code.replace(naming, ""), readFileSync(join(root, "action.yml"), "utf8"), ...texts]
    .join("\n")
    .match(/npx (?:-\S+ )*auth-cli/g);
  expect(hints?.length).toBeGreaterThan(3);
  expect(hints?.filter((hint) => hint !== "npx --no-install auth-cli")).toEqual([]);
  // Only in a project that has the package: command-name.test.ts.
  expect(naming).toContain("npx auth-cli");
});

describe("what people read", () => {
  it.each(outline.commands)("README names auth-cli $name, and where its flags are described", ({ name }) => {
    expect(readme).toMatch(new RegExp(`auth-cli ${name}\\b`));
    expect(readme).toContain("npx auth-cli <command> --help");
  });

  it.each(pages)("$path holds command lines that are understood", async ({ path, text }) => {
    for (const line of commandLinesIn(text)) {
      // An ellipsis stands for some value; `call` alone for a call of anything.
      const words = wordsOf(line)
        .filter((word) => word !== "[file]" && word !== "[port]")
        .map((word) => (word === "…" ? "x" : word));
      const full = words[0] === "call" && words.length === 1 ? [...words, "/x"] : words;
      const bare = full[0] === "completion" && full.length === 1 ? [...full, "bash"] : full;
      expect(await refusal(bare), `${path}: auth-cli ${line}`).toBeUndefined();
    }
  });

  it.each(pages)("$path links to pages and headings that exist", ({ path, text }) => {
    const prose = text.replace(/```.*?```/gs, "");
    for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const linked = file === "" ? path : join(dirname(path), file);
      expect(existsSync(join(root, linked)), `${path}: ${target}`).toBe(true);
      if (anchor === undefined) continue;
      const headings = readFileSync(join(root, linked), "utf8").matchAll(/^#+ (.*)$/gm);
      const anchors = Array.from(headings, ([, heading = ""]) =>
        heading
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(anchors, `${path}: ${target}`).toContain(anchor);
    }
  });

  it.each(pages)("$path names no flag that no program here has", ({ text }) => {
    const known = new Set(
      [...outline.flags, ...outline.commands.flatMap(({ flags }) => flags)].map(({ long }) => long),
    );
    const own = text.replace(/`(?:aws|ampx) [^`]*`/g, "");
    const named = Array.from(own.matchAll(/(?<![\w-])--([a-z][a-z0-9-]+)\b/g), ([, flag = ""]) => flag);
    expect(named.filter((flag) => !known.has(flag) && !foreign.has(flag) && flag !== "help")).toEqual([]);
  });

  it("every environment variable that the program reads is in the reference", () => {
    const read = [
      ...code.matchAll(/variables\["(\w+)"\]/g),
      ...code.matchAll(/\.find\("([A-Z_]+)"\)/g),
      ...code.matchAll(/"((?:AWS|AUTH_CLI|TWITTER|XDG|GITHUB|HTTPS?|ALL|NO)_[A-Z_]+)"/g),
    ].map(([, name = ""]) => (name === "no_proxy" ? "NO_PROXY" : name));
    expect(read.length).toBeGreaterThan(30);
    // An authorizer, not a variable.
    const names = new Set(read.filter((name) => name !== "AWS_IAM"));
    expect([...names].filter((name) => !environmentPage.includes(`\`${name}\``))).toEqual([]);
  });

  it("every environment variable in the reference is read", () => {
    const named = Array.from(environmentPage.matchAll(/`([A-Z][A-Z_]{3,})`/g), ([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !code.includes(name))).toEqual([]);
  });

  it("every error code is in the reference, with its exit code, and no other", () => {
    const documented = Array.from(
      errorCodesPage.matchAll(/^\| `([a-z-]+)` +\| (\d+) +\|/gm),
      ([, name = "", exit = ""]) => `${name} ${exit}`,
    );
    expect(documented).toEqual(errorCodes.map((name) => `${name} ${exitCodeFor(name)}`));
  });

  it("every check of smoke is in its page, in the order of the chain, and no other", () => {
    const page = pages.find(({ path }) => path === "docs/smoke.md")?.text ?? "";
    const [checks = ""] = page.split("## Routes");
    const named = Array.from(checks.matchAll(/^\| (`.*?`) +\|/gm), ([, names = ""]) => names);
    expect(named.join(", ").replaceAll("`", "").split(", ")).toEqual(checkNames);
  });

  it("every exit code is in the reference, with its meaning, and no other", () => {
    const documented = Array.from(
      errorCodesPage.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm),
      ([, exit = "", meaning = ""]) => [exit, meaning.replaceAll("`", "")],
    );
    expect(Object.fromEntries(documented)).toEqual(exitCodeMeanings);
  });
});

/** Flags of curl, aws, twurl, awscurl, sst, cdk, npm, Artillery and the scripts of this repository. */
const foreign = new Set([
  "smc-check",
  "tool",
  "against",
  "batches",
  "bundle",
  "minutes",
  "outfile",
  "aws-sigv4",
  "consumer-secret",
  "endpoint-url",
  "header",
  "identity-pool-id",
  "logins",
  "outputs-file",
  "require-approval",
  "no-notices",
  "service",
  "global",
  "omit",
  "pack-destination",
  "quick",
  "seed",
  "data",
  "no-install",
  "no-rollback",
  "save-dev",
  "type",
  "count",
  "dotenv",
  "ignore-scripts",
  "unit",
  "workspace",
  "name",
  "query",
  "secret-id",
  "secret-string",
]);
