import type { Environment } from "../environment.ts";

/**
 * Reads a JSON file of ours. One that is broken is set aside under a new name and reported, never overwritten:
 * it may be all that is left of somebody's logins.
 * @param parse the checked value, or undefined when the JSON is not of the shape expected
 */
export function readJsonFile<T>(
  environment: Pick<Environment, "files" | "terminal" | "uniqueName">,
  path: string,
  parse: (value: unknown) => T | undefined,
): T | undefined {
  const text = environment.files.readText(path);
  if (text === undefined) return undefined;
  const parsed = parse(parseJson(text));
  if (parsed !== undefined) return parsed;
  const aside = `${path}.corrupt-${environment.uniqueName().slice(0, 8)}`;
  environment.files.rename(path, aside);
  environment.terminal.say(`warning: ${path} could not be read and was set aside as ${aside}\n`);
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
