import { resolve } from "node:path";
import type { Environment } from "../../environment/environment.ts";
import { headerValue, type HttpResponse } from "../../http.ts";
import { jsonLines } from "../../lines.ts";
import { requestId } from "./http-error.ts";
import { responseHead } from "./verbose.ts";

export interface PrintFlags {
  include?: boolean;
  head?: boolean;
  output?: string;
  jq?: string;
}

/** The last byte on standard output. Undefined when nothing was printed. */
export type LastByte = number | undefined;

/**
 * Streams the body, with the head before it where a flag asks for it, to standard output or to a file. On a terminal,
 * JSON is indented and coloured.
 */
export async function printResponse(
  environment: Environment,
  response: HttpResponse,
  flags: PrintFlags,
): Promise<LastByte> {
  const { terminal } = environment;
  const wantsHead = flags.include || flags.head;
  if (flags.output !== undefined && flags.output !== "-") {
    const chunks = wantsHead ? withHead(response) : response.body;
    await environment.files.writeStream(resolve(environment.workingDirectory, flags.output), chunks);
    return undefined;
  }
  const isSeen = terminal.resultColumns !== undefined;
  // A person reads the head as text. A program gets its bytes.
  if (wantsHead && isSeen) await terminal.print([...responseHead(response), ""]);
  else if (wantsHead) await terminal.printBytes(headBytes(response));
  // As in gh, an error's body is not what the expression is for.
  const jq = response.status < 400 ? flags.jq : undefined;
  if (jq === undefined && !(isSeen && isJson(response))) return printChunks(environment, response.body);

  const { readForTerminal, readText, selectWithJq } = await import("./json-result.ts");
  if (jq !== undefined) {
    const selected = await selectWithJq(environment, await readText(response.body), jq);
    await terminal.printBytes(selected);
    return selected.at(-1);
  }
  const shown = await readForTerminal(response.body, terminal.resultColour);
  if ("chunks" in shown) return printChunks(environment, shown.chunks);
  await terminal.print(shown.lines);
  return lineFeed;
}

async function printChunks(
  { terminal }: Pick<Environment, "terminal">,
  chunks: AsyncIterable<Uint8Array>,
): Promise<LastByte> {
  let last: LastByte;
  for await (const chunk of chunks) {
    await terminal.printBytes(chunk);
    last = chunk.at(-1) ?? last;
  }
  return last;
}

/** On a terminal, npx of npm 11 erases the line of the cursor when its command ends. */
export async function endLine({ terminal }: Pick<Environment, "terminal">, last: LastByte): Promise<void> {
  const isLineOpen = last !== undefined && last !== lineFeed;
  if (isLineOpen && terminal.resultColumns !== undefined) await terminal.printBytes(Buffer.of(lineFeed));
}

const lineFeed = 10;

function isJson({ headers }: HttpResponse): boolean {
  return /[/+]json\s*(?:;|$)/i.test(headerValue(headers, "content-type") ?? "");
}

async function* withHead(response: HttpResponse): AsyncGenerator<Uint8Array> {
  yield headBytes(response);
  yield* response.body;
}

/** Node reads a head as Latin-1, one character for each byte. */
function headBytes(response: HttpResponse): Buffer {
  return Buffer.from(`${responseHead(response).join("\r\n")}\r\n\r\n`, "latin1");
}

/** @throws AuthCliError `unexpected-reply` for a body that is too long to hold in memory */
export async function printJson(
  environment: Environment,
  response: HttpResponse,
  {
    identityId,
    startedMs,
    jq,
  }: { identityId: string | undefined; startedMs: number; jq: string | undefined },
): Promise<LastByte> {
  const { readWhole } = await import("./body.ts");
  const bytes = await readWhole(response.body);
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text).equals(bytes);
  const result = {
    status: response.status,
    headers: Object.fromEntries(
      response.headers.map(([name]) => [name.toLowerCase(), headerValue(response.headers, name)]),
    ),
    body: isText ? text : bytes.toString("base64"),
    // JSON cannot hold arbitrary bytes.
    ...(isText ? {} : { bodyEncoding: "base64" }),
    requestId: requestId(response.headers),
    identityId,
    durationMs: environment.now() - startedMs,
  };
  if (jq === undefined) {
    await environment.terminal.print(jsonLines(result));
    return lineFeed;
  }
  const { selectWithJq } = await import("./json-result.ts");
  const selected = await selectWithJq(environment, JSON.stringify(result), jq);
  await environment.terminal.printBytes(selected);
  return selected.at(-1);
}
