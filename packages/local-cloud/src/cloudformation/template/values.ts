/** A scalar of a template as text: CloudFormation treats `8` and `"8"` alike. Anything else becomes JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "undefined";
}

/** JSON that is equal for values that CloudFormation considers equal: keys sorted, numbers and booleans as text. */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : typeof item === "number" || typeof item === "boolean"
          ? String(item)
          : item,
    ) ?? "undefined"
  );
}
