import { setImmediate as later } from "node:timers/promises";
import { expect, it } from "vitest";
import { ConcurrencyLimit } from "./concurrency-limit.ts";

it("runs two tasks at once, the others in their order, also after a failure", async () => {
  const limit = new ConcurrencyLimit(2);
  const began: number[] = [];
  const ends: ((outcome: "done" | "failed") => void)[] = [];
  const all = [0, 1, 2, 3].map((index) =>
    limit.run(async () => {
      began.push(index);
      const outcome = await new Promise((resolve) => (ends[index] = resolve));
      if (outcome === "failed") throw new Error(String(index));
      return index;
    }),
  );
  const settled = Promise.allSettled(all);
  await later();
  expect(began).toEqual([0, 1]);
  ends[1]?.("failed");
  await later();
  expect(began).toEqual([0, 1, 2]);
  ends[0]?.("done");
  await later();
  expect(began).toEqual([0, 1, 2, 3]);
  ends[2]?.("done");
  ends[3]?.("done");
  expect((await settled).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  // The queue is empty again.
  expect(await Promise.all([limit.run(async () => "a"), limit.run(async () => "b")])).toEqual(["a", "b"]);
});
