import { isUtf8 } from "node:buffer";

/** A request as it arrived: nothing decoded, normalised, merged or reordered, since all of it is signed. */
export interface WireRequest {
  method: string;
  /** The request target, `IncomingMessage.url`. */
  rawUrl: string;
  /** Names and values in turn, `IncomingMessage.rawHeaders`. */
  rawHeaders: readonly string[];
  body: Uint8Array;
}

interface RequestTarget {
  /** As on the wire, still percent-encoded. */
  rawPath: string;
  /** Without the question mark. */
  rawQuery: string;
}

/** A wire request, parsed once for authorization, routing and the event. */
export interface ParsedRequest extends RequestTarget {
  method: string;
  /** By lower-case name; repeated headers joined by a comma, cookies by a semicolon. */
  headers: ReadonlyMap<string, string>;
  /** Decoded names and values, in order. Bytes that are not UTF-8 are lost. */
  query: readonly QueryParameter[];
  /** The query as it arrived: one character for each byte, without the question mark. */
  wireQuery: string;
  body: Uint8Array;
}

type QueryParameter = readonly [name: string, value: string];

export function parseRequest({ method, rawUrl, rawHeaders, body }: WireRequest): ParsedRequest {
  const { rawPath, rawQuery } = splitTarget(rawUrl);
  return {
    method,
    rawPath,
    rawQuery,
    headers: joinHeaders(rawHeaders),
    query: rawQuery === "" ? [] : parseQuery(rawQuery),
    wireQuery: rawQuery === "" ? "" : rawUrl.slice(rawUrl.indexOf("?") + 1),
    body,
  };
}

/** Splits a request target in origin form or, as proxies get it, absolute form (RFC 9112 section 3.2). */
export function splitTarget(rawUrl: string): RequestTarget {
  const target = fromWire(rawUrl).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  return { rawPath: rawPath === "" ? "/" : rawPath, rawQuery: mark === -1 ? "" : target.slice(mark + 1) };
}

/** The query's parameters, decoded, in order; `+` is a space, as in every AWS front end. */
function parseQuery(rawQuery: string): QueryParameter[] {
  // The constructor drops one leading "?", which here is data.
  return [...new URLSearchParams(`&${rawQuery}`)];
}

/**
 * Header values by lower-case name, repeated ones joined in order: cookies as HTTP/2 requires (RFC 9113 section 8.2.3),
 * others by a comma.
 */
export function joinHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    const value = fromWire(rawHeaders[i + 1] ?? "").trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}${name === "cookie" ? "; " : ","}${value}`);
  }
  return headers;
}

/** Node decodes the wire's bytes as ISO-8859-1, and signers sign UTF-8. Bytes that are not UTF-8 stay as they are. */
function fromWire(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the question is whether every byte is ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  const bytes = Buffer.from(text, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : text;
}
