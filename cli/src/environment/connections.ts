import type { Agent, ClientRequest, RequestOptions } from "node:http";
import type { AgentOptions, Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Redactor } from "../redaction.ts";
import type { Proxy } from "./proxy.ts";
import { socketAddress } from "./socket-address.ts";

export interface ConnectionOptions {
  /** Names the proxies. */
  variables: Readonly<Record<string, string | undefined>>;
  redactor: Pick<Redactor, "add">;
  /** Reads the certificate authorities to trust instead of Node's. Called once, for the first request. */
  authorities?: (() => Promise<readonly string[]>) | undefined;
}

/** The connection and the request options for a URL. */
export interface Route {
  request: (options: RequestOptions) => ClientRequest;
  options: RequestOptions;
  /** Headers for the proxy alone. */
  proxyHeaders: (readonly [string, string])[];
  /** The other end of the connection, when that is a proxy. A tunnel through a proxy has its own errors. */
  proxy?: Proxy;
}

type CreateConnection = (
  options: RequestOptions & { tunnelSignal?: AbortSignal },
  callback: (error: Error | null, socket?: Socket) => void,
) => Socket | undefined;

/** Firewalls silently drop connections that are idle for longer. */
const idleLimitMs = 15_000;

/**
 * Before the next address of a host is tried as well (RFC 8305). Node's default of 250 ms fails for a distant host.
 */
const attemptMs = 1000;

/** As many as one stage has requests at once. */
const mostIdle = 64;

