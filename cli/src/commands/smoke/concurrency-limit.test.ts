import { setImmediate as later } from "node:timers/promises";
import { expect, it } from "vitest";
import { Gate } from "./concurrency-limit.ts";

it("lets so many through at once, the others in their order, and is free again after a failure", async () => {
  const gate = new Gate(2);
  const began: number[] = [];
  const ends: ((outcome: "done" | "failed") => void)[] = [];
  const all = [0, 1, 2, 3].map((index) =>
    gate.pass(async () => {
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
  // None waits, so each of them goes straight through.
  expect(await Promise.all([gate.pass(async () => "a"), gate.pass(async () => "b")])).toEqual(["a", "b"]);
});
