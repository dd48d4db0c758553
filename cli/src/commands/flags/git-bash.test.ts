import { describe, expect, it } from "vitest";
import { authCli, steps, type World } from "../../../test/fakes/world.ts";
import { pathBeforeGitBash } from "./git-bash.ts";

const gitBash: World = {
  loggedIn: true,
  platform: "win32",
  variables: { MSYSTEM: "MINGW64", SHELL: "C:\\Program Files\\Git\\usr\\bin\\bash.exe" },
};

describe("pathBeforeGitBash", () => {
  it.each<[string, string, string | undefined]>([
    ["C:/Program Files/Git/private", "/private", undefined],
    ["C:\\Program Files\\Git\\private", "/private", undefined],
    ["c:/program files/git/", "/", undefined],
    ["C:/msys64/items/1?a=b", "/items/1?a=b", undefined],
    ["D:/x/y", "/d/x/y", undefined],
    ["C:/Program Files/Git/git/x", "/git/x", undefined],
    ["D:/scoop/apps/git/2.47.1/private", "/private", "D:\\scoop\\apps\\git\\2.47.1\\usr\\bin\\bash.exe"],
    ["D:/Tools/PortableGit/private", "/private", "D:\\Tools\\PortableGit\\bin\\bash.exe"],
  ])("%s was %s", (text, path, shell) => expect(pathBeforeGitBash(text, shell)).toBe(path));

  it.each(["/private", "private", "https://a.example/C:/x", "C:x", "", "ab:/x"])(
    "%j was not converted",
    (text) => expect(pathBeforeGitBash(text)).toBeUndefined(),
  );
});

describe("call in Git Bash on Windows", () => {
  it("names the path, and two commands that work", async () => {
    const ran = await authCli(["call", "C:/Program Files/Git/private"], gitBash);
    expect([ran.code, steps(ran)]).toEqual([2, []]);
    expect(ran.stderr).toBe(
      'error: "C:/Program Files/Git/private" is a path of this computer, not of the API\n' +
        "cause: Git Bash on Windows turned /private into it\n" +
        "fix: run `auth-cli call private`, without the first slash, or `MSYS_NO_PATHCONV=1 auth-cli call /private`\n",
    );
  });

  it.each<[string[], string]>([
    [["DELETE", "C:/Program Files/Git/items/1"], "`auth-cli call DELETE items/1`"],
    [["C:/Program Files/Git/x?a=1&b=2"], "`auth-cli call 'x?a=1&b=2'`"],
    [["C:/Program Files/Git/"], "`MSYS_NO_PATHCONV=1 auth-cli call /`"],
    [["D:/x"], "`MSYS_NO_PATHCONV=1 auth-cli call /d/x`"],
  ])("%j", async (target, fix) => {
    const { code, stderr } = await authCli(["call", ...target], gitBash);
    expect(code).toBe(2);
    expect(stderr).toContain(fix);
  });

  it("recognizes the folder of Git without MSYSTEM", async () => {
    const { stderr } = await authCli(["call", "C:/Program Files/Git/private"], { ...gitBash, variables: {} });
    expect(stderr).toContain("`auth-cli call private`");
  });

  it.each([["private"], ["GET", "private"], ["/private"]])("sends %s", async (...target) => {
    const ran = await authCli(["call", ...target], gitBash);
    expect(ran.code).toBe(0);
    expect(ran.environment.requests.at(-1)?.url.pathname).toBe("/private");
  });

  it.each<[string, World]>([
    ["on Linux", { loggedIn: true }],
    ["on Windows outside Git Bash", { loggedIn: true, platform: "win32" }],
  ])("leaves C:/x alone %s", async (_where, world) => {
    expect((await authCli(["call", "C:/x"], world)).environment.requests.at(-1)?.url.pathname).toBe("/C:/x");
  });
});

it.each([
  [["smoke", "--route", "C:/Program Files/Git/private"], "--route 'GET /private'"],
  [["smoke", "--public", "C:/msys64/public"], "--public 'GET /public'"],
  [["C:/Program Files/Git/private"], "auth-cli call private"],
])("%j explains what Git Bash does", async (args, fix) => {
  const { code, stderr } = await authCli(args, gitBash);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^cause: .*Git Bash/m);
  expect(stderr).toContain(fix);
});
