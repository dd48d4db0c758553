/** Far deeper than any file or reply that auth-cli reads. Code that follows a value into its depth needs a stack for it. */
const maximumDepth = 200;

/**
 * Parses JSON from outside.
 * @throws SyntaxError also for a value that is nested too deep
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isDeeper(value, maximumDepth)) throw new SyntaxError("the JSON is nested too deep");
  return value;
}

export type JsonObject = Record<string, unknown>;

/** Undefined for invalid JSON, and for JSON that is not an object. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one for any other value. */
export function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
