import { AuthCliError } from "../../errors.ts";
import { isJsonObject, parseJson } from "../../json.ts";

/** What `init` reads of a package.json. */
export interface PackageJson {
  scripts?: Readonly<Record<string, unknown>>;
  dependencies?: Readonly<Record<string, unknown>>;
  devDependencies?: Readonly<Record<string, unknown>>;
  optionalDependencies?: Readonly<Record<string, unknown>>;
  workspaces?: unknown;
}

/** The objects of a package.json that `init` adds to. */
export type Section = "scripts" | "devDependencies";

const objectNames = ["scripts", "dependencies", "devDependencies", "optionalDependencies"] as const;

/**
 * @param path for the error
 * @throws AuthCliError `invalid-configuration`
 */
export function parsePackageJson(path: string, text: string): PackageJson {
  const fail = (cause: string): never => {
    throw new AuthCliError("invalid-configuration", {
      message: `cannot use ${path}`,
      cause,
      fix: `correct ${path}: \`npm pkg get scripts\` shows whether npm can read it`,
    });
  };
  let content: unknown;
  try {
    content = parseJson(withoutMark(text));
  } catch {
    // The file may be a link to a secret, so its content is not shown.
    return fail("it is not JSON");
  }
  if (!isJsonObject(content)) return fail("it is not a JSON object");
  for (const name of objectNames) {
    if (content[name] !== undefined && !isJsonObject(content[name]))
      return fail(`its ${name} is not an object`);
  }
  return content;
}

/**
 * Adds a member at the end of an object of a package.json, and the object when it is missing. Changes nothing else:
 * indentation, line ends, order and the end of the file stay.
 * @param text valid JSON without the member
 */
export function addMember(text: string, section: Section, name: string, value: string): string {
  const style = styleOf(text);
  const objects = findObjects(text);
  const [root, object] = [objects.get(""), objects.get(section)];
  if (root === undefined) throw new Error("the text is not a JSON object");
  const member = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  if (object !== undefined) return insert(text, object, 2, member, style);
  const created = insert("{}", { start: 1, end: 1 }, 2, member, style);
  return insert(text, root, 1, `${JSON.stringify(section)}: ${created}`, style);
}

interface Style {
  /** Undefined for a file on one line. */
  indent: string | undefined;
  lineEnd: string;
}

function styleOf(text: string): Style {
  const root = findObjects(text).get("");
  const isOneLine =
    root !== undefined && root.end > root.start && !text.slice(root.start, root.end).includes("\n");
  return {
    indent: isOneLine ? undefined : (/\n([ \t]+)"/.exec(text)?.[1] ?? "  "),
    lineEnd: text.includes("\r\n") ? "\r\n" : "\n",
  };
}

/** The members of an object: from its brace to the end of its last member. */
interface Span {
  start: number;
  end: number;
}

const tokens = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The root object, as "", and its objects by key. Of a repeated key, the last one, as in JSON.parse.
 * @param text valid JSON
 */
function findObjects(text: string): Map<string, Span> {
  const found = new Map<string, Span>();
  const starts: number[] = [];
  let key = "";
  let previous = { token: "", end: 0 };
  for (const { 0: token, index } of text.matchAll(tokens)) {
    const end = index + token.length;
    if (token === ":" && starts.length === 1) key = parseJson(previous.token) as string;
    if (token === "{" || token === "[") starts.push(end);
    if (token === "}" || token === "]") {
      const start = starts.pop() ?? 0;
      if (starts.length <= 1) found.set(starts.length === 0 ? "" : key, { start, end: previous.end });
    }
    previous = { token, end };
  }
  return found;
}

function insert(text: string, { start, end }: Span, depth: number, member: string, style: Style): string {
  const [before, after] = [text.slice(0, end), text.slice(end)];
  const comma = end > start ? "," : "";
  if (style.indent === undefined) return before + comma + member + after;
  const line = `${style.lineEnd}${style.indent.repeat(depth)}`;
  if (comma === "") {
    return `${before}${line}${member}${style.lineEnd}${style.indent.repeat(depth - 1)}${after.trimStart()}`;
  }
  const isInline = !text.slice(start, end).includes("\n");
  return before + comma + (isInline ? " " : line) + member + after;
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}
