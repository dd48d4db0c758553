import { type Parameter, percentEncode } from "./percent-encode.ts";

/**
 * The base string URI of RFC 5849 §3.4.1.2: scheme and host in lower case, the port unless it is the
 * scheme's default, the path as sent, no query.
 *
 * @param host the Host header
 * @param path of the request target, percent-encoded
 */
export function baseStringUri(scheme: "http" | "https", host: string, path: string): string {
  const defaultPort = scheme === "https" ? ":443" : ":80";
  const lowerCase = host.toLowerCase();
  const authority = lowerCase.endsWith(defaultPort) ? lowerCase.slice(0, -defaultPort.length) : lowerCase;
  return `${scheme}://${authority}${path === "" ? "/" : path}`;
}

/**
 * Parameters normalization of RFC 5849 §3.4.1.3.2: encoded first, then sorted by name and value in
 * byte order.
 *
 * @param parameters those of the header, the body and the query, without `realm` and `oauth_signature`
 */
export function normalizeParameters(parameters: readonly Parameter[]): string {
  return parameters
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .toSorted(([a, x], [b, y]) => compareBytes(a, b) || compareBytes(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Encoded text is ASCII, so UTF-16 order is byte order. A locale's order is not. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The signature base string of RFC 5849 §3.4.1.1. */
export function signatureBaseString(method: string, uri: string, parameters: readonly Parameter[]): string {
  return [method.toUpperCase(), uri, normalizeParameters(parameters)].map(percentEncode).join("&");
}
