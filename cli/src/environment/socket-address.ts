export interface SocketAddress {
  /** A name or a bare address: WHATWG URLs keep the brackets of IPv6, node:net rejects them. */
  host: string;
  port: number;
}

/** Where to connect for an http or https URL. */
export function socketAddress(url: URL): SocketAddress {
  const defaultPort = url.protocol === "https:" ? 443 : 80;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? defaultPort : Number(url.port),
  };
}
