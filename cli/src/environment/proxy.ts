import { BlockList, isIP } from "node:net";
import { AuthCliError } from "../errors.ts";
import { isLoopback } from "../loopback.ts";
import { type SocketAddress, socketAddress } from "./socket-address.ts";

export interface Proxy {
  url: URL;
  /** Host and port, for messages. */
  name: string;
  /** The environment variable that names it. */
  variable: string;
  /** The `Proxy-Authorization` header, when the URL contains a user or a password. */
  authorization: string | undefined;
  password: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Finds the proxy for a URL: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, else `ALL_PROXY`. Lower-case names come
 * first, as in curl. `NO_PROXY` exempts hosts. Loopback is exempt unless `NO_PROXY` contains `<-loopback>`.
 *
 * Written by hand because proxy-from-env knows neither networks (10.0.0.0/8) nor loopback, and Node's own support needs
 * Node 24.
 * @throws AuthCliError `invalid-configuration`
 * @see https://curl.se/docs/manpage.html#ENVIRONMENT
 */
export function findProxy(url: URL, variables: Variables): Proxy | undefined {
  const scheme = url.protocol === "https:" ? "https" : "http";
  const name = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, "all_proxy", "ALL_PROXY"].find(
    (candidate) => variables[candidate],
  );
  if (name === undefined || isExempt(url, variables["no_proxy"] ?? variables["NO_PROXY"] ?? "")) {
    return undefined;
  }
  return parseProxy(name, variables[name] ?? "");
}

function parseProxy(variable: string, value: string): Proxy {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
    const socks = url?.protocol.startsWith("socks") === true;
    // The message leaves out the value, which may contain a password.
    throw new AuthCliError("invalid-configuration", {
      message: `${variable} is not the address of an HTTP proxy`,
      cause: socks ? "SOCKS proxies are not supported" : "it is neither host:port nor an http or https URL",
      fix: `set ${variable} to http://host:port`,
    });
  }
  const user = decode(url.username);
  const password = decode(url.password);
  const hasUser = user !== "" || password !== "";
  return {
    url,
    name: url.host,
    variable,
    authorization: hasUser ? `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` : undefined,
    password: password === "" ? undefined : password,
  };
}

/** Leaves a text with an invalid escape as it is, as curl does. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `NO_PROXY` lists `*`, hosts with their subdomains, addresses and networks, each with or without a port. */
function isExempt(url: URL, noProxy: string): boolean {
  const address = socketAddress(url);
  const target = { ...address, host: address.host.replace(/\.$/, "") };
  const entries = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  if (isLoopback(target.host) && !entries.includes("<-loopback>")) return true;
  return entries.some((entry) => matches(entry, target));
}

function matches(entry: string, { host, port }: SocketAddress): boolean {
  if (entry === "*") return true;
  const [, bracketed, named, entryPort] = /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && Number(entryPort) !== port) return false;
  const pattern = (bracketed ?? named ?? "").replace(/^\*?\./, "");
  return isIP(host) === 0 ? host === pattern || host.endsWith(`.${pattern}`) : isNetworkOf(pattern, host);
}

/** Whether the pattern is the address, or a network that contains it. */
function isNetworkOf(pattern: string, address: string): boolean {
  const [network = "", prefix] = pattern.split("/");
  const family = isIP(network);
  if (family === 0 || family !== isIP(address)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const addressBits = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? addressBits : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > addressBits) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(address, type);
}
