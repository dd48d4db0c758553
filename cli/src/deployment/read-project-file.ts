import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { isJsonObject, parseJsonObject } from "../json.ts";
import { listNames } from "../list-names.ts";
import type { ProjectFile, ProjectSettings } from "./project-settings.ts";
import { isStageName } from "./stage.ts";

/** Undefined for a valid value, otherwise a noun for one. */
export type Check = (value: unknown) => string | undefined;

const isText: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "a text");
const isRoute: Check = (value) =>
  typeof value === "string" && /^(?:[A-Z]+ +)?\/\S*$/.test(value) ? undefined : "a route, such as GET /notes";
const areRoutes: Check = (value) =>
  Array.isArray(value) && value.every((each) => isRoute(each) === undefined)
    ? undefined
    : 'a list of routes, such as ["GET /notes"]';

const fields: Readonly<Record<keyof ProjectSettings, Check>> = {
  endpoint: (value) =>
    typeof value === "string" && URL.canParse(value) ? undefined : "the https address of an API",
  identityPoolId: (value) =>
    typeof value === "string" && /^[\w-]+:[0-9a-f-]+$/.test(value)
      ? undefined
      : "an identity pool id, such as us-east-1:12345678-90ab-cdef-1234-567890abcdef",
  outputs: (value) =>
    typeof value === "string" && /^(?![/\\]|[A-Za-z]:|.*(^|[/\\])\.\.([/\\]|$))./.test(value)
      ? undefined
      : "the path of a file in the project's folder",
  api: isText,
  routes: areRoutes,
  publicRoutes: areRoutes,
  expectations: isObject,
  allowGuests: (value) => (typeof value === "boolean" ? undefined : "true or false"),
};

const expectation: Readonly<Record<string, Check>> = {
  status: (value) =>
    Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 599 ? undefined : "an HTTP status",
  body: isText,
};

/**
 * Reads and checks the project's `auth-cli.json`.
 * @returns undefined without the file
 * @throws AuthCliError `invalid-configuration` with the field
 */
export function readProjectFile(
  { files }: { files: Pick<Environment["files"], "readText"> },
  path: string,
): ProjectFile | undefined {
  const text = files.readText(path);
  if (text === undefined) return undefined;
  const content = parseJsonObject(text.replace(/^\uFEFF/, ""));
  if (content === undefined) {
    throw new AuthCliError("invalid-configuration", {
      message: `${path} is not a JSON object`,
      // The file may be a link to a secret, so its content is not shown.
      cause: "it has a syntax error, or was cut off",
      fix: "correct the file; an editor shows the place",
    });
  }
  const { $schema: _schema, ...settings } = content;
  return checkProjectFile(path, settings);
}

/**
 * Checks settings that are not in a file.
 * @param path named in errors
 * @throws AuthCliError `invalid-configuration` with the field
 */
export function checkProjectFile(path: string, content: Readonly<Record<string, unknown>>): ProjectFile {
  const { stages = {}, ...own } = content;
  check(path, "stages", stages, isObject);
  const settings = readSettings(path, "", own);
  const byStage = Object.entries(stages as Record<string, unknown>).map(([stage, value]) => {
    check(path, `stages.${stage}`, isStageName(stage), (valid) => (valid ? undefined : "a stage name"));
    check(path, `stages.${stage}`, value, isObject);
    return [stage, readSettings(path, `stages.${stage}.`, value as Record<string, unknown>)] as const;
  });
  return { path, settings, stages: new Map(byStage) };
}

function readSettings(path: string, prefix: string, content: Record<string, unknown>): ProjectSettings {
  for (const [name, value] of Object.entries(content)) {
    const known = Object.hasOwn(fields, name) ? fields[name as keyof ProjectSettings] : undefined;
    if (known === undefined) throw unknownField(path, prefix, name, Object.keys(fields));
    check(path, prefix + name, value, known);
  }
  const settings = content as ProjectSettings;
  for (const [route, expected] of Object.entries(settings.expectations ?? {})) {
    const place = `${prefix}expectations["${route}"]`;
    const routes = [...(settings.routes ?? []), ...(settings.publicRoutes ?? [])];
    check(path, place, expected, isObject);
    check(path, place, routes.includes(route), (isNamed) =>
      isNamed ? undefined : "for a route in routes or publicRoutes",
    );
    for (const [name, value] of Object.entries(expected)) {
      const known = Object.hasOwn(expectation, name) ? expectation[name] : undefined;
      if (known === undefined) throw unknownField(path, `${place}.`, name, Object.keys(expectation));
      check(path, `${place}.${name}`, value, known);
    }
  }
  return settings;
}

function check(path: string, field: string, value: unknown, rule: Check): void {
  const wanted = rule(value);
  if (wanted === undefined) return;
  throw new AuthCliError("invalid-configuration", {
    message: `${path} has an invalid ${field}`,
    cause: `${field} is not ${wanted}`,
    fix: `set ${field} to ${wanted}, or remove it`,
  });
}

function unknownField(path: string, prefix: string, name: string, known: readonly string[]): AuthCliError {
  const near = known.find((each) => each.toLowerCase() === name.toLowerCase().replace(/[-_]/g, ""));
  return new AuthCliError("invalid-configuration", {
    message: `${path} has an unknown field ${prefix}${name}`,
    cause: `auth-cli knows ${listNames(known)}`,
    fix: near === undefined ? `remove ${prefix}${name}` : `rename it to ${prefix}${near}`,
  });
}

export function isObject(value: unknown): string | undefined {
  return isJsonObject(value) ? undefined : "an object";
}
