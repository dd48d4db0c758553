import { ServiceError } from "../aws/service-error.ts";

/**
 * Decodes `Content-Encoding: aws-chunked`: `<hex size>[;extension]\r\n<bytes>\r\n` …, a chunk of size 0, then trailers.
 * {@link https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html}
 *
 * @throws ServiceError IncompleteBody when the body ends early or a size is not a number
 */
export function decodeAwsChunked(body: Uint8Array): {
  body: Uint8Array;
  trailers: Record<string, string>;
} {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Buffer[] = [];
  let offset = 0;

  function line(): string {
    const end = buffer.indexOf("\r\n", offset);
    if (end === -1) throw incomplete();
    const text = buffer.toString("latin1", offset, end);
    offset = end + 2;
    return text;
  }

  for (;;) {
    const [size = ""] = line().split(";");
    if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw incomplete();
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (offset + length + 2 > buffer.length) throw incomplete();
    chunks.push(buffer.subarray(offset, offset + length));
    offset += length;
    if (line() !== "") throw incomplete();
  }
  const trailers: Record<string, string> = {};
  while (offset < buffer.length) {
    const text = line();
    if (text === "") break;
    const colon = text.indexOf(":");
    if (colon === -1) throw incomplete();
    trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
  }
  return { body: Buffer.concat(chunks), trailers };
}

function incomplete(): ServiceError {
  return new ServiceError(
    "IncompleteBody",
    "The request body terminated unexpectedly, or is not valid aws-chunked content.",
  );
}
