import { type JsonObject, parseJsonObject } from "./json.ts";
import { AuthCliError } from "./errors.ts";

export type Header = readonly [name: string, value: string];

export interface HttpRequest {
  /** Names the request in errors and in `--debug`: `twitter.request_token`. */
  step: string;
  method: string;
  /** `pathname` and `search` are sent unchanged in the request line. */
  url: URL;
  headers: readonly Header[];
  body?: Uint8Array | undefined;
  /** The intermediate texts of the signature, for `--trace`. */
  intermediates?: Intermediates;
  /** Connects to the host directly, even when a proxy is set. */
  bypassProxy?: boolean;
  /** Milliseconds for connecting, TLS included. */
  connectTimeoutMs?: number;
  /** Milliseconds from the end of the request to the head of the response. */
  headTimeoutMs?: number;
  /** Milliseconds without a byte of either body. */
  idleTimeoutMs?: number;
  /** Milliseconds for the whole exchange, body included. No limit when left out. */
  timeoutMs?: number;
  /** Equal for requests that any one of their replies answers. Only `smoke` uses it. */
  question?: string;
  /** Ends the exchange. Its reason is the AuthCliError that `send` throws. */
  signal?: AbortSignal;
}

/** Titles and texts, in the order in which they are computed. */
export type Intermediates = readonly (readonly [title: string, text: string])[];

export type Signed = Pick<HttpRequest, "headers" | "intermediates">;

/** The other end of a connection. */
export interface Connection {
  remoteAddress: string;
  remotePort: number;
  tls?: { protocol: string; cipher: string; subject: string; issuer: string };
}

/** Durations of the parts of an exchange, in milliseconds. Parts that have not happened are left out. */
export interface Timings {
  /** The connection was already open: no DNS, TCP or TLS. */
  reused: boolean;
  /** Left out for an address. */
  dnsMs?: number;
  /** Through a proxy, includes its DNS and its response to CONNECT. */
  tcpMs?: number;
  tlsMs?: number;
  /** From the open connection to the head of the response. */
  waitMs?: number;
  /** From the head to the end of the body. */
  bodyMs?: number;
}

export interface HttpResponse {
  status: number;
  statusText: string;
  httpVersion: string;
  /** As received: order, case and repetitions are kept. */
  headers: readonly Header[];
  /** Callable until the body is read. */
  connection?: () => Connection;
  /** The timings so far. */
  timings?: () => Timings;
  /** Readable once. Throws AuthCliError when the connection fails or a time limit ends. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * Sends one request. Follows no redirect.
 * @throws AuthCliError `unreachable`, `timeout`, `tls-refused`, `connection-lost` or `interrupted`
 */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** A response with its whole body. */
export interface Reply extends Omit<HttpResponse, "body"> {
  step: string;
  body: Uint8Array;
}

/** Bytes. Every reply of Twitter, Cognito and STS is shorter. */
const replyLimit = 1024 * 1024;

/** For a service that drips its reply. */
const replyTimeoutMs = 30_000;

/**
 * Sends a request to a service and reads the whole reply.
 * @param limit bytes
 */
export function exchange(send: Send, request: HttpRequest, limit = replyLimit): Promise<Reply> {
  return readReply(request, withReplyDefaults(send)(request), limit);
}

/** Adds a time limit and the `User-Agent`. */
export function withReplyDefaults(send: Send): Send {
  return (request) => {
    const headers = withDefaults(request.headers, [["User-Agent", "auth-cli"]]);
    return send({ timeoutMs: replyTimeoutMs, ...request, headers });
  };
}

/** @throws AuthCliError `unexpected-reply` for a body of more than `limit` bytes */
export async function readReply(
  { step, url }: Pick<HttpRequest, "step" | "url">,
  response: Promise<HttpResponse>,
  limit = replyLimit,
): Promise<Reply> {
  const { body, ...head } = await response;
  const bytes = await readBody(body, limit, () => {
    return new AuthCliError("unexpected-reply", {
      step,
      message: `${url.host} sent more than ${limit} bytes`,
      cause: "no reply of this service is that long; something else answers at that address",
    });
  });
  return { ...head, step, body: bytes };
}

/**
 * Reads a body into memory.
 * @param limit bytes
 * @param tooLong makes the error for a longer body. Without it, reading stops early and returns the start of the body.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  tooLong?: () => Error,
): Promise<Buffer> {
  const source = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  const ended = await readChunks(source, limit + 1, chunks);
  if (!ended) await source.return?.();
  if (!ended && tooLong !== undefined) throw tooLong();
  const [first, ...others] = chunks;
  return others.length === 0 && Buffer.isBuffer(first) ? first : Buffer.concat(chunks);
}

/**
 * Reads the start of a body and leaves the body readable from its first byte.
 * @param limit bytes
 * @returns a body that throws, after the bytes that arrived, when reading the start failed
 */
export async function peekBody(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ start: Buffer; body: AsyncIterable<Uint8Array> }> {
  const source = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let failure: { error: unknown } | undefined;
  const ended = await readChunks(source, limit, chunks).catch((error: unknown) => {
    failure = { error };
    return true;
  });
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
      if (failure !== undefined) throw failure.error;
      if (!ended) yield* { [Symbol.asyncIterator]: () => source };
    } finally {
      await source.return?.();
    }
  };
  return { start: Buffer.concat(chunks), body: whole() };
}

