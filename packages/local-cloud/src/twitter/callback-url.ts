import { callbackRefusals, maximumCallbackUrls } from "./callback-refusals.ts";
import { encodeForm, type Parameter } from "./percent-encode.ts";

/** What `auth-cli login --callback 8976` asks for. */
export const defaultCallbackUrls: readonly string[] = ["http://127.0.0.1:8976/callback"];

/** The protocols that X does not allow [D: docs.x.com/resources/fundamentals/developer-apps]. */
const disallowedProtocols = new Set(
  (
    "vbscript javascript vbs data mocha keyword livescript ftp file gopher acrobat callto daap itpc itms firefoxurl hcp " +
    "ldap mailto mmst mmsu msbd rtsp mso-offdap11 snews news nntp outlook stssync rlogin telnet tn3270 shell sip"
  )
    .split(" ")
    .map((name) => `${name}:`),
);

/** @throws InvalidCallbackUrls where X's app settings refuse the list */
export function checkCallbackUrls(urls: readonly string[]): void {
  for (const text of urls) {
    callbackRefusals.absolute.when(!URL.canParse(text), text);
    const { protocol, hostname, search, hash } = new URL(text);
    callbackRefusals.protocol.when(disallowedProtocols.has(protocol), text);
    callbackRefusals.localhost.when(hostname === "localhost", text);
    callbackRefusals.query.when(search !== "" || hash !== "", text);
  }
  callbackRefusals.count.when(urls.length > maximumCallbackUrls);
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
