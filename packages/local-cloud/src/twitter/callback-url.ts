import { encodeForm, type Parameter } from "./percent-encode.ts";

/** What `auth-cli login --callback 8976` asks for. */
export const defaultCallbackUrls: readonly string[] = ["http://127.0.0.1:8976/callback"];

/** [D: docs.x.com/fundamentals/developer-apps] */
const maximumCallbackUrls = 10;

/** The protocols that X does not allow [D: docs.x.com/resources/fundamentals/developer-apps]. */
const disallowedProtocols = new Set(
  (
    "vbscript javascript vbs data mocha keyword livescript ftp file gopher acrobat callto daap itpc itms firefoxurl hcp " +
    "ldap mailto mmst mmsu msbd rtsp mso-offdap11 snews news nntp outlook stssync rlogin telnet tn3270 shell sip"
  )
    .split(" ")
    .map((name) => `${name}:`),
);

/** X's app settings do not accept these callback URLs. */
class InvalidCallbackUrls extends Error {
  readonly code = "INVALID_CALLBACK_URLS";
  /** The URL, or undefined when the list is too long. */
  readonly url: string | undefined;

  constructor(reason: string, url?: string) {
    super(reason);
    this.name = "InvalidCallbackUrls";
    this.url = url;
  }
}

/** @throws InvalidCallbackUrls where X's app settings refuse the list */
export function checkCallbackUrls(urls: readonly string[]): void {
  for (const text of urls) {
    const problem = problemOf(text);
    if (problem !== undefined) throw new InvalidCallbackUrls(problem, text);
  }
  if (urls.length > maximumCallbackUrls) {
    throw new InvalidCallbackUrls(`X registers at most ${maximumCallbackUrls} callback URLs for an app`);
  }
}

function problemOf(text: string): string | undefined {
  if (!URL.canParse(text)) return "it is not an absolute URL";
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (disallowedProtocols.has(protocol)) return `X does not allow the protocol ${protocol}`;
  if (hostname === "localhost") return "X does not take localhost, but 127.0.0.1";
  if (username !== "" || password !== "") return "it contains a user name or password";
  if (search !== "" || hash !== "") return "it contains a query or fragment";
  return undefined;
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
