import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import { joinHeaders, splitTarget } from "../sigv4/wire-request.ts";
import { requestId as newRequestId } from "./identifiers.ts";
import type { AwsRequest, AwsResponse } from "./request.ts";
import { stackOf } from "../error-text.ts";

/** Far more than any operation takes, except for an S3 object. */
const maximumBodyBytes = 1024 * 1024;

/** More than Lambda's largest zip archive. S3 itself accepts 5 GB. */
const maximumObjectBytes = 512 * 1024 * 1024;

/** How long a connection stays open for the rest of a body that is too large. */
const lingerMs = 2000;

/** Reads each request completely, then sends the service's response. */
export function awsRequestListener(
  handle: (request: AwsRequest) => Promise<AwsResponse>,
  now: () => Date,
  log: (line: string) => void,
): RequestListener {
  return (incoming, outgoing) => {
    // Clients correct their clock by this header.
    outgoing.setHeader("date", now().toUTCString());
    respond(incoming, outgoing, handle, log).catch((error: unknown) => {
      if (!incoming.complete)
        return log(`aws ${incoming.method}: the client closed the connection in its request`);
      log(`aws fault: ${stackOf(error)}`);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500).end();
    });
  };
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: AwsRequest) => Promise<AwsResponse>,
  log: (line: string) => void,
): Promise<void> {
  const limit = bodyLimit(incoming);
  const body = await readBody(incoming, limit);
  if (body === undefined) {
    log(`aws ${incoming.method ?? ""} refused: the body is larger than ${limit} bytes`);
    outgoing.writeHead(413, { connection: "close", "content-length": 0 }).flushHeaders();
    // A client that still sends when the connection is closed loses the response.
    await finished(incoming.resume(), { signal: AbortSignal.timeout(lingerMs) }).catch(() => {});
    outgoing.end();
    return;
  }
  const rawUrl = incoming.url ?? "/";
  const { rawPath, rawQuery } = splitTarget(rawUrl);
  const response = await handle({
    method: incoming.method ?? "GET",
    rawUrl,
    rawHeaders: incoming.rawHeaders,
    path: rawPath,
    query: rawQuery,
    headers: Object.fromEntries(joinHeaders(incoming.rawHeaders)),
    body,
    requestId: newRequestId(),
  });
  const headers = { ...response.headers };
  if (response.status !== 204 && response.status !== 304) {
    // A response to HEAD has the headers of a response to GET.
    headers["content-length"] ??= String(Buffer.byteLength(response.body));
  }
  outgoing.writeHead(response.status, headers).end(incoming.method === "HEAD" ? undefined : response.body);
}

/** The largest body, by the headers alone: only a signed request to S3 may have more than the other operations. */
function bodyLimit({ headers, url = "" }: IncomingMessage): number {
  const isSigned = headers.authorization?.startsWith("AWS4-") === true || /[?&]X-Amz-Signature=/.test(url);
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  const isObject = headers["x-amz-target"] === undefined && !isForm && splitTarget(url).rawPath !== "/";
  return isSigned && isObject ? maximumObjectBytes : maximumBodyBytes;
}

/** @returns undefined when the body is larger than the limit; it is then not read to its end */
async function readBody(incoming: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  if (Number(incoming.headers["content-length"] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
