export interface SocketAddress {
  /** A name or a bare address: WHATWG URLs keep the brackets of IPv6, node:net rejects them. */
  host: string;
  port: number;
}

/** Where to connect for an http or https URL. */
export function socketAddress(url: URL): SocketAddress {
  const defaultPort = url.protocol === "https:" ? 443 : 80;
  return {
    host: isBelowLocalhost(url) ? "127.0.0.1" : url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? defaultPort : Number(url.port),
  };
}

/** Names below localhost are this computer (RFC 6761 6.3), which not every system's resolver knows. */
function isBelowLocalhost({ hostname }: URL): boolean {
  return /\.localhost\.?$/.test(hostname);
}
