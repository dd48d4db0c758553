import type { Socket } from "node:net";
import { ProxyError } from "./network-errors.ts";
import type { Proxy } from "./proxy.ts";
import { type SocketAddress, socketAddress } from "./socket-address.ts";

export interface TunnelOptions {
  /** The certificate authorities to trust for an https proxy, instead of Node's. */
  ca: readonly string[] | undefined;
  /** Gives up while the proxy is silent. */
  signal: AbortSignal | undefined;
  /** Does not keep the process alive. */
  unref?: boolean;
}

/**
 * Opens a connection to a host through a proxy's CONNECT (RFC 9110 9.3.6). Written by hand because https-proxy-agent
 * passes a proxy's refusal on as the server's own response, and cannot be cancelled.
 * @throws ProxyError
 */
export async function openTunnel(
  proxy: Proxy,
  { host, port }: SocketAddress,
  { ca, signal, unref = false }: TunnelOptions,
): Promise<Socket> {
  const http = proxy.url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      ...socketAddress(proxy.url),
      method: "CONNECT",
      path: authority,
      headers: {
        Host: authority,
        ...(proxy.authorization === undefined ? {} : { "Proxy-Authorization": proxy.authorization }),
      },
      agent: false,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (unref) outgoing.once("socket", (socket) => socket.unref());
    outgoing.once("connect", (response, socket, head) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new ProxyError(proxy, { status }));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      reject(new ProxyError(proxy, { code: error.code }));
    });
    outgoing.end();
  });
}
