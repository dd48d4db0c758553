import { AuthCliError } from "../../errors.ts";
import { headerValue, type HttpResponse, readBody } from "../../http.ts";
import { apiStep } from "../../aws/execute-api.ts";

/**
 * Decodes a body by its Content-Encoding, for `--compressed`.
 * @throws AuthCliError `unexpected-reply` when the body is cut short, or not in that encoding
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
      `cannot decode the reply: unknown encoding ${JSON.stringify(unknown)}`,
      "auth-cli asked for gzip, deflate or br",
    );
  }
  const source = response.body[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    // A reply to HEAD names an encoding, but has no body.
    if (first.done === true) return;
    const encoded = async function* (): AsyncGenerator<Uint8Array> {
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => source };
    };
    yield* codings.length === 0 ? encoded() : decoded(encoded(), codings);
  } finally {
    // After a failure the rest of the body must not keep the connection open.
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
      `cannot decode the reply as ${codings.join(", ")}, its Content-Encoding`,
      cause instanceof Error ? cause.message : String(cause),
    );
  }
}

function notDecoded(message: string, cause: string): AuthCliError {
  return new AuthCliError("unexpected-reply", {
    step: apiStep,
    message,
    cause,
    fix: "leave out --compressed to get the encoded bytes",
  });
}

/** Bytes. JSON cannot be streamed, and V8 limits a string to half a gigabyte. */
const jsonLimit = 64 * 1024 * 1024;

/**
 * Reads the whole body, for `--json`.
 * @throws AuthCliError `unexpected-reply` for a longer body
 */
export function readWhole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return readBody(body, jsonLimit, () => {
    return new AuthCliError("unexpected-reply", {
      step: apiStep,
      message: `the body is longer than ${jsonLimit / 1024 / 1024} MB`,
      cause: "--json holds the body in memory",
      fix: "leave out --json; use `-o FILE` to write the body to a file",
    });
  });
}
