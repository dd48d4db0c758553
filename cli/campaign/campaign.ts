import * as fc from "fast-check";

/** What the runner asks of a campaign. */
export interface Assignment {
  /** Of the first batch. The next one has the next seed. */
  seed: number;
  /** Milliseconds until no further batch starts. The first one always runs. */
  budgetMs: number;
  /** Runs this many batches, however long they take. */
  batches?: number | undefined;
  /** fast-check's path to one counterexample. */
  path?: string | undefined;
  /** Only cases whose name has this text, in campaigns with named cases. */
  match?: string | undefined;
  /** The program of an earlier build, which shares a store with this one. */
  earlier?: string | undefined;
}

export interface Defect {
  /** Of its batch. */
  seed: number;
  path?: string | undefined;
  /** The smallest input that was found. */
  input: string;
  /** What went wrong. */
  error: string;
  /** The case, for `--match`. */
  match?: string;
  /** How many batches show it. One, if not stated. */
  batches?: number;
}

export interface Outcome {
  /** `100,000 requests`, `12 commands`: each count with its unit. */
  sizes: Record<string, number>;
  defects: Defect[];
}

export interface Campaign {
  name: string;
  /** Of the time, relative to the others. */
  share: number;
  /** Shorter runs of all campaigns leave it out. */
  leastMinutes?: number;
  run: (assignment: Assignment) => Promise<Outcome>;
}

/** Runs batches until the time is over or one has a defect. */
export async function inBatches(
  { seed, budgetMs, batches, path }: Assignment,
  batch: (seed: number, path: string | undefined) => Promise<Defect | undefined>,
): Promise<Defect[]> {
  const started = performance.now();
  for (let done = 0; ; done += 1) {
    const defect = await batch(seed + done, done === 0 ? path : undefined);
    if (defect !== undefined) return [defect];
    const isOver = batches === undefined ? performance.now() - started >= budgetMs : done + 1 >= batches;
    if (isOver || path !== undefined) return [];
  }
}

/** Checks a property of fast-check, which makes a counterexample smaller. */
export async function checkProperty<T>(
  property: fc.IAsyncProperty<T>,
  { seed, path, runs }: { seed: number; path: string | undefined; runs: number },
): Promise<Defect | undefined> {
  const result = await fc.check(property, {
    seed,
    numRuns: runs,
    // A counterexample is made smaller for two minutes.
    skipAllAfterTimeLimit: 120_000,
    ...(path === undefined ? {} : { path }),
  });
  if (!result.failed || result.counterexample === null) return undefined;
  const { counterexample, counterexamplePath, errorInstance } = result;
  return {
    seed,
    path: counterexamplePath ?? undefined,
    input: fc.stringify(counterexample),
    error: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
  };
}

export interface Random {
  /** A whole number below the limit. */
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
}

/** Random numbers of a case that fast-check cannot make smaller: the same for the same seed. */
export function randomOf(seed: number): Random {
  // mulberry32
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick(from) {
      const picked = from[below(from.length)];
      if (picked === undefined) throw new Error("nothing to pick from");
      return picked;
    },
  };
}

/** A case of a campaign whose cases share a world. */
export interface Case<World> {
  /** How often it runs, relative to the others. */
  weight: number;
  /** @param say gets what is done, before it is done */
  run: (world: World, random: Random, say: (what: string) => void, assignment: Assignment) => Promise<void>;
  isPossible?: () => boolean;
}

/** Runs random cases until the time is over or one has a defect. */
export async function runCases<World>(
  assignment: Assignment,
  cases: Readonly<Record<string, Case<World>>>,
  world: World,
  count: (unit: string) => void,
): Promise<Defect[]> {
  const { match } = assignment;
  const chosen = Object.entries(cases).filter(([name]) => match === undefined || name === match);
  // A seed stands for the same case on every computer, and where it is impossible for none.
  const names = chosen.flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name));
  const possible = new Map(chosen.filter(([, { isPossible }]) => isPossible?.() !== false));
  let what = "";
  const tell = (): void => console.error(`ended during ${what}`);
  process.on("uncaughtExceptionMonitor", tell);
  try {
    return await inBatches(assignment, async (seed) => {
      const random = randomOf(seed);
      const name = random.pick(names);
      const each = possible.get(name);
      if (each === undefined) return undefined;
      count("cases");
      count(name);
      what = name;
      try {
        await each.run(world, random, (text) => (what = `${name}: ${text}`), assignment);
        return undefined;
      } catch (error) {
        return { seed, input: what, error: error instanceof Error ? error.message : String(error) };
      }
    });
  } finally {
    process.off("uncaughtExceptionMonitor", tell);
  }
}
