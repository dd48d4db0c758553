import { InvalidArgumentError } from "commander";

/** Parses a flag that may be repeated. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

export function positive(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError("expected a number of seconds above 0");
}

export function whole(value: string): number {
  if (/^\d{1,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected a whole number from 0 to 999");
}

export function port(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= 65_535) return number;
  throw new InvalidArgumentError("expected a port, 0 to 65535");
}

export function consumerKey(value: string): string {
  if (/^[\w-]+$/.test(value)) return value;
  throw new InvalidArgumentError("expected the API Key of the X app: letters and digits");
}

/** Accepts any text, including an empty one and one that looks like a flag. */
export function anyText(value: string): string {
  return value;
}

export function httpStatus(value: string): number {
  if (/^[1-5]\d\d$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected an HTTP status, 100 to 599");
}

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Longer than a CI job may run. */
const longestMs = 24 * 60 * 60_000;

/** `500ms`, `60s`, `2m`. @returns milliseconds */
export function duration(value: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) ?? [];
  const ms = Math.round(Number(digits) * (unitsMs[unit as keyof typeof unitsMs] ?? 0));
  if (ms > 0 && ms <= longestMs) return ms;
  throw new InvalidArgumentError("expected a duration above 0, for example 500ms, 60s or 2m");
}
