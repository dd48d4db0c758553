import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { runProcess } from "./run-process.ts";

/** A terminal with a person at it: what is typed and what the screen shows. */
export interface Tmux {
  /** Keys as tmux names them (`Enter`, `C-c`), or text. */
  type(...keys: string[]): Promise<void>;
  screen(): Promise<string>;
  /** Waits until the screen shows it. @throws Error with the screen after ten seconds */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  close(): Promise<void>;
}

/** Starts a shell in a tmux server of its own. */
export async function startTmux(
  tmux: string,
  { cwd, env, columns = 100 }: { cwd: string; env: Record<string, string | undefined>; columns?: number },
): Promise<Tmux> {
  const server = ["-L", `auth-cli-${randomBytes(6).toString("hex")}`, "-f", "/dev/null"];
  const run = async (...args: string[]): Promise<string> =>
    (await runProcess(tmux, [...server, ...args], { cwd, env, timeoutMs: 10_000 })).stdout;
  await run("new-session", "-d", "-x", String(columns), "-y", "50", "/bin/sh");
  // Wrapped lines joined, so that a long address stays whole.
  const screen = (): Promise<string> => run("capture-pane", "-p", "-J");
  return {
    type: async (...keys) => void (await run("send-keys", ...keys)),
    screen,
    async waitFor(pattern) {
      for (const deadline = Date.now() + 10_000; ; await sleep(50)) {
        const text = await screen();
        const match = pattern.exec(text);
        if (match !== null) return match;
        if (Date.now() > deadline) throw new Error(`the screen does not show ${String(pattern)}:\n${text}`);
      }
    },
    close: async () => void (await run("kill-server")),
  };
}
