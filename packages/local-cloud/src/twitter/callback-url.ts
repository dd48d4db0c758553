import { encodeForm, type Parameter } from "./percent-encode.ts";

/** The default callback URLs: any port and path on loopback. */
export const loopbackCallbackUrls: readonly string[] = [
  "http://127.0.0.1:*",
  "http://localhost:*",
  "http://[::1]:*",
];

/**
 * Whether an app may redirect its users to a URL.
 *
 * @param registered URLs, compared without their query, as X does; or `<scheme>://<host>:*` for every port and path of a host
 */
export function isApprovedCallback(callback: string, registered: readonly string[]): boolean {
  const url = parseUrl(callback);
  if (url === undefined || url.username !== "" || url.password !== "" || url.hash !== "") return false;
  return registered.some((pattern) => {
    const anywhere = pattern.endsWith(":*");
    const expected = parseUrl(anywhere ? pattern.slice(0, -2) : pattern);
    if (expected === undefined || url.protocol !== expected.protocol) return false;
    return anywhere
      ? url.hostname === expected.hostname
      : url.host === expected.host && url.pathname === expected.pathname;
  });
}

/** Adds parameters to the query of a callback, RFC 5849 §2.2. */
export function withQuery(callback: string, parameters: readonly Parameter[]): string {
  // Parsing removes white space and line ends, which a Location header must not contain.
  const { href } = new URL(callback);
  return `${href}${href.includes("?") ? "&" : "?"}${encodeForm(parameters)}`;
}

/**
 * The CSP source that lets a form's reply redirect to a callback: `form-action` covers redirects.
 * A policy cannot name an IPv6 address, or the host of a custom scheme.
 */
export function formActionSource(callback: string): string {
  const { protocol, origin, hostname } = new URL(callback);
  return origin === "null" || hostname.startsWith("[") ? protocol : origin;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
