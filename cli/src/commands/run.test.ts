import { describe, expect, it, vi } from "vitest";
import { AuthCliError } from "../errors.ts";
import { createFakeEnvironment } from "../../test/fakes/fake-environment.ts";
import { authCli, reportedError, steps, type World } from "../../test/fakes/world.ts";
import { run } from "./run.ts";

const interrupts = (): never => {
  throw new AuthCliError("interrupted", { message: "interrupted" });
};

const fails = (): never => {
  throw new TypeError("boom");
};

/** `main` sets an exit code before it runs the command. Commander's help uses that code. */
async function exitCodeOfHelp(args: readonly string[]): Promise<number> {
  const before = process.exitCode;
  process.exitCode = 1;
  const silent = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    return await run(args, {
      version: "",
      createEnvironment: () => createFakeEnvironment({}),
      printHelp: () => {},
    });
  } finally {
    silent.mockRestore();
    process.exitCode = before;
  }
}

describe("help", () => {
  it.each([[["help"]], [["help", "call"]], [["help", "whoami"]], [["--help"]], [["call", "--help"]]])(
    "%j exits with 0",
    async (args) => {
      expect(await exitCodeOfHelp(args)).toBe(0);
    },
  );

  it.each([[["--help"]], [["help", "smoke"]], [["help", "help"]], [["call", "--help"]]])(
    "%j wraps between words at 60 columns, and keeps the examples whole",
    async (args) => {
      let help = "";
      await run(args, {
        version: "",
        createEnvironment: () => createFakeEnvironment({}),
        printHelp: (text) => (help += text),
        helpColumns: () => 60,
      });
      const [text = "", examples] = help.split("\nExamples:\n");
      expect(text).toMatch(/^Usage: auth-cli/);
      expect(text.split("\n").filter((line) => line.length > 60)).toEqual([]);
      expect(text).not.toMatch(/\n"?may be\nrepeated/);
      for (const line of examples?.trimEnd().split("\n") ?? []) expect(line).toMatch(/auth-cli/);
    },
  );

  it.each([[[]], [["help", "frobnicate"]]])("%j exits with 2", async (args) => {
    expect(await exitCodeOfHelp(args)).toBe(2);
  });
});

describe("the command line", () => {
  it.each([
    ["an unknown flag", ["call", "/x", "--retyr", "1"], /unknown option '--retyr'/, /--retry/],
    ["an unknown command", ["lgoin"], /unknown command 'lgoin'/, /login/],
    ["help of an unknown command", ["help", "lgoin"], /unknown command 'lgoin'/, /login/],
    ["a command with no similar name", ["frobnicate"], /unknown command 'frobnicate'/, /--help/],
    ["a flag without its value", ["login", "--stage"], /--stage needs a value: <name>/, /--help/],
    ["a missing path", ["call"], /call needs a <path>/, /call --help/],
    ["a method without a path", ["call", "GET"], /call needs a path after GET/, /call GET \/private/],
    ["too many arguments", ["smoke", "now"], /too many arguments/, /--help/],
    ["an invalid argument", ["completion", "tcsh"], /invalid <shell> "tcsh"/, /completion --help/],
    [
      "a method without a path, before it looks for a deployment",
      ["call", "GET", "--outputs", "nowhere.json"],
      /call needs a path after GET/,
      /call GET \/private/,
    ],
    ["a path without call", ["/private"], /unknown command '\/private'/, /auth-cli call \/private/],
    ["a method without call", ["GET", "/x"], /unknown command 'GET'/, /auth-cli call GET/],
    ["an unknown letter", ["call", "/x", "-zvalue"], /unknown option '-z'\n|unknown option '-z'$/, /--help/],
    [
      "a secret in a flag",
      ["login", "--consumer-secret=hush"],
      /'--consumer-secret'/,
      /TWITTER_CONSUMER_SECRET/,
    ],
    ["a secret behind a flag", ["login", "--token", "hush"], /'--token'/, /TWITTER_ACCESS_TOKEN/],
  ])("rejects %s: exit code 2", async (_name, args, what, fix) => {
    const text = await authCli(args);
    expect(text.code).toBe(2);
    expect(text.stdout).toBe("");
    expect(text.stderr).toMatch(/^error: /);
    expect(text.stderr).toMatch(what);
    expect(text.stderr).toMatch(new RegExp(`cause: .+\nfix: .*${fix.source}`));
    // The word after a flag may be a secret.
    expect(text.stderr).not.toMatch(/hush|zvalue/);
    const json = await authCli([...args.slice(0, 1), "--json", ...args.slice(1)]);
    expect(json.code).toBe(2);
    expect(json.stdout).toBe("");
    expect(reportedError(json)).toMatchObject({ code: "invalid-usage" });
    expect(reportedError(json)["message"]).toMatch(what);
  });

  it.each([
    ["no login", ["call", "/private"], {}, 4, "not-logged-in"],
    [
      "a user who has not logged in",
      ["call", "/private", "--user", "bob"],
      { loggedIn: true },
      4,
      "not-logged-in",
    ],
    ["an unknown stage", ["call", "/private", "--stage", "qa"], {}, 2, "unknown-stage"],
    ["a wrong stage name", ["login", "--stage", "a b"], {}, 2, "invalid-configuration"],
    ["a malformed pool", ["login", "--identity-pool-id", "x"], {}, 2, "invalid-configuration"],
    ["a malformed endpoint", ["login", "--endpoint", "http://api.example"], {}, 2, "invalid-configuration"],
    ["a broken outputs file", ["smoke"], { files: { "/project/.sst/outputs.json": "{" } }, 2, undefined],
    [
      "a broken .env",
      ["login"],
      { files: { "/project/.env": "what" }, variables: { TWITTER_CONSUMER_KEY: "" } },
      2,
      "invalid-configuration",
    ],
    [
      "no consumer key",
      ["login"],
      { variables: { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" } },
      2,
      "missing-configuration",
    ],
    [
      "half of a consumer key",
      ["login"],
      { variables: { TWITTER_CONSUMER_SECRET: "" } },
      2,
      "missing-configuration",
    ],
    [
      "half of an access token",
      ["call", "/x"],
      { variables: { TWITTER_ACCESS_TOKEN: "1-x" } },
      2,
      "missing-configuration",
    ],
    ["another host", ["call", "https://evil.example/"], { loggedIn: true }, 2, "invalid-usage"],
    [
      "a header of the signature's own",
      ["call", "/x", "-H", "Host: evil.example"],
      { loggedIn: true },
      2,
      "invalid-usage",
    ],
  ] as [string, string[], World, number, string | undefined][])(
    "%s exits with its code and sends nothing to the API",
    async (_name, args, world, code, errorCode) => {
      const ran = await authCli([...args, "--json"], world);
      expect(ran.code).toBe(code);
      expect(steps(ran)).not.toContain("api.call");
      if (errorCode === undefined) return;
      expect(ran.stdout).toBe("");
      expect(reportedError(ran)["code"]).toBe(errorCode);
      const text = await authCli(args, world);
      expect(text.code).toBe(code);
      expect(text.stderr).toMatch(/^error: .+\n(cause: .+\n)?fix: .+\n$/);
      // A stack trace never reaches a user.
      expect(text.stderr).not.toMatch(/^\s+at /m);
    },
  );

  it("reports a bug of its own, with the stack under --debug only", async () => {
    const ran = await authCli(["call", "/x", "--unsigned"], { send: fails });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/error: boom\ncause: .*bug in auth-cli.*\nfix: .*--debug/);
    expect(ran.stderr).not.toMatch(/^(debug:)?\s+at /m);
    expect((await authCli(["call", "/x", "--unsigned", "--debug"], { send: fails })).stderr).toMatch(
      /^debug: +at /m,
    );
  });

  it.each([
    [[], "error: boom\ncause: this is a bug"],
    [["--json"], '{\n  "error": {\n    "code": "internal"'],
    [["--debug"], "debug: TypeError: boom\ndebug:     at "],
  ])("with %j reports what nothing has caught like its own bugs", async (flags, start) => {
    const environment = createFakeEnvironment({});
    let code: number | undefined;
    await run(["call", "--help", ...flags], {
      version: "",
      createEnvironment: () => environment,
      onUncaught: (report) => (code = report(new TypeError("boom"))),
      printHelp: () => {},
    });
    expect(code).toBe(1);
    expect(environment.stderr().slice(0, start.length)).toBe(start);
  });

  it("prints nothing when it is interrupted: exit code 130", async () => {
    const ran = await authCli(["call", "/x", "--unsigned"], { send: interrupts });
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([130, "", ""]);
    expect((await authCli(["smoke"], { send: interrupts, loggedIn: true })).code).toBe(130);
  });
});
