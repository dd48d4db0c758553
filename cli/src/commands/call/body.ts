import { AuthCliError } from "../../errors.ts";
import { headerValue, type HttpResponse, readBody } from "../../http.ts";
import { apiStep } from "../../aws/execute-api.ts";

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
  const unknown = codings.find((coding) => !["gzip", "x-gzip", "deflate", "br"].includes(coding));
  if (unknown !== undefined) {
    throw notDecoded(
      `the reply is encoded as ${JSON.stringify(unknown)}`,
      "only gzip, deflate and br were asked for",
    );
  }
  const source = response.body[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    // The reply to HEAD names a coding, and has nothing to decode.
    if (first.done === true) return;
    const encoded = async function* (): AsyncGenerator<Uint8Array> {
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => source };
    };
    yield* codings.length === 0 ? encoded() : decoded(encoded(), codings);
  } finally {
    // What follows a fault is not waited for.
    await source.return?.();
  }
}

async function* decoded(
  encoded: AsyncIterable<Uint8Array>,
  codings: readonly string[],
): AsyncGenerator<Uint8Array> {
  const [zlib, { pipeline, Readable }] = await Promise.all([import("node:zlib"), import("node:stream")]);
  const decoders = codings.toReversed().map((coding) => {
    if (coding === "br") return zlib.createBrotliDecompress();
    return coding === "deflate" ? zlib.createInflate() : zlib.createGunzip();
  });
  let failure: unknown;
  const last = pipeline([Readable.from(encoded), ...decoders], (error) => (failure ??= error));
  try {
    for await (const chunk of last as unknown as AsyncIterable<Uint8Array>) yield chunk;
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
export function readWhole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return readBody(body, jsonLimit, () => {
    return new AuthCliError("unexpected-reply", {
      step: apiStep,
      message: `the body is longer than ${jsonLimit / 1024 / 1024} MB`,
      cause: "--json holds all of it in memory",
      fix: "leave out --json; the body itself is streamed, with -o to a file",
    });
  });
}
