import { resolve } from "node:path";
import type { Environment } from "../../environment/environment.ts";
import { headerValue, type HttpResponse } from "../../http.ts";
import { jsonLines } from "../../lines.ts";
import { readWhole } from "./body.ts";
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
  const chunks = flags.include || flags.head ? withHead(response) : response.body;
  if (flags.output !== undefined && flags.output !== "-") {
    await environment.files.writeStream(resolve(environment.workingDirectory, flags.output), chunks);
    return;
  }
  for await (const chunk of chunks) await environment.terminal.printBytes(chunk);
}

async function* withHead(response: HttpResponse): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${responseHead(response).join("\r\n")}\r\n\r\n`);
  yield* response.body;
}

/** @throws AuthCliError `unexpected-reply` for a body that is too long to hold in memory */
export async function printJson(
  environment: Environment,
  response: HttpResponse,
  { identityId, startedMs }: { identityId: string | undefined; startedMs: number },
): Promise<void> {
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
