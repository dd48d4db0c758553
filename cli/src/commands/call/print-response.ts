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
}

/** Streams the body, with the head before it where a flag asks for it, to standard output or to a file. */
export async function printResponse(
  environment: Environment,
  response: HttpResponse,
  flags: PrintFlags,
): Promise<void> {
  const { terminal } = environment;
  const wantsHead = flags.include || flags.head;
  if (flags.output !== undefined && flags.output !== "-") {
    const chunks = wantsHead ? withHead(response) : response.body;
    await environment.files.writeStream(resolve(environment.workingDirectory, flags.output), chunks);
    return;
  }
  // A person reads the head as text. A program gets its bytes.
  const asText = wantsHead && terminal.resultColumns !== undefined;
  if (asText) await terminal.print([...responseHead(response), ""]);
  const chunks = wantsHead && !asText ? withHead(response) : response.body;
  let last: number | undefined;
  for await (const chunk of chunks) {
    await terminal.printBytes(chunk);
    last = chunk.at(-1) ?? last;
  }
  // On a terminal, npx of npm 11 erases the line of the cursor when its command ends.
  const isLineOpen = last !== undefined && last !== lineFeed;
  if (isLineOpen && terminal.resultColumns !== undefined) await terminal.printBytes(Buffer.of(lineFeed));
}

const lineFeed = 10;

async function* withHead(response: HttpResponse): AsyncGenerator<Uint8Array> {
  // Node reads a head as Latin-1, one character for each byte.
  yield Buffer.from(`${responseHead(response).join("\r\n")}\r\n\r\n`, "latin1");
  yield* response.body;
}

/** @throws AuthCliError `unexpected-reply` for a body that is too long to hold in memory */
export async function printJson(
  environment: Environment,
  response: HttpResponse,
  { identityId, startedMs }: { identityId: string | undefined; startedMs: number },
): Promise<void> {
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
  await environment.terminal.print(jsonLines(result));
}