const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** The open connections of one run, reused by later requests. */
export class Connections {
  readonly #options: ConnectionOptions;
  readonly #clients = new Map<string, Promise<HttpClient>>();
  /** Unused preconnected sockets, by proxy, host and port. */
  readonly #preconnected = new Map<string, Set<Socket>>();
  #unusedCount = 0;
  /** All preconnected sockets, used ones included. */
  readonly #preconnectedCount = new Map<string, number>();
  readonly #hasProxies: boolean;
  #authorities: Promise<readonly string[]> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#hasProxies = proxyVariables.some((name) => options.variables[name]);
  }

  /** @param limits its signal gives up connecting to a proxy */
  async routeTo(url: URL, limits: { signal: AbortSignal }, bypassProxy = false): Promise<Route> {
    const proxy = bypassProxy ? undefined : await this.#proxyFor(url);
    const secure = url.protocol === "https:";
    const path = url.pathname + url.search;
    const options = { ...socketAddress(url), path, ...(proxy && { tunnelSignal: limits.signal }) };
    if (proxy === undefined || secure) {
      const { request, agent } = await this.#client(secure, proxy);
      return { request, options: { ...options, agent }, proxyHeaders: [] };
    }
    // For plain HTTP, the proxy gets the whole URL instead of a CONNECT (RFC 9112 3.2.2).
    const proxySecure = proxy.url.protocol === "https:";
    const { request, agent } = await this.#client(proxySecure, undefined);
    return {
      request,
      options: { ...options, ...socketAddress(proxy.url), path: url.origin + path, agent },
      proxy,
      proxyHeaders:
        proxy.authorization === undefined ? [] : [["Proxy-Authorization", proxy.authorization] as const],
    };
  }

  /**
   * Opens TLS connections for the next requests to the host, through the proxy if there is one. Those requests report the
   * errors.
   * @param count how many this run needs, including earlier preconnected ones
   */
  async preconnect(url: URL, count: number): Promise<void> {
    if (url.protocol !== "https:") return;
    const proxy = await this.#proxyFor(url);
    const { host, port } = socketAddress(url);
    const key = preconnectedKey(proxy, { host, port });
    const known = this.#preconnectedCount.get(key) ?? 0;
    const missing = Math.min(count - known, mostIdle - this.#unusedCount);
    if (missing <= 0) return;
    this.#preconnectedCount.set(key, known + missing);
    this.#unusedCount += missing;
    const [{ connect }, { isIP }, options] = await Promise.all([
      import("node:tls"),
      import("node:net"),
      this.#agentOptions(true),
    ]);
    const sockets = this.#preconnected.get(key) ?? new Set();
    this.#preconnected.set(key, sockets);
    const servername = isIP(host) === 0 ? host : "";
    const lost = (error: unknown): never => {
      this.#unusedCount -= 1;
      throw error;
    };
    const open = async (): Promise<void> => {
      const tunnel = proxy && (await this.#openTunnel(proxy, { host, port }, options.ca).catch(lost));
      const socket = connect({
        ...options,
        timeout: 0,
        servername,
        host,
        port,
        ...(tunnel && { socket: tunnel }),
      });
      sockets.add(socket);
      socket.unref();
      socket.on("error", () => this.#takeOut(socket, sockets));
      socket.on("close", () => this.#takeOut(socket, sockets));
    };
    await Promise.all(Array.from({ length: missing }, open));
  }

  /** For a connection that may not be needed. */
  async #openTunnel(
    proxy: Proxy,
    target: { host: string; port: number },
    ca: readonly string[] | undefined,
  ): Promise<Socket> {
    const { openTunnel } = await import("./proxy-tunnel.ts");
    return openTunnel(proxy, target, { ca, signal: undefined, unref: true });
  }

  async #proxyFor(url: URL): Promise<Proxy | undefined> {
    if (!this.#hasProxies) return undefined;
    const { findProxy } = await import("./proxy.ts");
    const proxy = findProxy(url, this.#options.variables);
    this.#options.redactor.add("proxy password", proxy?.password);
    this.#options.redactor.add("proxy authorization", proxy?.authorization?.slice("Basic ".length));
    return proxy;
  }

  #client(secure: boolean, proxy: Proxy | undefined): Promise<HttpClient> {
    const key = `${secure} ${proxy?.name ?? ""}`;
    const known = this.#clients.get(key) ?? this.#createClient(secure, proxy);
    this.#clients.set(key, known);
    return known;
  }

  async #createClient(secure: boolean, proxy: Proxy | undefined): Promise<HttpClient> {
    const { Agent: HttpAgent, request } = await loadHttp(secure);
    const agentOptions = await this.#agentOptions(secure);
    const agent = limitIdle(new HttpAgent(agentOptions));
    if (!secure) return { request, agent };
    const connectDirectly = (
      agent as unknown as { createConnection: (options: RequestOptions) => Socket }
    ).createConnection.bind(agent);
    const createConnection: CreateConnection = (options, callback) => {
      const { host, port } = options;
      const preconnected = this.#takePreconnected(
        preconnectedKey(proxy, { host: host ?? "", port: port ?? "" }),
      );
      if (preconnected !== undefined || proxy === undefined) return preconnected ?? connectDirectly(options);
      void this.#tunnel(proxy, options, agentOptions.ca, callback);
      return undefined;
    };
    return { request, agent: Object.assign(agent, { createConnection }) };
  }

  async #agentOptions(secure: boolean): Promise<AgentOptions & { ca?: string[] }> {
    // A file that cannot be read is an error for http too: the user means it.
    const authorities = await (this.#authorities ??= this.#options.authorities?.());
    const ca = secure ? authorities : undefined;
    return {
      keepAlive: true,
      timeout: idleLimitMs,
      autoSelectFamilyAttemptTimeout: attemptMs,
      // Overrides NODE_TLS_REJECT_UNAUTHORIZED=0.
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    };
  }

  #takePreconnected(key: string): Socket | undefined {
    for (const socket of this.#preconnected.get(key) ?? []) {
      this.#takeOut(socket, this.#preconnected.get(key));
      if (!socket.destroyed && socket.writable) return socket.ref();
    }
    return undefined;
  }

  #takeOut(socket: Socket, unused: Set<Socket> | undefined): void {
    if (unused?.delete(socket) === true) this.#unusedCount -= 1;
  }

  /** Opens TLS to the host inside a proxy's tunnel. */
  async #tunnel(
    proxy: Proxy,
    { host = "", port, path: _path, tunnelSignal, ...tlsOptions }: Parameters<CreateConnection>[0],
    ca: readonly string[] | undefined,
    callback: Parameters<CreateConnection>[1],
  ): Promise<void> {
    try {
      const [{ openTunnel }, { connect }] = await Promise.all([
        import("./proxy-tunnel.ts"),
        import("node:tls"),
      ]);
      const target = { host: host ?? "", port: Number(port) };
      const socket = await openTunnel(proxy, target, { ca, signal: tunnelSignal });
      // The certificate must be valid for the host. Without one, Node takes localhost.
      callback(null, connect({ ...(tlsOptions as object), ...target, socket }));
    } catch (error) {
      callback(error as Error);
    }
  }
}

/** Closes the connection that has been idle for longest: fifty stages have fifty hosts. */
function limitIdle<T extends Agent>(agent: T): T {
  const keepSocketAlive = agent.keepSocketAlive.bind(agent);
  return Object.assign(agent, {
    keepSocketAlive(socket: Socket) {
      const idle = Object.values(agent.freeSockets);
      const count = idle.reduce((sum, sockets = []) => sum + sockets.length, 0);
      if (count >= mostIdle) idle[0]?.[0]?.destroy();
      return keepSocketAlive(socket);
    },
  });
}

function preconnectedKey(
  proxy: Proxy | undefined,
  { host, port }: { host: string; port: string | number },
): string {
  return `${proxy?.name ?? ""} ${host}:${port}`;
}

/** What a request needs of node:http or node:https. */
interface HttpClient {
  request: Route["request"];
  agent: Agent;
}

interface HttpModule {
  Agent: typeof HttpsAgent;
  request: Route["request"];
}

/** Loads TLS only for https: on Node 20 it takes some 10 ms. */
async function loadHttp(secure: boolean): Promise<HttpModule> {
  return secure ? import("node:https") : ((await import("node:http")) as unknown as HttpModule);
}
