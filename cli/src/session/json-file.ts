import type { LocalEnvironment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";

/**
 * Reads a JSON file of ours. One that is broken is set aside under a new name and reported, never overwritten: it may
 * be all that is left of somebody's logins. One that other users could read is closed to them, and that is reported.
 * @param newestVersion what `version` in the file may be at most
 * @param parse the checked value, or undefined when the JSON is not of the shape expected
 * @throws AuthCliError `invalid-configuration` for a file of a newer auth-cli, which stays as it is
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
      `warning: ${loose} was open to other users of this computer (mode ${mode}); ${repaired === undefined ? "close it to them" : `its mode is ${repaired} now`}\n`,
    );
  }
  const value = parseJson(text);
  const version = (value as { version?: unknown } | null | undefined)?.version;
  if (typeof version === "number" && version > newestVersion) {
    throw new AuthCliError("invalid-configuration", {
      message: `${path} is of a newer auth-cli`,
      cause: `its version is ${version}, and this auth-cli knows up to ${newestVersion}`,
      fix: "update auth-cli, or give this one a folder of its own with AUTH_CLI_CONFIG_DIR and XDG_CACHE_HOME",
    });
  }
  const parsed = parse(value);
  if (parsed !== undefined) return parsed;
  const aside = `${path}.corrupt-${environment.uniqueName().slice(0, 8)}`;
  if (!files.setAside(path, aside, text)) return readJsonFile(environment, path, newestVersion, parse);
  terminal.say(`warning: ${path} could not be read and was set aside as ${aside}\n`);
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
