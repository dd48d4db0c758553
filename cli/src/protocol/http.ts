import { AuthCliError } from "../errors.ts";

export type Header = readonly [name: string, value: string];

export interface HttpRequest {
  /** The hop, named in errors and in `--debug`: `twitter.request_token`. */
  step: string;
  method: string;
  /** Sent as it is: `pathname` and `search` are the bytes of the request line. */
  url: URL;
  headers: readonly Header[];
  body?: Uint8Array | undefined;
  /** Milliseconds until a connection (TLS included) stands. */
  connectTimeoutMs?: number;
  /** Milliseconds for the whole exchange, body included. */
  timeoutMs?: number;
}

export interface HttpResponse {
  status: number;
  statusText: string;
  httpVersion: string;
  /** As received: order, case and repetition kept. */
  headers: readonly Header[];
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

/** More than any reply of Twitter or Cognito; a larger one is not theirs. */
const replyLimit = 1024 * 1024;

/** Sends and reads the whole reply, which for the control calls is small. */
export async function exchange(send: Send, request: HttpRequest): Promise<Reply> {
  const { body, ...head } = await send(request);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > replyLimit) {
      throw new AuthCliError("unexpected-reply", {
        step: request.step,
        message: `${request.url.host} sent more than ${replyLimit} bytes`,
        cause: "no reply of this service is that long; something else answers at that address",
      });
    }
    chunks.push(chunk);
  }
  return { ...head, step: request.step, body: Buffer.concat(chunks) };
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
