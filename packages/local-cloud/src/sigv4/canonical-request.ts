import type { ParsedRequest } from "./wire-request.ts";

export interface CanonicalRequestParts extends Pick<ParsedRequest, "method" | "headers"> {
  canonicalPath: string;
  canonicalQuery: string;
  /** Lower case, sorted. */
  signedHeaders: readonly string[];
  /** Hexadecimal SHA-256 of the body, or what S3 signs in its place. */
  payloadHash: string;
}

/**
 * The canonical request of Signature Version 4. Tests compare it with that of `@smithy/signature-v4`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createCanonicalRequest(parts: CanonicalRequestParts): string {
  const { method, canonicalPath, canonicalQuery, signedHeaders, headers, payloadHash } = parts;
  let canonicalHeaders = "";
  for (const name of signedHeaders)
    canonicalHeaders += `${name}:${canonicalHeaderValue(headers.get(name) ?? "")}\n`;
  return `${method}\n${canonicalPath}\n${canonicalQuery}\n${canonicalHeaders}\n${signedHeaders.join(";")}\n${payloadHash}`;
}

/** @param value without white space around it */
function canonicalHeaderValue(value: string): string {
  return /[ \t\r\n]{2}|[\t\r\n]/.test(value) ? value.replaceAll(/[ \t\r\n]+/g, " ") : value;
}

/** The path without empty and dot segments, percent-encoded once more than on the wire. S3 signs the wire's path. */
export function createCanonicalPath(rawPath: string): string {
  const segments: string[] = [];
  for (const segment of rawPath.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(encode(segment));
  }
  const start = rawPath.startsWith("/") ? "/" : "";
  const end = segments.length > 0 && rawPath.endsWith("/") ? "/" : "";
  return `${start}${segments.join("/")}${end}`;
}

/**
 * The canonical query string: names and values are decoded, encoded and sorted. It keeps every byte, also those that are
 * not UTF-8.
 *
 * A `+` on the wire is a space (`%20`). AWS decodes queries like forms, and the signers of AWS's SDKs and aws4fetch
 * expect that (aws-sdk-go#220, aws4fetch#83).
 *
 * @param wireQuery one character for each byte
 * @param unsigned names of parameters to leave out. One that is repeated stays, because only one of them can count
 */
export function createCanonicalQuery(
  wireQuery: string,
  unsigned: readonly string[] = [],
  { withoutNameless = false } = {},
): string {
  if (wireQuery === "") return "";
  const pairs = wireQuery
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const mark = pair.indexOf("=");
      return mark === -1
        ? ([encodeAgain(pair), ""] as const)
        : ([encodeAgain(pair.slice(0, mark)), encodeAgain(pair.slice(mark + 1))] as const);
    });
  const isUnsigned = (name: string): boolean =>
    unsigned.includes(name) && pairs.filter(([other]) => other === name).length === 1;
  return pairs
    .filter(([name]) => (name === "" ? !withoutNameless : !isUnsigned(name)))
    .toSorted(
      ([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue),
    )
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Decodes a part of a form, then percent-encodes all but the unreserved characters of RFC 3986. */
function encodeAgain(part: string): string {
  return part.replaceAll(/%([0-9A-Fa-f]{2})|[^\w.~-]/g, (character, digits: string | undefined) => {
    const byte =
      character === "+" ? 0x20 : digits === undefined ? character.charCodeAt(0) : parseInt(digits, 16);
    const decoded = String.fromCharCode(byte);
    return /[\w.~-]/.test(decoded) ? decoded : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

/** RFC 3986 percent-encoding: all but the unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
