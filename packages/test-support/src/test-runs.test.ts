import { expect, test } from "vitest";
import { combinations, isLongRun, testRuns } from "./test-runs.ts";

test.skipIf(isLongRun)("a short run repeats once, and has every value of both lists", () => {
  expect(testRuns(10)).toBe(10);
  expect(combinations(["a", "b", "c"], [1, 2])).toEqual([
    ["a", 1],
    ["b", 2],
    ["c", 1],
  ]);
  expect(combinations([1, 2], ["a", "b", "c"])).toEqual([
    [1, "a"],
    [2, "b"],
    [1, "c"],
  ]);
});

test.runIf(isLongRun)("a long run repeats more often, and has every pair", () => {
  expect(testRuns(10)).toBeGreaterThan(10);
  expect(combinations(["a", "b"], [1, 2])).toHaveLength(4);
});
