import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { AuthCliError } from "../errors.ts";
import { interrupted } from "./interrupted.ts";

/** The page for one request of the browser. */
export interface CallbackAnswer<Outcome> {
  status: number;
  html: string;
  /** The page's Content-Security-Policy. */
  contentSecurityPolicy: string;
  /** Ends the wait. */
  outcome?: Outcome;
}

/** Listens on loopback for the browser that Twitter redirects (RFC 5849 2.2, RFC 8252 7.3). */
export interface CallbackServer {
  /** The `oauth_callback`: `http://127.0.0.1:<port>/callback`. */
  url: URL;
  /**
   * Answers requests to the callback's path until an answer has an outcome, and sends that answer.
   * @returns undefined after the timeout
   * @throws AuthCliError `interrupted`
   */
  waitFor<Outcome>(
    answer: (query: URLSearchParams) => Promise<CallbackAnswer<Outcome>>,
    timeoutMs: number,
  ): Promise<Outcome | undefined>;
  /** Frees the port and closes the browser's connections. */
  close(): Promise<void>;
}

const callbackPath = "/callback";

/** A browser may resolve `localhost` in a registered callback URL to either. */
const loopbackAddresses = ["127.0.0.1", "::1"] as const;

/** A free port of one address may be in use on the other. */
const freePortAttempts = 10;

/** A browser sends its request at once. */
const requestTimeoutMs = 10_000;

/**
 * @param port 0 for a port that is free on both addresses
 * @param describeHolder names the program that listens on a port, when the system can tell
 * @throws AuthCliError `port-taken`
 */
export async function startCallbackServer(
  port: number,
  interruption: AbortSignal,
  describeHolder: (port: number) => Promise<string | undefined>,
): Promise<CallbackServer> {
  let handle: Handler = refuseEarly;
  const servers = await listen(port, describeHolder, (request, response) => {
    handle(request, response);
  });
  const actualPort = portOf(servers);
  const hosts = ["127.0.0.1", "localhost", "[::1]"].map((host) => `${host}:${actualPort}`);
  return {
    url: new URL(`http://127.0.0.1:${actualPort}${callbackPath}`),
    waitFor(answer, timeoutMs) {
      return new Promise((resolve, reject) => {
        const settle = (finish: () => void): void => {
          clearTimeout(timer);
          interruption.removeEventListener("abort", interrupt);
          handle = refuseEarly;
          finish();
        };
        const interrupt = (): void => settle(() => reject(interrupted()));
        const timer = setTimeout(() => settle(() => resolve(undefined)), timeoutMs);
        interruption.addEventListener("abort", interrupt, { once: true });
        if (interruption.aborted) {
          interrupt();
          return;
        }
        const respond = async (query: URLSearchParams, response: ServerResponse): Promise<void> => {
          const { outcome, ...page } = await answer(query);
          if (outcome !== undefined) {
            // The page must arrive before the port closes, unless the browser has left.
            if (response.destroyed) settle(() => resolve(outcome));
            else response.once("close", () => settle(() => resolve(outcome)));
          }
          sendPage(response, page);
        };
        handle = (request, response) => {
          const query = acceptedQuery(request, response, hosts);
          if (query === undefined) return;
          respond(query, response).catch((error: unknown) => {
            response.destroy();
            settle(() => reject(error instanceof Error ? error : new Error(String(error))));
          });
        };
      });
    },
    async close() {
      await Promise.all(servers.map(closeServer));
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const refuseEarly: Handler = (_request, response) =>
  sendText(response, 503, "auth-cli is not waiting for a login.");

/** Returns the query of a request that may be Twitter's redirect. Answers other requests with an error. */
function acceptedQuery(
  request: IncomingMessage,
  response: ServerResponse,
  hosts: readonly string[],
): URLSearchParams | undefined {
  // DNS rebinding: a web page could read the answer under its own host name.
  if (!hosts.includes(request.headers.host?.toLowerCase() ?? "")) {
    sendText(response, 421, "auth-cli does not serve this host.");
    return undefined;
  }
  const [path, query = ""] = (request.url ?? "").split(/\?(.*)/s);
  if (path !== callbackPath) {
    sendText(response, 404, "auth-cli waits for Twitter at /callback.");
    return undefined;
  }
  if (request.method !== "GET") {
    sendText(response, 405, "Twitter's redirect is a GET.", { Allow: "GET" });
    return undefined;
  }
  return new URLSearchParams(query);
}

function sendPage(
  response: ServerResponse,
  { status, html, contentSecurityPolicy }: CallbackAnswer<unknown>,
): void {
  send(response, status, html, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": contentSecurityPolicy,
  });
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  send(response, status, `${text}\n`, { "Content-Type": "text/plain; charset=utf-8", ...headers });
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string>): void {
  response.writeHead(status, {
    ...headers,
    "Content-Length": Buffer.byteLength(body),
    // The URL contains the verifier, so caches and other sites must not get it.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  });
  response.end(body);
}

function portOf([server]: readonly Server[]): number {
  const address = server?.address();
  if (typeof address !== "object" || address === null) throw new Error("the server listens on no port");
  return address.port;
}

async function listen(
  port: number,
  describeHolder: (port: number) => Promise<string | undefined>,
  handler: Handler,
): Promise<Server[]> {
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    try {
      let chosen = port;
      for (const address of loopbackAddresses) {
        const server = await listenOn(address, chosen, handler);
        if (server === undefined) continue;
        servers.push(server);
        chosen = portOf(servers);
      }
      if (servers.length > 0) return servers;
      throw new AuthCliError("invalid-configuration", {
        step: "twitter.authorize",
        message: "this computer has no loopback address",
        fix: "run `auth-cli login` without --callback",
      });
    } catch (error) {
      await Promise.all(servers.map(closeServer));
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && port === 0 && attempt < freePortAttempts) continue;
      throw code === "EADDRINUSE" || code === "EACCES" ? await portTaken(port, code, describeHolder) : error;
    }
  }
}

/** @returns undefined when this computer lacks the address: many containers have no IPv6 */
function listenOn(address: string, port: number, handler: Handler): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(
      { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
      handler,
    );
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT") resolve(undefined);
      else reject(error);
    });
    server.listen({ host: address, port, ipv6Only: address === "::1", exclusive: true }, () => {
      server.removeAllListeners("error");
      server.on("error", () => {});
      resolve(server);
    });
  });
}

async function portTaken(
  port: number,
  code: string,
  describeHolder: (port: number) => Promise<string | undefined>,
): Promise<AuthCliError> {
  const holder = code === "EACCES" ? undefined : await describeHolder(port);
  return new AuthCliError("port-taken", {
    step: "twitter.authorize",
    message: `cannot listen on port ${port}`,
    cause:
      code === "EACCES"
        ? "ports below 1024 need root privileges"
        : `${holder ?? "another program"} is using it`,
    fix: "run `auth-cli login --callback <port>` with another port, which the X app's registered callback URL must contain",
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
