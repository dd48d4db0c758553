import { spawn } from "node:child_process";

export interface ProcessResult {
  /** Exit code, or null when a signal ended the process. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ProcessOptions {
  cwd?: string;
  /** The whole environment; nothing is inherited, so that a test cannot depend on the machine's own. */
  env: Record<string, string | undefined>;
  stdin?: string | Uint8Array;
  /** Milliseconds after which the process group is killed and the call rejects. */
  timeoutMs?: number;
}

/** Runs a command to its end, in a process group of its own, so that a deadline takes its children along. */
export async function runProcess(
  command: string,
  args: readonly string[],
  { cwd, env, stdin, timeoutMs = 60_000 }: ProcessOptions,
): Promise<ProcessResult> {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: "pipe" });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A child that exits without reading its input closes the pipe under us; that is its right.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin ?? "");

  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    killGroup(child.pid);
  }, timeoutMs);
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    });
    const result = {
      code,
      signal,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    };
    if (late) {
      throw new Error(
        `${command} ${args.join(" ")}: still running after ${timeoutMs} ms\n${result.stdout}\n${result.stderr}`,
      );
    }
    return result;
  } finally {
    clearTimeout(deadline);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
