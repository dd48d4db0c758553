import { type ChildProcess, spawn } from "node:child_process";

export type Variables = Record<string, string | undefined>;

export interface Command {
  name: string;
  command: string;
  args: readonly string[];
  variables: Variables;
  cwd?: string;
  stdin?: string;
}

/** A command that takes this long hangs. */
const limitMs = 180_000;

/** Wall time of one run in milliseconds, from spawn to exit. Its output is discarded. */
export async function timeRun({ command, args, variables, cwd, stdin, name }: Command): Promise<number> {
  const started = performance.now();
  const child = spawn(command, args, { env: variables, cwd, stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stdout.resume();
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(stdin ?? "");
  const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const code = await exitCode(child);
  clearTimeout(limit);
  if (code !== 0) throw new Error(`${name}: exit code ${code}\n${errors}`);
  return performance.now() - started;
}

export function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

/** Medians of several commands, run in turns, so that other work on the machine slows all of them equally. */
export async function medians(commands: readonly Command[], runs: number): Promise<Map<string, number>> {
  const times = new Map(commands.map(({ name }) => [name, [] as number[]]));
  // The first turn fills caches and does not count.
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const command of commands) {
      const time = await timeRun(command);
      if (turn > 0) times.get(command.name)?.push(time);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
