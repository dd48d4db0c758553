import type { State } from "./state.ts";

/**
 * The time of schedules, metrics and alarms. It is ahead of the clients' time by what was fast-forwarded, so that to
 * clients, who go on with their own clocks, what has happened is longer ago.
 */
export interface CloudClock {
  now(): Date;
  /** A client's time in the clock's. */
  fromClient(time: Date): Date;
  /** One of the clock's times in the clients'. */
  toClient(time: Date): Date;
  advance(milliseconds: number): void;
  /** Goes on until it is ahead by full minutes, so that minutes stay minutes to clients. */
  align(): void;
}

export function createCloudClock(now: () => Date, state: State): CloudClock {
  const clock = state.part("clock", () => ({ aheadMs: 0 }));
  return {
    now: () => shifted(now(), clock.aheadMs),
    fromClient: (time) => shifted(time, clock.aheadMs),
    toClient: (time) => shifted(time, -clock.aheadMs),
    advance(milliseconds) {
      clock.aheadMs += milliseconds;
    },
    align() {
      clock.aheadMs = Math.ceil(clock.aheadMs / 60_000) * 60_000;
    },
  };
}

function shifted(time: Date, milliseconds: number): Date {
  return new Date(time.getTime() + milliseconds);
}
