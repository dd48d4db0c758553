import { expect, test } from "vitest";
import { combinations, isLongRun, testRuns } from "./test-runs.ts";

test("a short run has every value of both lists, and a long run every pair and more repeats", () => {
  const all = combinations(["a", "b", "c"], [1, 2]);
  expect(new Set(all.map(([letter]) => letter))).toEqual(new Set(["a", "b", "c"]));
  expect(new Set(all.map(([, digit]) => digit))).toEqual(new Set([1, 2]));
  expect(all).toHaveLength(isLongRun ? 6 : 3);
  expect(combinations([1, 2], ["a", "b", "c"])).toHaveLength(isLongRun ? 6 : 3);
  expect(testRuns(10) > 10).toBe(isLongRun);
});
