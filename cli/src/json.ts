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

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
