/**
 * `TEST_RUNS` multiplies how often a repeated test repeats. `npm test` leaves it at 1. `npm run test:long` sets it to 20,
 * in `vitest.config.ts`, and then also tries all combinations.
 */
const factor = Number(process.env["TEST_RUNS"] ?? "1");
if (!Number.isInteger(factor) || factor < 1) throw new Error("TEST_RUNS must be a whole number from 1 on");

/** Whether this is a long run. */
export const isLongRun = factor > 1;

/** Declares tests of a long run. Other runs do not count them as skipped, which means that a peer is missing. */
export function inLongRun(declare: () => void): void {
  if (isLongRun) declare();
}

/** @param runs how often a short run repeats */
export function testRuns(runs: number): number {
  return runs * factor;
}

/** All pairs in a long run. In a short run, as few as have every value at least once. */
export function combinations<A, B>(first: readonly A[], second: readonly B[]): (readonly [A, B])[] {
  if (isLongRun) return first.flatMap((one) => second.map((other) => [one, other] as const));
  const [longer, shorter] = [first, second].toSorted((one, other) => other.length - one.length);
  if (shorter?.length === 0) return [];
  return Array.from(
    { length: longer?.length ?? 0 },
    (_, index) => [first[index % first.length], second[index % second.length]] as [A, B],
  );
}
