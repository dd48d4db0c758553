import type { LocalEnvironment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { parseJson } from "../json.ts";

/**
 * Reads a JSON file that auth-cli wrote. Moves a corrupt file to a new name instead of overwriting it: it may be all that
 * is left of the user's logins. Closes a file that other users can read. Reports both.
 * @param newestVersion the highest supported `version` in the file
 * @param parse returns undefined for a value of another shape
 * @throws AuthCliError `invalid-configuration` for a file of a newer auth-cli, which stays unchanged
 */
export function readJsonFile<T>(
  environment: Pick<LocalEnvironment, "files" | "terminal" | "uniqueName">,
  path: string,
  newestVersion: number,
  parse: (value: unknown) => T | undefined,
): T | undefined {
  const { files, terminal } = environment;
  const text = files.readText(path);
  if (text === undefined) return undefined;
  for (const { path: loose, mode, repaired } of files.makePrivate(path)) {
    terminal.say(
      `warning: ${loose} was open to other users (mode ${mode}); ${repaired === undefined ? "restrict its mode" : `changed its mode to ${repaired}`}`,
    );
  }
  const value = parseFile(text);
  const version = (value as { version?: unknown } | null | undefined)?.version;
  if (typeof version === "number" && version > newestVersion) {
    throw new AuthCliError("invalid-configuration", {
      message: `${path} is from a newer auth-cli`,
      cause: `its version is ${version}; this auth-cli supports up to ${newestVersion}`,
      fix: "update auth-cli, or set AUTH_CLI_CONFIG_DIR and XDG_CACHE_HOME to other folders",
    });
  }
  const parsed = parse(value);
  if (parsed !== undefined) return parsed;
  const aside = `${path}.corrupt-${environment.uniqueName().slice(0, 8)}`;
  if (!files.setAside(path, aside, text)) return readJsonFile(environment, path, newestVersion, parse);
  terminal.say(`warning: ${path} is corrupt; moved it to ${aside}`);
  return undefined;
}

function parseFile(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
