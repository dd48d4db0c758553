import { describe, expect, it } from "vitest";
import { parseSchedule } from "./schedule-expression.ts";

/** The next three times after a Friday, 2026-11-27 21:50:30. */
function nextTimes(expression: string): (string | undefined)[] {
  const schedule = parseSchedule(expression);
  const since = new Date("2026-11-27T21:50:30Z");
  const times: (string | undefined)[] = [];
  let time: Date | undefined = since;
  for (let count = 0; count < 3 && time !== undefined; count += 1) {
    time = schedule?.next(time, since);
    times.push(
      time?.toISOString().replace(/:(\d\d)\.000Z/, (_, seconds) => (seconds === "00" ? "" : `:${seconds}`)),
    );
  }
  return times;
}

describe("a schedule expression", () => {
  it.each([
    ["rate(1 minute)", ["2026-11-27T21:51:30", "2026-11-27T21:52:30", "2026-11-27T21:53:30"]],
    ["rate(12 hours)", ["2026-11-28T09:50:30", "2026-11-28T21:50:30", "2026-11-29T09:50:30"]],
    // The examples of EventBridge's documentation.
    ["cron(0 10 * * ? *)", ["2026-11-28T10:00", "2026-11-29T10:00", "2026-11-30T10:00"]],
    ["cron(0 18 ? * MON-FRI *)", ["2026-11-30T18:00", "2026-12-01T18:00", "2026-12-02T18:00"]],
    ["cron(0 8 1 * ? *)", ["2026-12-01T08:00", "2027-01-01T08:00", "2027-02-01T08:00"]],
    ["cron(0/15 * * * ? *)", ["2026-11-27T22:00", "2026-11-27T22:15", "2026-11-27T22:30"]],
    ["cron(0/5 8-17 ? * MON-FRI *)", ["2026-11-30T08:00", "2026-11-30T08:05", "2026-11-30T08:10"]],
    ["cron(0 12 ? * 3#2 *)", ["2026-12-08T12:00", "2027-01-12T12:00", "2027-02-09T12:00"]],
    ["cron(0 12 ? * TUE#2 *)", ["2026-12-08T12:00", "2027-01-12T12:00", "2027-02-09T12:00"]],
    ["cron(0 12 ? * 6L *)", ["2026-12-25T12:00", "2027-01-29T12:00", "2027-02-26T12:00"]],
    ["cron(0 12 L * ? *)", ["2026-11-30T12:00", "2026-12-31T12:00", "2027-01-31T12:00"]],
    ["cron(0 12 LW * ? *)", ["2026-11-30T12:00", "2026-12-31T12:00", "2027-01-29T12:00"]],
    ["cron(0 12 3W * ? *)", ["2026-12-03T12:00", "2027-01-04T12:00", "2027-02-03T12:00"]],
    ["cron(0 12 ? * L *)", ["2026-11-28T12:00", "2026-12-05T12:00", "2026-12-12T12:00"]],
    ["cron(0 12 ? * FRI-MON *)", ["2026-11-28T12:00", "2026-11-29T12:00", "2026-11-30T12:00"]],
    ["cron(30 9 29 FEB ? 2027/1)", ["2028-02-29T09:30", "2032-02-29T09:30", "2036-02-29T09:30"]],
    ["cron(0 0 1 jan ? 2026)", [undefined]],
  ])("%s", (expression, times) => {
    expect(nextTimes(expression)).toEqual(times);
  });

  it.each([
    "rate(1 minutes)",
    "rate(5 minute)",
    "rate(0 minutes)",
    "rate(30 seconds)",
    "rate(5minutes)",
    "rate(1.5 hours)",
    "cron(* * * * *)",
    "cron(0/10 * ? * *)",
    "cron(*/60 * * * ? *)",
    "cron(0 10 * * * *)",
    "cron(0 10 ? * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 10 ? * 0 *)",
    "cron(0 10 32 * ? *)",
    "cron(0 10 ? * 3#6 *)",
    "cron(0 10 ? * 3#1,6#3 *)",
    "cron(0 10 * * ? 1969)",
    "cron(? 10 * * ? *)",
    "at(2026-11-27T10:00:00)",
    "5 minutes",
    "",
  ])("is refused: %s", (expression) => {
    expect(parseSchedule(expression)).toBeUndefined();
  });
});
