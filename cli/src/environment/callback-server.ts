import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { AuthCliError } from "../errors.ts";

/** What the browser is shown for one request, and, when the wait is over with it, what came of it. */
export interface CallbackAnswer<Outcome> {
  status: number;
  html: string;
  /** The Content-Security-Policy of the page. */
  contentSecurityPolicy: string;
  outcome?: Outcome;
}

/** Listens on this computer for the browser that Twitter sends back (RFC 5849 2.2, RFC 8252 7.3). */
export interface CallbackServer {
  /** The `oauth_callback`: `http://127.0.0.1:<port>/callback`. */
  url: URL;
  /**
   * Answers what comes to the callback's path until an answer has an outcome, and then waits until it is sent.
   * @returns undefined when time is up
   * @throws AuthCliError `interrupted`
   */
  waitFor<Outcome>(
    answer: (query: URLSearchParams) => Promise<CallbackAnswer<Outcome>>,
    timeoutMs: number,
  ): Promise<Outcome | undefined>;
  /** Frees the port, whatever the browser still has open. */
  close(): Promise<void>;
}

const callbackPath = "/callback";

/** Both, since `localhost` in a registered callback URL may lead a browser to either. */
const loopbackAddresses = ["127.0.0.1", "::1"] as const;

/** A free port of one address may be taken on the other. */
const freePortAttempts = 10;

/** A browser sends its request in one piece; what drips is no browser. */
const requestTimeoutMs = 10_000;

/**
 * @param port 0 picks one that is free on both addresses
 * @param describeHolder who holds a port, in words, when the system tells
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
        const interrupt = (): void =>
          settle(() => reject(new AuthCliError("interrupted", { message: "interrupted" })));
        const timer = setTimeout(() => settle(() => resolve(undefined)), timeoutMs);
        interruption.addEventListener("abort", interrupt, { once: true });
        if (interruption.aborted) interrupt();
        const respond = async (query: URLSearchParams, response: ServerResponse): Promise<void> => {
          const { outcome, ...page } = await answer(query);
          if (outcome !== undefined) {
            // The page is to arrive before the port goes away, unless the browser has gone first.
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

const refuseEarly: Handler = (_request, response) => sendText(response, 503, "No login waits here.");

/** The query of a request that may be Twitter's redirect; others are answered here. */
function acceptedQuery(
  request: IncomingMessage,
  response: ServerResponse,
  hosts: readonly string[],
): URLSearchParams | undefined {
  // A foreign name that leads here (DNS rebinding) would let a web page read what it is answered.
  if (!hosts.includes(request.headers.host?.toLowerCase() ?? "")) {
    sendText(response, 421, "This is not the host that auth-cli waits at.");
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
    // The address holds the verifier: it is to be kept nowhere and told to nobody.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  });
  response.end(body);
}

/** The same for all of them. */
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
        message: "this computer has no loopback address to listen on",
        fix: "log in with the PIN: leave out --callback",
      });
    } catch (error) {
      await Promise.all(servers.map(closeServer));
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && port === 0 && attempt < freePortAttempts) continue;
      throw code === "EADDRINUSE" || code === "EACCES" ? await portTaken(port, code, describeHolder) : error;
    }
  }
}

/** @returns undefined when this computer does not have the address, as many containers have no IPv6 */
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
    message: `cannot wait for Twitter at port ${port}`,
    cause:
      code === "EACCES"
        ? "ports below 1024 need a privilege"
        : `${holder ?? "another program"} listens there`,
    fix: "choose another port with --callback <port>; it has to be in the callback URL that the X app has registered",
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
