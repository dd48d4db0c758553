/** A template's scalar as text, the way CloudFormation sees `8`, `true` and `"8"`; anything else as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "undefined";
}