/**
 * Collects chunks until they hold `limit` bytes or the body ends. The last chunk may exceed the limit.
 * @returns whether the body has ended
 */
async function readChunks(
  source: AsyncIterator<Uint8Array>,
  limit: number,
  chunks: Uint8Array[],
): Promise<boolean> {
  for (let length = 0; length < limit;) {
    const next = await source.next();
    if (next.done === true) return true;
    chunks.push(next.value);
    length += next.value.length;
  }
  return false;
}

/** The headers of a request as sent: Host first, and the length of the body. */
export function wireHeaders({ method, url, headers, body }: HttpRequest): Header[] {
  const host: Header[] = headerValue(headers, "host") === undefined ? [["Host", url.host]] : [];
  const length = body?.length ?? (["POST", "PUT", "PATCH"].includes(method) ? 0 : undefined);
  const chunked = headerValue(headers, "transfer-encoding") !== undefined;
  return [
    ...host,
    ...withDefaults(headers, length === undefined || chunked ? [] : [["Content-Length", String(length)]]),
  ];
}

/** Adds the missing headers. */
function withDefaults(headers: readonly Header[], defaults: readonly Header[]): Header[] {
  return [...headers, ...defaults.filter(([name]) => headerValue(headers, name) === undefined)];
}

/** Prints each text below a line `# title`. */
export function formatIntermediates(intermediates: Intermediates, step?: string): string[] {
  const prefix = step === undefined ? "" : `${step}: `;
  return intermediates.flatMap(([title, text]) => [`# ${prefix}${title}`, ...text.split("\n"), ""]);
}

/** The values of a header, joined by commas (RFC 9110 5.3). Undefined for a missing header. */
export function headerValue(headers: readonly Header[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  let found: string | undefined;
  for (const [key, value] of headers) {
    if (key.length !== wanted.length || key.toLowerCase() !== wanted) continue;
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}

export function replyText(reply: Reply): string {
  const { buffer, byteOffset, byteLength } = reply.body;
  return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
}

/** The JSON object that is the body. Undefined for any other body. */
export function replyObject(reply: Reply): JsonObject | undefined {
  return parseJsonObject(replyText(reply));
}

/** Quotes the start of an unexpected reply on one line, for an error. */
export function excerpt(text: string): string {
  // Control characters must not reach a terminal.
  // oxlint-disable-next-line no-control-regex
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
  if (line === "") return "an empty body";
  return line.length > 200 ? `"${line.slice(0, 200)}…"` : `"${line}"`;
}

/** `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7), in this century. `Date.parse` accepts the year 275760. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} 20\d{2} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Compares the `Date` header of a reply with this computer's clock.
 * @returns whole seconds by which the server's clock is ahead; undefined without a valid header
 */
export function measureClockSkew(headers: readonly Header[], nowMs: number): number | undefined {
  const date = headerValue(headers, "date") ?? "";
  const served = httpDate.test(date) ? Date.parse(date) : NaN;
  return Number.isNaN(served) ? undefined : Math.round((served - nowMs) / 1000);
}
