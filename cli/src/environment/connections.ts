import type { Agent, ClientRequest, RequestOptions } from "node:http";
import type { AgentOptions, Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Redactor } from "../redaction.ts";
import type { Proxy } from "./proxy.ts";

export interface ConnectionOptions {
  /** For the proxies that they name. */
  variables: Readonly<Record<string, string | undefined>>;
  redactor: Pick<Redactor, "add">;
  /** The authorities to trust, when they are not the usual ones. Asked for once, when TLS is first needed. */
  authorities?: (() => Promise<readonly string[]>) | undefined;
}

/** How a request to a URL goes out. */
export interface Route {
  request: (options: RequestOptions) => ClientRequest;
  options: RequestOptions;
  /** To be sent before the request's own headers: what is for the proxy alone. */
  proxyHeaders: (readonly [string, string])[];
}

type CreateConnection = (
  options: RequestOptions & { cancellation?: AbortSignal },
  callback: (error: Error | null, socket?: Socket) => void,
) => Socket | undefined;

/** How long a connection that nobody uses is kept. Longer ones are cut by firewalls, silently. */
const keptMs = 15_000;

/**
 * How long one of a host's addresses is waited for before the next is tried as well (RFC 8305). Node's 250 ms gives up
 * on every address of a host that is far away.
 */
const attemptMs = 1000;

const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** The open connections of one run, kept for the requests that follow. */
export class Connections {
  readonly #options: ConnectionOptions;
  readonly #agents = new Map<string, Promise<Agent>>();
  /** Opened before they were needed, by host and port. */
  readonly #preconnected = new Map<string, Set<Socket>>();
  /** How many, those already used included. */
  readonly #preconnectedCount = new Map<string, number>();
  readonly #hasProxies: boolean;
  #authorities: Promise<readonly string[]> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#hasProxies = proxyVariables.some((name) => options.variables[name]);
  }

  async routeTo(url: URL, limits: { cancellation: AbortSignal }, pastProxy = false): Promise<Route> {
    const proxy = pastProxy ? undefined : await this.#proxyFor(url);
    const secure = url.protocol === "https:";
    const path = url.pathname + url.search;
    const options = { ...address(url), path, ...(proxy && { cancellation: limits.cancellation }) };
    if (proxy === undefined || secure) {
      const { request } = await loadHttp(secure);
      const agent = await this.#agent(secure, proxy);
      return { request, options: { ...options, agent }, proxyHeaders: [] };
    }
    // Plain HTTP needs no tunnel: the proxy is asked for the whole URL (RFC 9112 3.2.2).
    const [{ proxyAddress }, { request }] = await Promise.all([
      import("./proxy.ts"),
      loadHttp(proxy.url.protocol === "https:"),
    ]);
    const agent = await this.#agent(proxy.url.protocol === "https:", undefined);
    return {
      request,
      options: { ...options, ...proxyAddress(proxy), path: url.origin + path, agent },
      proxyHeaders:
        proxy.authorization === undefined ? [] : [["Proxy-Authorization", proxy.authorization] as const],
    };
  }

  /**
   * Opens connections that the next requests to the host will use. What fails here, those requests will tell.
   * @param count how many there are to be, those opened beforehand earlier included
   */
  async preconnect(url: URL, count: number): Promise<void> {
    const { host, port } = address(url);
    const key = `${host}:${port}`;
    const missing = count - (this.#preconnectedCount.get(key) ?? 0);
    if (url.protocol !== "https:" || missing <= 0) return;
    this.#preconnectedCount.set(key, count);
    if ((await this.#proxyFor(url)) !== undefined) return;
    const [{ connect }, { isIP }, options] = await Promise.all([
      import("node:tls"),
      import("node:net"),
      this.#agentOptions(true),
    ]);
    const sockets = this.#preconnected.get(key) ?? new Set();
    this.#preconnected.set(key, sockets);
    const servername = isIP(host) === 0 ? host : "";
    for (let opened = 0; opened < missing; opened += 1) {
      const socket = connect({ ...options, timeout: 0, host, port, servername });
      sockets.add(socket);
      socket.unref();
      socket.on("error", () => sockets.delete(socket));
      socket.on("close", () => sockets.delete(socket));
    }
  }

  async #proxyFor(url: URL): Promise<Proxy | undefined> {
    if (!this.#hasProxies) return undefined;
    const { findProxy } = await import("./proxy.ts");
    const proxy = findProxy(url, this.#options.variables);
    this.#options.redactor.add("proxy password", proxy?.password);
    this.#options.redactor.add("proxy authorization", proxy?.authorization?.slice("Basic ".length));
    return proxy;
  }

  #agent(secure: boolean, proxy: Proxy | undefined): Promise<Agent> {
    const key = `${secure} ${proxy?.name ?? ""}`;
    const known = this.#agents.get(key) ?? this.#createAgent(secure, proxy);
    this.#agents.set(key, known);
    return known;
  }

  async #createAgent(secure: boolean, proxy: Proxy | undefined): Promise<Agent> {
    const { Agent: HttpAgent } = await loadHttp(secure);
    const agentOptions = await this.#agentOptions(secure);
    const agent = new HttpAgent(agentOptions);
    if (!secure) return agent;
    const dial = (
      agent as unknown as { createConnection: (options: RequestOptions) => Socket }
    ).createConnection.bind(agent);
    const createConnection: CreateConnection = (options, callback) => {
      if (proxy !== undefined) {
        void this.#tunnel(proxy, options, agentOptions.ca, callback);
        return undefined;
      }
      return this.#takePreconnected(`${options.host}:${options.port}`) ?? dial(options);
    };
    return Object.assign(agent, { createConnection });
  }

  async #agentOptions(secure: boolean): Promise<AgentOptions & { ca?: string[] }> {
    const ca = secure ? await (this.#authorities ??= this.#options.authorities?.()) : undefined;
    return {
      keepAlive: true,
      timeout: keptMs,
      autoSelectFamilyAttemptTimeout: attemptMs,
      // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    };
  }

  #takePreconnected(key: string): Socket | undefined {
    for (const socket of this.#preconnected.get(key) ?? []) {
      this.#preconnected.get(key)?.delete(socket);
      if (!socket.destroyed && socket.writable) return socket.ref();
    }
    return undefined;
  }

  /** TLS to the host within a connection through the proxy. */
  async #tunnel(
    proxy: Proxy,
    { host = "", port, path: _path, cancellation, ...tlsOptions }: Parameters<CreateConnection>[0],
    ca: readonly string[] | undefined,
    callback: Parameters<CreateConnection>[1],
  ): Promise<void> {
    try {
      const [{ openTunnel }, { connect }] = await Promise.all([import("./proxy.ts"), import("node:tls")]);
      const socket = await openTunnel(proxy, { host: host ?? "", port: Number(port), ca, cancellation });
      callback(null, connect({ ...(tlsOptions as object), socket }));
    } catch (error) {
      callback(error as Error);
    }
  }
}

interface HttpModule {
  Agent: typeof HttpsAgent;
  request: Route["request"];
}

/** Each loaded when first needed: on Node 20 the two cost 12 ms. */
async function loadHttp(secure: boolean): Promise<HttpModule> {
  return secure ? import("node:https") : ((await import("node:http")) as unknown as HttpModule);
}

function address(url: URL): { host: string; port: number } {
  const port = url.protocol === "https:" ? 443 : 80;
  // WHATWG URLs keep the brackets of an IPv6 address; node:net wants it bare.
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? port : Number(url.port) };
}
