import { AuthCliError } from "../errors.ts";
import { headerValue, type HttpResponse } from "../protocol/http.ts";
import { apiStep } from "../protocol/http-api.ts";

/**
 * The body as it was before its Content-Encoding, for `--compressed`.
 * @throws AuthCliError `unexpected-reply` when it is cut short, or is not what its header says
 */
export async function* decodeBody(response: HttpResponse): AsyncGenerator<Uint8Array> {
  const codings = (headerValue(response.headers, "content-encoding") ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length === 0) {
    yield* response.body;
    return;
  }
  const zlib = await import("node:zlib");
  const { Readable } = await import("node:stream");
  const decoders = codings.toReversed().map((coding) => {
    if (coding === "gzip" || coding === "x-gzip" || coding === "deflate") {
      // Some servers send bare deflate data where RFC 9110 8.4.1.2 wants it in zlib's frame.
      return coding === "deflate" ? zlib.createInflate() : zlib.createGunzip();
    }
    if (coding === "br") return zlib.createBrotliDecompress();
    throw notDecoded(
      `the reply is encoded as ${JSON.stringify(coding)}`,
      "only gzip, deflate and br were asked for",
    );
  });
  let failure: unknown;
  let stream: NodeJS.ReadableStream = Readable.from(response.body);
  for (const decoder of decoders) {
    const source = stream;
    source.on("error", (error) => {
      failure ??= error;
      decoder.destroy(error);
    });
    stream = source.pipe(decoder);
  }
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    const cause = failure ?? error;
    if (cause instanceof AuthCliError) throw cause;
    throw notDecoded(
      `the reply is not the ${codings.join(", ")} that its Content-Encoding says`,
      cause instanceof Error ? cause.message : String(cause),
    );
  }
}

function notDecoded(message: string, cause: string): AuthCliError {
  return new AuthCliError("unexpected-reply", {
    step: apiStep,
    message,
    cause,
    fix: "leave out --compressed to get the bytes as they come",
  });
}

/** A JSON text cannot be streamed, and V8 holds no string of more than half a gigabyte. */
const jsonLimit = 64 * 1024 * 1024;

/**
 * The whole body, for `--json`.
 * @throws AuthCliError `unexpected-reply` when it is too long for that
 */
export async function readWhole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > jsonLimit) {
      throw new AuthCliError("unexpected-reply", {
        step: apiStep,
        message: `the body is longer than ${jsonLimit / 1024 / 1024} MB`,
        cause: "--json holds all of it in memory",
        fix: "leave out --json; the body itself is streamed, with -o to a file",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
