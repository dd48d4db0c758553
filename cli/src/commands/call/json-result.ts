import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { styled } from "../../lines.ts";
import { readWhole } from "./body.ts";

/** Bytes. A person reads no longer JSON on a terminal. */
const shownLimit = 1024 * 1024;

/**
 * Reads a body of JSON for a terminal.
 * @returns indented lines, or the chunks of a body that is not JSON, not UTF-8 or too long
 */
export async function readForTerminal(
  body: AsyncIterable<Uint8Array>,
  colour: boolean,
): Promise<{ lines: string[] } | { chunks: AsyncIterable<Uint8Array> }> {
  const source = body[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const next = await source.next();
    if (next.done === true) break;
    read.push(next.value);
    length += next.value.length;
    if (length > shownLimit) return { chunks: joined(read, source) };
  }
  const bytes = Buffer.concat(read);
  const text = bytes.toString();
  return isJsonText(text) && Buffer.from(text).equals(bytes)
    ? { lines: indentedJson(text, colour) }
    : { chunks: joined(read, source) };
}

async function* joined(
  read: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* read;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function isJsonText(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

/** A string, a bracket, a comma, a colon or a literal. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Indents JSON without reading its numbers, which JavaScript would round. */
function indentedJson(text: string, colour: boolean): string[] {
  const all = text.match(tokens) ?? [];
  const lines = [""];
  let depth = 0;
  const append = (piece: string): void => void lines.push((lines.pop() ?? "") + piece);
  const breakLine = (): void => void lines.push("  ".repeat(depth));
  for (const [index, token] of all.entries()) {
    const [opens, closes] = [/^[{[]$/.test(token), /^[}\]]$/.test(token)];
    if (closes) depth -= 1;
    if (closes && !/^[{[]$/.test(all[index - 1] ?? "")) breakLine();
    append(colour ? painted(token, all[index + 1] === ":") : token);
    if (opens) depth += 1;
    if (token === "," || (opens && !/^[}\]]$/.test(all[index + 1] ?? ""))) breakLine();
    if (token === ":") append(" ");
  }
  return lines;
}

function painted(token: string, isName: boolean): string {
  if (isName) return styled("blue", token);
  if (token.startsWith('"')) return styled("green", token);
  return /^[\w-]/.test(token) ? styled("yellow", token) : token;
}

/**
 * Rejects an expression that jq cannot compile, before anything is sent.
 * @throws AuthCliError `invalid-usage`
 */
export async function requireJq({ runJq }: Pick<Environment, "runJq">, expression: string): Promise<void> {
  const { failed } = await runJq("", expression, []);
  if (failed === undefined) return;
  throw new AuthCliError("invalid-usage", {
    message: `invalid expression ${JSON.stringify(expression)} (--jq)`,
    cause: failed,
    fix: "see https://jqlang.org/manual",
  });
}

/**
 * What jq selects: strings as text, everything else as JSON, indented on a terminal. One line for each result.
 * @throws AuthCliError `unexpected-reply` for a body that is not JSON, or that the expression does not fit
 */
export async function selectWithJq(
  { runJq, terminal }: Pick<Environment, "runJq" | "terminal">,
  input: string,
  expression: string,
): Promise<Buffer> {
  const isSeen = terminal.resultColumns !== undefined;
  const flags = ["-r", ...(isSeen ? [] : ["-c"]), isSeen && terminal.resultColour ? "-C" : "-M"];
  const { output = "", failed } = await runJq(input, expression, flags);
  if (failed === undefined) return Buffer.from(output === "" ? "" : `${output}\n`);
  throw new AuthCliError("unexpected-reply", {
    message: `--jq ${JSON.stringify(expression)} does not fit the response`,
    cause: failed,
    fix: "leave out --jq to see the response",
  });
}

/** A whole body as text, for jq. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  return (await readWhole(body)).toString();
}
