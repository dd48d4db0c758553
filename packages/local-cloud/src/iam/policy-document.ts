/** A policy document that cannot be evaluated. The message names the element. */
export class PolicyDocumentError extends Error {
  override name = "PolicyDocumentError";
}

/** The policy grammar allows a single value wherever it allows a list. */
export function asList(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export function asRecord(value: unknown, element: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new PolicyDocumentError(`${element} must be an object`);
  }
  return value as Record<string, unknown>;
}
