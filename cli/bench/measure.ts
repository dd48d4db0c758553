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

/**
 * What is measured of each item, in turns, so that other work on the machine slows all of them equally. The first turn
 * fills caches and does not count.
 */
export async function inTurns<Item, Measured>(
  items: readonly Item[],
  runs: number,
  measure: (item: Item) => Promise<Measured>,
): Promise<Measured[][]> {
  const all = items.map((): Measured[] => []);
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const [index, item] of items.entries()) {
      const measured = await measure(item);
      if (turn > 0) all[index]?.push(measured);
    }
  }
  return all;
}

/** Medians of several commands, in turns. */
export async function medians(commands: readonly Command[], runs: number): Promise<Map<string, number>> {
  const times = await inTurns(commands, runs, timeRun);
  return new Map(commands.map(({ name }, index) => [name, median(times[index] ?? [])]));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
