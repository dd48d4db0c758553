import { Cron } from "croner";

/** When a scheduled rule runs. */
export interface Schedule {
  /** The first time after `after`; undefined if there is none. A rate counts from `since`, when the rule was made. */
  next(after: Date, since: Date): Date | undefined;
}

const minuteMs = 60_000;
const unitMs: Readonly<Record<string, number>> = {
  minute: minuteMs,
  hour: 60 * minuteMs,
  day: 24 * 60 * minuteMs,
};

/**
 * `rate(5 minutes)` or `cron(0 10 * * ? *)`, in UTC.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 *
 * @returns undefined for an expression that EventBridge refuses
 */
export function parseSchedule(expression: string): Schedule | undefined {
  const [, kind, body = ""] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === "rate") return parseRate(body);
  return kind === "cron" ? parseCron(body) : undefined;
}

/** The unit of 1 is singular, and of all others plural. */
function parseRate(body: string): Schedule | undefined {
  const [, digits, unit = "", plural] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(body) ?? [];
  if (digits === undefined || (digits === "1") === (plural === "s")) return undefined;
  const interval = Number(digits) * (unitMs[unit] ?? minuteMs);
  return {
    next(after, since) {
      const passed = Math.floor((after.getTime() - since.getTime()) / interval);
      return new Date(since.getTime() + (Math.max(0, passed) + 1) * interval);
    },
  };
}

interface Field {
  minimum: number;
  maximum: number;
  names?: readonly string[];
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const minutes: Field = { minimum: 0, maximum: 59 };
const hours: Field = { minimum: 0, maximum: 23 };
const daysOfMonth: Field = { minimum: 1, maximum: 31 };
const monthsOfYear: Field = { minimum: 1, maximum: 12, names: months };
const daysOfWeek: Field = { minimum: 1, maximum: 7, names: weekdays };
const years: Field = { minimum: 1970, maximum: 2199 };

/** EventBridge's six fields become a pattern of croner, which has seconds, and the same meaning of `L`, `W` and `#`. */
function parseCron(body: string): Schedule | undefined {
  const fields = body.trim().toUpperCase().split(/\s+/);
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", year = ""] = fields;
  // One of the two days is left open.
  if (fields.length !== 6 || (dayOfMonth === "?") === (dayOfWeek === "?")) return undefined;
  const parts = [
    list(minute, minutes),
    list(hour, hours),
    day(dayOfMonth, daysOfMonth, /^(?:L|LW|(?:[1-9]|[12]\d|3[01])W)$/),
    list(month, monthsOfYear),
    day(dayOfWeek, daysOfWeek, /^(?:[1-7]L|[1-7]#[1-5])$/),
    list(year, years),
  ];
  if (parts.includes(undefined)) return undefined;
  let cron: Cron;
  try {
    cron = new Cron(["0", ...parts].join(" "), {
      paused: true,
      mode: "7-part",
      // Sunday is 1.
      alternativeWeekdays: true,
      timezone: "UTC",
    });
  } catch {
    return undefined;
  }
  return { next: (after) => cron.nextRun(after) ?? undefined };
}

function day(text: string, field: Field, special: RegExp): string | undefined {
  if (text === "?") return "*";
  const named = (field.names ?? []).reduce(
    (result, name, index) => result.replace(new RegExp(`^${name}(?=[L#])`), String(index + 1)),
    text,
  );
  if (special.test(named)) return named;
  // The last day of the week is Saturday.
  return text === "L" && field === daysOfWeek ? "7" : list(text, field);
}

/** @returns the values, or `*`; undefined for a text that is not one of the field */
function list(text: string, field: Field): string | undefined {
  if (text === "*") return "*";
  const values = text.split(",").map((part) => range(part, field));
  return values.includes(undefined) ? undefined : [...new Set(values.flat())].join(",");
}

function range(text: string, { minimum, maximum, names = [] }: Field): number[] | undefined {
  const [, from = "", to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(text) ?? [];
  const number = (value: string): number => {
    const named = names.indexOf(value);
    return named >= 0 ? named + 1 : /^\d+$/.test(value) ? Number(value) : Number.NaN;
  };
  const isAll = from === "*";
  if (isAll && to !== undefined) return undefined;
  const first = isAll ? minimum : number(from);
  const toEnd = to === undefined && (isAll || step !== undefined);
  const last = toEnd ? maximum : to === undefined ? first : number(to);
  const width = step === undefined ? 1 : Number(step);
  const isValid = [first, last].every((value) => value >= minimum && value <= maximum);
  if (!isValid || width < 1 || (isAll && width > maximum)) return undefined;
  // A range such as FRI-MON goes on at the start.
  const length = (last - first + (last < first ? maximum - minimum + 1 : 0)) / width;
  return Array.from(
    { length: Math.floor(length) + 1 },
    (_, index) => ((first - minimum + index * width) % (maximum - minimum + 1)) + minimum,
  );
}
