import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { startTmux, type Tmux } from "@api-auth-twitter/test-support/tmux";

const tmux = findPeer("tmux");

describe.skipIf(tmux === undefined)("login at a terminal", () => {
  let world: DeployedWorld;
  let terminal: Tmux;

  beforeAll(async () => {
    world = await deployWorld("prod");
  });
  afterAll(() => world.close());

  beforeEach(async () => {
    const env = { ...world.cli.variables, TERM: "xterm-256color" };
    terminal = await startTmux(tmux ?? "", { cwd: world.app.folder, env });
    await terminal.type("PS1='READY> '", "Enter");
    await terminal.waitFor(/READY> *$/m);
  });
  afterEach(() => terminal.close());

  const startLogin = async (): Promise<string> => {
    await terminal.type(`${process.execPath} ${authCliPath} login --no-browser --force`, "Enter");
    const [, url = ""] = await terminal.waitFor(/^(http:\S+oauth_token=\S+)\n+PIN: $/m);
    return url;
  };
  const typePin = (pin: string | undefined): Promise<void> => terminal.type(pin ?? "", "Enter");
  const exitCode = async (): Promise<number> => {
    // The program reads what is typed before the shell's prompt.
    await terminal.waitFor(/READY>\s*$/);
    await terminal.type("echo exit=$?", "Enter");
    return Number((await terminal.waitFor(/exit=(\d+)/))[1]);
  };

  test("prints the URL of the page, asks for the PIN and prints the user", async () => {
    const { pin } = await answerAuthorizePage(await startLogin(), { screenName: "alice" });
    await typePin(pin);
    await terminal.waitFor(/Logged in to prod as @alice, identity us-east-1:[0-9a-f-]{36}/);
    expect(await exitCode()).toBe(0);
  });

  test("asks again after a wrong PIN and accepts the right one", async () => {
    const { pin } = await answerAuthorizePage(await startLogin(), { screenName: "bob" });
    await typePin(pin === "1111111" ? "2222222" : "1111111");
    await terminal.waitFor(/Twitter rejected this PIN.*\n+PIN: $/m);
    await typePin(pin);
    await terminal.waitFor(/Logged in to prod as @bob/);
    expect(await exitCode()).toBe(0);
  });

  test("exits with 4 after three wrong PINs", async () => {
    await answerAuthorizePage(await startLogin(), { screenName: "bob" });
    await typePin("1");
    await terminal.waitFor(/Twitter rejected this PIN.*\n+PIN: $/m);
    await typePin("2");
    await terminal.waitFor(/(?:Twitter rejected this PIN[^]*){2}\nPIN: $/m);
    await typePin("3");
    await terminal.waitFor(/error: twitter.access_token.*\ncause: .*\n?.*fix: /ms);
    expect(await exitCode()).toBe(4);
  });

  test("exits with 4 for any PIN after the user cancels on the page", async () => {
    await answerAuthorizePage(await startLogin(), "cancel");
    await typePin("1234567");
    await terminal.waitFor(/fix: run `auth-cli login` again/);
    expect(await exitCode()).toBe(4);
  });

  test("exits with 130 after Ctrl-C and restores the terminal's echo", async () => {
    await startLogin();
    await terminal.type("C-c");
    expect(await exitCode()).toBe(130);
    await terminal.type("echo typed$((1+1))");
    await terminal.waitFor(/READY> echo typed\$\(\(1\+1\)\)$/m);
  });

  test("exits with 4 after Ctrl-D", async () => {
    await startLogin();
    await terminal.type("C-d");
    expect(await exitCode()).toBe(4);
  });
});
