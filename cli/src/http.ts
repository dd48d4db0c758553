import { AuthCliError } from "./errors.ts";

export type Header = readonly [name: string, value: string];

export interface HttpRequest {
  /** The hop, named in errors and in `--debug`: `twitter.request_token`. */
  step: string;
  method: string;
  /** Sent as it is: `pathname` and `search` are the bytes of the request line. */
  url: URL;
  headers: readonly Header[];
  body?: Uint8Array | undefined;
  /** What was computed on the way to its signature, for `--trace`. */
  intermediates?: Intermediates;
  /** Straight to the host, whatever proxy is set. */
  pastProxy?: boolean;
  /** Milliseconds until a connection (TLS included) stands. */
  connectTimeoutMs?: number;
  /** Milliseconds from the end of the request until the response's head is here. */
  headTimeoutMs?: number;
  /** Milliseconds without a byte of the response's body, or of the request's. */
  idleTimeoutMs?: number;
  /** Milliseconds for the whole exchange, body included; no limit when left out. */
  timeoutMs?: number;
  /** Ends the exchange when nobody wants its outcome any more, with the AuthCliError that is the signal's reason. */
  signal?: AbortSignal;
}

/** Titles and texts, in the order of their computation. */
export type Intermediates = readonly (readonly [title: string, text: string])[];

export type Signed = Pick<HttpRequest, "headers" | "intermediates">;

/** Who is at the other end. */
export interface Connection {
  remoteAddress: string;
  remotePort: number;
  tls?: { protocol: string; cipher: string; subject: string; issuer: string };
}

/** How long the parts of an exchange took, in milliseconds. What did not happen, or not yet, is left out. */
export interface Timings {
  /** Over a connection that was open already: no DNS, TCP or TLS. */
  reused: boolean;
  /** The name's lookup; none for an address. */
  dnsMs?: number;
  /** Through a proxy: the connection to it, the lookup of its name and its answer to CONNECT included. */
  tcpMs?: number;
  tlsMs?: number;
  /** From a connection that stands until the response's head. */
  waitMs?: number;
  /** From the head until the body's end. */
  bodyMs?: number;
}

export interface HttpResponse {
  status: number;
  statusText: string;
  httpVersion: string;
  /** As received: order, case and repetition kept. */
  headers: readonly Header[];
  /** While the body is not yet read. */
  connection?: () => Connection;
  /** As far as they are known when it is called: that of the body once it is read. */
  timings?: () => Timings;
  /** Can be read once. Throws AuthCliError when the connection fails half way or time runs out. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * Sends one request. Follows no redirect.
 * @throws AuthCliError `unreachable`, `timeout`, `tls-refused`, `connection-lost` or `interrupted`
 */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** A response read to its end. */
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
  return Buffer.concat(chunks);
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

/** The headers as they go out: Host first, as HTTP clients send it, and the length of the body. */
export function wireHeaders({ method, url, headers, body }: HttpRequest): Header[] {
  const host: Header[] = headerValue(headers, "host") === undefined ? [["Host", url.host]] : [];
  const length = body?.length ?? (["POST", "PUT", "PATCH"].includes(method) ? 0 : undefined);
  const chunked = headerValue(headers, "transfer-encoding") !== undefined;
  return [
    ...host,
    ...withDefaults(headers, length === undefined || chunked ? [] : [["Content-Length", String(length)]]),
  ];
}

/** Adds the headers that are not there yet. */
function withDefaults(headers: readonly Header[], defaults: readonly Header[]): Header[] {
  return [...headers, ...defaults.filter(([name]) => headerValue(headers, name) === undefined)];
}

/** `# title` and the text below it, for each. */
export function formatIntermediates(intermediates: Intermediates, step?: string): string {
  const prefix = step === undefined ? "" : `${step}: `;
  return intermediates.map(([title, text]) => `# ${prefix}${title}\n${text}\n\n`).join("");
}

/** The values of a header joined by a comma (RFC 9110 5.3), or undefined. */
export function headerValue(headers: readonly Header[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

export function replyText(reply: Reply): string {
  return Buffer.from(reply.body).toString("utf8");
}

/** The start of a reply that was not understood, on one line, for an error. */
export function excerpt(text: string): string {
  // Control characters in a reply must not reach a terminal.
  // oxlint-disable-next-line no-control-regex
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
  if (line === "") return "an empty body";
  return line.length > 200 ? `"${line.slice(0, 200)}…"` : `"${line}"`;
}

/**
 * Seconds by which the server's clock is ahead of ours, from its `Date` header, to the second; undefined without one.
 */
export function measureClockSkew(headers: readonly Header[], nowMs: number): number | undefined {
  const served = Date.parse(headerValue(headers, "date") ?? "");
  return Number.isNaN(served) ? undefined : Math.round((served - nowMs) / 1000);
}
