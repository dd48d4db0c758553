import { encodeForm, type Parameter } from "./percent-encode.ts";

/** What an app that runs on the developer's machine registers: any port and path on loopback. */
export const loopbackCallbackUrls: readonly string[] = [
  "http://127.0.0.1:*",
  "http://localhost:*",
  "http://[::1]:*",
];

/**
 * Whether an app may return its users to a URL.
 *
 * @param registered URLs, compared without their query, as X does; or `<scheme>://<host>:*` for every port and path there
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

/** The callback with more in its query, RFC 5849 §2.2. */
export function withQuery(callback: string, parameters: readonly Parameter[]): string {
  // Parsed and written again: a Location header must hold no white space or line end.
  const { href } = new URL(callback);
  return `${href}${href.includes("?") ? "&" : "?"}${encodeForm(parameters)}`;
}

/**
 * The source expression that lets a form's reply redirect to a callback (CSP `form-action` covers redirects too).
 * A policy cannot name an IPv6 address, nor the host of a scheme that is not HTTP's.
 */
export function formActionSource(callback: string): string {
  const { protocol, origin, hostname } = new URL(callback);
  return origin === "null" || hostname.startsWith("[") ? protocol : origin;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
