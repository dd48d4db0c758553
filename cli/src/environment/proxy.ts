import { BlockList, isIP, type Socket } from "node:net";
import { AuthCliError } from "../errors.ts";
import { ProxyError } from "./network-errors.ts";

export interface Proxy {
  url: URL;
  /** Host and port, to be told. */
  name: string;
  /** `Proxy-Authorization`, when its URL holds a user and a password. */
  authorization: string | undefined;
  password: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy on the way to a URL: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, else `ALL_PROXY`, in small letters
 * first, as curl reads them. Never for what `NO_PROXY` names, nor for loopback unless `NO_PROXY` holds `<-loopback>`.
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
    // Its value may hold a password, so it is not shown.
    throw new AuthCliError("invalid-configuration", {
      message: `${variable} is not the address of an HTTP proxy`,
      cause: socks ? "SOCKS proxies are not supported" : "it is neither host:port nor an http or https URL",
      fix: `set ${variable} to http://host:port`,
    });
  }
  const user = decode(url.username);
  const password = decode(url.password);
  return {
    url,
    name: url.host,
    authorization:
      user === "" && password === ""
        ? undefined
        : `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
    password: password === "" ? undefined : password,
  };
}

/** A percent sign that begins no escape stands for itself, as in curl. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `NO_PROXY`: `*`, hosts with all that is below them, addresses and networks (10.0.0.0/8), each with a port or without. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const entries = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  const loopback =
    host === "localhost" || host.endsWith(".localhost") || host.startsWith("127.") || host === "::1";
  if (loopback && !entries.includes("<-loopback>")) return true;
  return entries.some((entry) => {
    if (entry === "*") return true;
    const [, bracketed, named, entryPort] =
      /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
    if (entryPort !== undefined && entryPort !== port) return false;
    const pattern = (bracketed ?? named ?? "").replace(/^\*?\./, "");
    return isIP(host) === 0 ? host === pattern || host.endsWith(`.${pattern}`) : covers(pattern, host);
  });
}

/** Whether an address is the one named, or in the network named. */
function covers(pattern: string, address: string): boolean {
  const [network = "", prefix] = pattern.split("/");
  const family = isIP(network);
  if (family === 0 || family !== isIP(address)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(address, type);
}

export interface TunnelOptions {
  host: string;
  port: number;
  /** The authorities that a proxy's own certificate may come from, when they are not the usual ones. */
  ca: readonly string[] | undefined;
  cancellation: AbortSignal | undefined;
}

/**
 * A connection to a host through a proxy's CONNECT (RFC 9110 9.3.6). By node:http itself and not by one of the proxy
 * agents of npm: those hand a refusal of the proxy's on as the server's own answer, and cannot be cancelled while the
 * proxy is silent.
 * @throws ProxyError
 */
export async function openTunnel(
  proxy: Proxy,
  { host, port, ca, cancellation }: TunnelOptions,
): Promise<Socket> {
  const secure = proxy.url.protocol === "https:";
  const http = secure ? await import("node:https") : await import("node:http");
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      ...proxyAddress(proxy),
      method: "CONNECT",
      path: authority,
      headers: {
        Host: authority,
        ...(proxy.authorization === undefined ? {} : { "Proxy-Authorization": proxy.authorization }),
      },
      agent: false,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(cancellation === undefined ? {} : { signal: cancellation }),
    });
    outgoing.once("connect", (response, socket, head) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new ProxyError(proxy.name, { status }));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      reject(new ProxyError(proxy.name, { code: error.code }));
    });
    outgoing.end();
  });
}

export function proxyAddress({ url }: Proxy): { host: string; port: number } {
  const port = url.protocol === "https:" ? 443 : 80;
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? port : Number(url.port) };
}
