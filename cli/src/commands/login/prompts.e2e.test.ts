import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { freePort } from "@api-auth-twitter/test-support/free-port";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { startTmux, type Tmux } from "@api-auth-twitter/test-support/tmux";
import { logInHere } from "../../../test/run-here.ts";

const tmux = findPeer("tmux");

describe.skipIf(tmux === undefined)("the prompts of login", () => {
  let world: DeployedWorld;
  let terminal: Tmux;

  beforeAll(async () => {
    world = await deployWorld("prod");
  });
  afterAll(() => world.close());

  beforeEach(async () => {
    const { TWITTER_CONSUMER_KEY, TWITTER_CONSUMER_SECRET, ...env } = world.cli.variables;
    if (!TWITTER_CONSUMER_KEY || !TWITTER_CONSUMER_SECRET) throw new Error("the local cloud gave no keys");
    terminal = await startTmux(tmux ?? "", {
      cwd: world.app.folder,
      env: { ...env, TERM: "xterm-256color" },
    });
    await terminal.type("PS1='READY> '", "Enter");
    await terminal.waitFor(/READY> *$/m);
  });
  afterEach(() => terminal.close());

  const start = (args: string): Promise<void> =>
    terminal.type(`${process.execPath} ${authCliPath} login ${args}`, "Enter");
  const key = (): string => world.cloud.environment["TWITTER_CONSUMER_KEY"] ?? "";
  const secret = (): string => world.cloud.environment["TWITTER_CONSUMER_SECRET"] ?? "";
  const expectExitCode = async (code: number): Promise<void> => {
    // Only the shell may read the next input.
    await terminal.waitFor(/READY>\s*$/);
    await terminal.type("echo exit=$?", "Enter");
    expect(Number((await terminal.waitFor(/exit=(\d+)/))[1])).toBe(code);
  };
  const expectEcho = async (): Promise<void> => {
    await terminal.type("echo typed$((1+1))");
    await terminal.waitFor(/READY> echo typed\$\(\(1\+1\)\)$/m);
  };

  test("ask for the consumer key, its secret without echo, and the PIN", async () => {
    await start("--no-browser");
    await terminal.waitFor(/Consumer key \(API Key\): *$/m);
    await terminal.type(key(), "Enter");
    await terminal.waitFor(/Consumer secret \(API Key Secret, not shown\): *$/m);
    await terminal.type("typo", "BSpace", "BSpace", "BSpace", "BSpace", secret(), "Enter");
    const [, url = ""] = await terminal.waitFor(/^(http:\S+oauth_token=\S+)\n+PIN: $/m);
    const shown = await terminal.screen();
    expect(shown).toContain(key());
    expect(shown).not.toContain(secret());
    expect(shown).not.toContain("typo");
    expect(shown).toMatch(/set TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET in \S+\.env or/);
    const { pin = "" } = await answerAuthorizePage(url, { screenName: "alice" });
    await terminal.type(pin, "Enter");
    await terminal.waitFor(/Logged in to prod as @alice/);
    await expectExitCode(0);
    await expectEcho();
  });

  test("ask whether to log in again: Enter means no, y means yes", async () => {
    expect((await logInHere(world.cli, "alice")).code).toBe(0);
    await start("--no-browser");
    await terminal.waitFor(/Already logged in to prod as @alice\.\nLog in again\? \(y\/N\) *$/m);
    await terminal.type("Enter");
    await terminal.waitFor(/Still logged in to prod as @alice, identity us-east-1:/);
    await expectExitCode(0);
    await terminal.type("clear", "Enter");
    await start("--no-browser");
    await terminal.waitFor(/Log in again\? \(y\/N\) *$/m);
    await terminal.type("y", "Enter");
    await terminal.waitFor(/Consumer key \(API Key\): *$/m);
    await terminal.type("C-c");
    await expectExitCode(130);
  });

  test.each([
    ["Ctrl-C", "C-c", 130],
    ["Ctrl-D", "C-d", 2],
  ])("restore the echo after %s at the hidden prompt", async (_name, typed, code) => {
    await start("--no-browser --force");
    await terminal.waitFor(/Consumer key \(API Key\): *$/m);
    await terminal.type("somekey", "Enter");
    await terminal.waitFor(/not shown\): *$/m);
    await terminal.type("halfasecret");
    if (typed === "C-d") await terminal.type("C-u");
    await terminal.type(typed);
    await expectExitCode(code);
    expect(await terminal.screen()).not.toContain("halfasecret");
    await expectEcho();
  });

  test("restore the echo after SIGTERM at the hidden prompt", async () => {
    const login = `${process.execPath} ${authCliPath} login --force --consumer-key somekey`;
    await terminal.type(`sh -c 'echo pid=$$; exec ${login}'`, "Enter");
    await terminal.waitFor(/not shown\): *$/m);
    const [, pid] = await terminal.waitFor(/^pid=(\d+)$/m);
    expect(process.kill(Number(pid), "SIGTERM")).toBe(true);
    await expectExitCode(130);
    await expectEcho();
  });

  test("ask for an access token, and its secret without echo", async () => {
    expect((await logInHere(world.cli, "alice")).code).toBe(0);
    const token = (await world.cli.storedTokens()).at(-1);
    await start("--with-token --force");
    await terminal.waitFor(/Access token: *$/m);
    await terminal.type(token?.token ?? "", "Enter");
    await terminal.waitFor(/Access token secret \(not shown\): *$/m);
    await terminal.type(token?.secret ?? "", "Enter");
    await terminal.waitFor(/Logged in to prod as @alice/);
    expect(await terminal.screen()).not.toContain(token?.secret);
    await expectExitCode(0);
  });

  test("end with 130 on Ctrl-C while login waits for the callback", async () => {
    const callbackPort = await freePort();
    world.cloud.twitterApp.callbackUrls = [`http://127.0.0.1:${callbackPort}/callback`];
    await start(`--callback ${callbackPort} --no-browser --force --consumer-key x`);
    await terminal.waitFor(/not shown\): *$/m);
    await terminal.type(secret(), "Enter");
    await terminal.waitFor(/code 32/);
    await expectExitCode(4);
    await terminal.type(`clear; export TWITTER_CONSUMER_KEY=${key()}`, "Enter");
    await start(`--callback ${callbackPort} --no-browser --force`);
    await terminal.waitFor(/not shown\): *$/m);
    await terminal.type(secret(), "Enter");
    const [, port] = await terminal.waitFor(/Waiting for Twitter at http:\/\/127\.0\.0\.1:(\d+)\/callback/);
    await terminal.type("C-c");
    await expectExitCode(130);
    await expect(fetch(`http://127.0.0.1:${port}/callback`)).rejects.toThrow("fetch failed");
  });
});
