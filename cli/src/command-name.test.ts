import { describe, expect, it } from "vitest";
import { authCli } from "../test/fakes/world.ts";
import { findCommandName, nameCommands, nameExamples } from "./command-name.ts";

describe("findCommandName", () => {
  it.each([
    ["/project/node_modules/.bin/auth-cli", "/project", "npx auth-cli"],
    ["/project/node_modules/.bin/auth-cli", "/project/packages/api", "npx auth-cli"],
    ["/project/node_modules/@api-auth-twitter/auth-cli/bin/auth-cli.cjs", "/project", "npx auth-cli"],
    ["C:\\project\\node_modules\\.bin\\auth-cli", "C:\\project\\api", "npx auth-cli"],
    ["/home/me/.npm/_npx/1a2b/node_modules/.bin/auth-cli", "/project", "npx @api-auth-twitter/auth-cli"],
    ["/usr/local/bin/auth-cli", "/project", "auth-cli"],
    ["/usr/local/lib/node_modules/@api-auth-twitter/auth-cli/bin/auth-cli.cjs", "/project", "auth-cli"],
    ["/project/node_modules/.bin/auth-cli", "/project-2", "auth-cli"],
    ["/clone/cli/bin/auth-cli.cjs", "/clone", "auth-cli"],
  ])("of %s in %s is %s", (script, workingDirectory, name) => {
    expect(findCommandName(script, workingDirectory)).toBe(name);
  });
});

describe("a hint", () => {
  it.each([
    ["run `auth-cli login --stage prod`", "run `npx auth-cli login --stage prod`"],
    ["run `AUTH_CLI_STORE=file auth-cli login`", "run `AUTH_CLI_STORE=file npx auth-cli login`"],
    [
      "`echo 1 | auth-cli login`, which auth-cli reads",
      "`echo 1 | npx auth-cli login`, which auth-cli reads",
    ],
    ["`npx --no-install auth-cli smoke`", "`npx --no-install auth-cli smoke`"],
    ["`cat ~/.config/auth-cli/x`", "`cat ~/.config/auth-cli/x`"],
  ])("%s names the command as it was started", (fix, named) => {
    expect(nameCommands(fix, "npx auth-cli")).toBe(named);
    expect(nameCommands(fix, "auth-cli")).toBe(fix);
  });

  it("names it in the examples of a help text", () => {
    const help = "Usage: auth-cli call [options]\n\nExamples:\n  auth-cli call /private\n";
    expect(nameExamples(help, "npx auth-cli")).toBe(help.replace("  auth-cli", "  npx auth-cli"));
  });

  it.each([
    [["call", "/x"], "fix: run `npx auth-cli login --stage prod`"],
    [["call", "--nonsense"], "fix: run `npx auth-cli call --help`"],
  ])("of %j is a command to type", async (args, fix) => {
    const { stderr } = await authCli([...args, "--stage", "prod"], { commandName: "npx auth-cli" });
    expect(stderr).toContain(fix);
  });

  it("after a login is a command to type", async () => {
    const world = { commandName: "npx auth-cli", input: "0123456\n" };
    const { stderr } = await authCli(["login", "--no-browser"], world);
    expect(stderr).toContain("Next: npx auth-cli call /private");
  });
});
