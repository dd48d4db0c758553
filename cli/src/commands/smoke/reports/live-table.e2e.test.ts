import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { faults, type FaultServer, startFaultServer } from "@api-auth-twitter/test-support/fault-server";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { startTmux, type Tmux } from "@api-auth-twitter/test-support/tmux";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const tmux = findPeer("tmux");

/** Services that never answer keep the checks running. */
describe.skipIf(tmux === undefined)("the live table in a terminal", () => {
  let folder: string;
  let silence: FaultServer;
  let cli: AuthCli;
  let terminal: Tmux;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "auth-cli-live-"));
    silence = await startFaultServer(faults["never answers"]);
    cli = await createAuthCli(folder, {
      AWS_ENDPOINT_URL: silence.url,
      TWITTER_API_URL: silence.url,
      TWITTER_CONSUMER_KEY: "consumer-key",
      TWITTER_CONSUMER_SECRET: "consumer-secret",
      TWITTER_ACCESS_TOKEN: "1-token-of-alice",
      TWITTER_ACCESS_TOKEN_SECRET: "secret-of-alice",
    });
  });
  afterAll(async () => {
    await silence.close();
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => terminal.close());

  /** @param settings shell assignments for this command, because tmux sets TERM */
  async function smoke(columns: number, settings = ""): Promise<void> {
    const env = { ...cli.variables, LANG: "C.UTF-8" };
    terminal = await startTmux(tmux ?? "", { cwd: folder, env, columns });
    await terminal.type("PS1='READY> '", "Enter");
    await terminal.waitFor(/READY> *$/m);
    const target = `--endpoint ${silence.url} --identity-pool-id us-east-1:00000000-0000-4000-8000-000000000000`;
    await terminal.type(`${settings} ${process.execPath} ${authCliPath} smoke ${target}`, "Enter");
  }

  async function interrupt(): Promise<string> {
    await terminal.type("C-c");
    await terminal.waitFor(/READY>\s*$/);
    await terminal.type("echo exit=$?", "Enter");
    await terminal.waitFor(/exit=130/);
    return terminal.screen();
  }

  test.each([40, 80, 120])("shows running checks and their growing times in %i columns", async (columns) => {
    await smoke(columns);
    await terminal.waitFor(/checking the deployment/);
    const [, first = ""] = await terminal.waitFor(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] public\.open +(\d+) ms/);
    await terminal.waitFor(/✓ outputs/);
    await expect
      .poll(async () => Number(/public\.open +(\d+) ms/.exec(await terminal.screen())?.[1]))
      .toBeGreaterThan(Number(first));
    const shown = await terminal.screen();
    // Redrawn in place.
    expect(shown.match(/public\.open/g)).toHaveLength(1);
    const after = await interrupt();
    expect(after).not.toMatch(/public\.open|checking/);
    expect(after).toMatch(/exit=130/);
  });

  test("shows the same in ASCII without colour", async () => {
    await smoke(80, "NO_COLOR=1 LANG=C");
    await terminal.waitFor(/[|/\\-] public\.open +\d+ ms/);
    await terminal.waitFor(/\+ outputs/);
    // oxlint-disable-next-line no-control-regex
    expect((await terminal.screen()).split("checking")[1]).toMatch(/^[\n -~]*$/);
    await interrupt();
  });

  test("draws nothing on a dumb terminal", async () => {
    await smoke(80, "TERM=dumb");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await terminal.screen()).not.toMatch(/public\.open|checking/);
    await interrupt();
  });
});
