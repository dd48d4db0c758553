import type { CloudClock } from "./cloud-clock.ts";

/** What happens at a time: the schedules and alarms of a region. */
export interface Timed {
  /** Undefined when nothing waits. */
  nextDue(): Date | undefined;
  /** Does what is due, and waits for it. */
  runDue(time: Date): Promise<void>;
  hasAlarms(): boolean;
  /** Evaluates the alarms with the data before a full minute. */
  evaluateAlarms(minute: Date): void;
}

export interface Timekeeper {
  /** Does what is due now. Call it about once a second. */
  tick(): Promise<void>;
  /**
   * Lets time pass at once: runs every schedule as often as it is due, one after the other, and evaluates the alarms at
   * each full minute. Continues for up to two minutes, so that alarms see the metrics of the last run.
   * @param milliseconds by default, until the next schedule is due
   */
  fastForward(milliseconds?: number): Promise<void>;
}

const minuteMs = 60_000;

export function createTimekeeper(clock: CloudClock, timed: () => readonly Timed[]): Timekeeper {
  let evaluated = minuteOf(clock.now());
  let forwarding = Promise.resolve();
  let isForwarding = false;

  function evaluate(minute: number): void {
    evaluated = minute;
    for (const each of timed()) each.evaluateAlarms(new Date(minute * minuteMs));
  }

  function hasAlarms(): boolean {
    return timed().some((each) => each.hasAlarms());
  }

  /** When the next schedule is due, or now without one. */
  function nextSchedule(now: number): number {
    const times = timed().flatMap((each) => each.nextDue()?.getTime() ?? []);
    return times.length === 0 ? now : Math.min(...times);
  }

  /** The next time at which something happens. */
  function nextStep(): number {
    const times = timed().flatMap((each) => each.nextDue()?.getTime() ?? []);
    if (hasAlarms()) times.push((evaluated + 1) * minuteMs);
    return Math.min(...times);
  }

  async function run(time: Date): Promise<void> {
    await Promise.all(timed().map((each) => each.runDue(time)));
  }

  async function pass(milliseconds: number | undefined): Promise<void> {
    // Runs that are long overdue are skipped.
    await run(clock.now());
    const now = clock.now().getTime();
    const end = milliseconds === undefined ? Math.max(now, nextSchedule(now)) : now + milliseconds;
    const goTo = (time: number): void => clock.advance(Math.max(0, time - clock.now().getTime()));
    isForwarding = true;
    let lastData = end;
    try {
      for (;;) {
        const last = hasAlarms() ? (Math.floor(lastData / minuteMs) + 1) * minuteMs : end;
        const step = nextStep();
        if (step > last) {
          goTo(last);
          clock.align();
          return;
        }
        goTo(step);
        // An alarm sees the data before the minute, not those of a run at the minute.
        if (step >= (evaluated + 1) * minuteMs) evaluate(Math.floor(step / minuteMs));
        // oxlint-disable-next-line no-await-in-loop -- a run may change what comes next
        await run(new Date(step));
        // A run may end, and put its metrics, in the next minute.
        if (step <= end) lastData = Math.max(lastData, clock.now().getTime());
      }
    } finally {
      isForwarding = false;
    }
  }

  return {
    async tick() {
      if (isForwarding) return;
      const time = clock.now();
      if (minuteOf(time) > evaluated) evaluate(minuteOf(time));
      await run(time);
    },
    fastForward(milliseconds) {
      const passed = forwarding.then(() => pass(milliseconds));
      forwarding = passed.catch(() => {});
      return passed;
    },
  };
}

function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / minuteMs);
}
