import { describe, expect, it } from "vitest";
import { createCloudClock } from "./cloud-clock.ts";
import { memoryState } from "./state.ts";
import { createTimekeeper, type Timed } from "./timekeeper.ts";

/** A schedule every five minutes, and alarms. @returns what has happened, by the cloud's time */
function world(start: string, { hasAlarms = true, firstDue = "2026-11-27T12:00:00Z", runMs = 0 } = {}) {
  let now = new Date(start).getTime();
  const happened: string[] = [];
  let due = new Date(firstDue);
  const note = (what: string, time: Date): unknown =>
    happened.push(`${time.toISOString().slice(11, 19)} ${what}`);
  const timed: Timed = {
    nextDue: () => due,
    runDue(time) {
      if (due > time) return Promise.resolve();
      note("run", due);
      due = new Date(due.getTime() + 300_000);
      now += runMs;
      return Promise.resolve();
    },
    hasAlarms: () => hasAlarms,
    evaluateAlarms: (minute) => void note("evaluate", minute),
  };
  const clock = createCloudClock(() => new Date(now), memoryState());
  const timekeeper = createTimekeeper(clock, () => [timed]);
  return { clock, timekeeper, happened, pass: (milliseconds: number) => (now += milliseconds) };
}

describe("time", () => {
  it("runs what is due, and evaluates alarms at each full minute", async () => {
    const { timekeeper, happened, pass } = world("2026-11-27T11:59:59Z");
    await timekeeper.tick();
    expect(happened).toEqual([]);
    pass(1000);
    await timekeeper.tick();
    await timekeeper.tick();
    expect(happened).toEqual(["12:00:00 evaluate", "12:00:00 run"]);
  });

  it("passes until the next schedule is due and the alarms know of it", async () => {
    const { clock, timekeeper, happened } = world("2026-11-27T11:57:30Z");
    await timekeeper.fastForward();
    expect(happened).toEqual([
      "11:58:00 evaluate",
      "11:59:00 evaluate",
      "12:00:00 evaluate",
      "12:00:00 run",
      "12:01:00 evaluate",
    ]);
    expect(clock.now().toISOString()).toBe("2026-11-27T12:01:30.000Z");
    // To a client, the run was a minute and a half ago.
    expect(clock.toClient(new Date("2026-11-27T12:00:00Z")).toISOString()).toBe("2026-11-27T11:56:00.000Z");
  });

  it("passes until the alarms know of a run that ends in the next minute", async () => {
    const { timekeeper, happened } = world("2026-11-27T11:59:00Z", {
      firstDue: "2026-11-27T11:59:59Z",
      runMs: 2000,
    });
    await timekeeper.fastForward();
    expect(happened).toEqual(["11:59:59 run", "12:00:00 evaluate", "12:01:00 evaluate"]);
  });

  it("passes for the given duration, one run after the other", async () => {
    const { timekeeper, happened } = world("2026-11-27T11:57:30Z", { hasAlarms: false });
    const both = [timekeeper.fastForward(300_000), timekeeper.fastForward(300_000)];
    await Promise.all(both);
    expect(happened.filter((what) => what.endsWith("run"))).toEqual(["12:00:00 run", "12:05:00 run"]);
  });

  it("rejects with a fault of what happens", async () => {
    const timed = {
      nextDue: () => undefined,
      runDue: () => Promise.reject(new Error("fault")),
      hasAlarms: () => false,
      evaluateAlarms() {},
    };
    const clock = createCloudClock(() => new Date(), memoryState());
    await expect(createTimekeeper(clock, () => [timed]).tick()).rejects.toThrow("fault");
  });
});
