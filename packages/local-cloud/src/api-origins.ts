import { X509Certificate } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

import { closerOf, createServerFor, listen, type TlsOptions } from "./aws/listener.ts";
import type { Sessions } from "./iam/sessions.ts";
import { createLambda, type Lambda } from "./lambda/lambda.ts";
import type { Account, FunctionUrl, GraphqlApi, HttpApi, RestApi } from "./account.ts";
import { createRestApiService } from "./rest-api/rest-api.ts";
import { createAppSyncService } from "./app-sync/app-sync.ts";
import { createFunctionUrlService } from "./function-url/function-url.ts";
import { type ParsedRequest, parseRequest } from "./sigv4/wire-request.ts";
import { limits } from "./http-api/gateway-refusals.ts";
import { createGateway, serverError } from "./http-api/gateway.ts";
import type { GatewayResponse } from "./http-api/proxy-response.ts";
import type { Connection } from "./http-api/request-context.ts";
import { memoryState, type State } from "./state.ts";
import { stackOf } from "./error-text.ts";

export interface ApiOriginsOptions {
  account: Account;
  region: string;
  sessions: Sessions;
  now: () => Date;
  /** Gets each request, the reason for each refusal and the functions' output. Never gets a secret. */
  log: (line: string) => void;
  /** With it, every origin uses https. */
  tls?: TlsOptions;
  /** Runs the functions. By default the host creates one, which `closeAll` closes. */
  lambda?: Lambda;
  /** How long a presigned URL without `X-Amz-Expires` is valid, in seconds. By default it is refused. */
  presignedSeconds?: number;
  /** Keeps the ports. */
  state?: State | undefined;
  /** Gives HTTP APIs a host name with their region, as the other APIs have one. */
  named?: boolean;
  /** Gets each origin, without a trailing slash. */
  onOpened?: (origin: string) => void;
}

export interface ApiOrigins {
  /**
   * Listens on a free port of 127.0.0.1.
   * @returns the origin, without a trailing slash: `http://127.0.0.1:<port>`, or with `named`
   *   `http://<id>.execute-api.<region>.localhost:<port>`
   */
  open(api: HttpApi): Promise<string>;
  /**
   * Listens for a function URL. The host name has the form of Lambda's, `<url-id>.lambda-url.<region>.localhost`, so that
   * clients read the service and the region of signatures in it. A certificate without that name gets 127.0.0.1.
   * @returns the URL, with a trailing slash
   */
  openFunctionUrl(url: FunctionUrl): Promise<string>;
  /** Listens for a REST API. @returns the origin, `http://<id>.execute-api.<region>.localhost:<port>` */
  openRestApi(api: RestApi): Promise<string>;
  /** Listens for an AppSync API. @returns the origin, `http://<id>.appsync-api.<region>.localhost:<port>` */
  openGraphqlApi(api: GraphqlApi): Promise<string>;
  /** Closes the origin, as `closerOf` says. Does nothing when it is not open. */
  close(id: string): Promise<void>;
  closeAll(): Promise<void>;
  /** Opens what the account has, as after a restart. @throws the listen error of a port that is taken */
  openAll(): Promise<void>;
}

/**
 * The origins of deployed APIs: one for each HTTP API, REST API, function URL and AppSync API. Each request reads routes
 * and functions from the account, so that a deployment takes effect at once. Uses node:http directly, because signatures
 * cover the raw target and headers.
 */
export function createApiOrigins(options: ApiOriginsOptions): ApiOrigins {
  const { account, sessions, now, log, tls } = options;
  const lambda = options.lambda ?? createLambda({ account, sessions, now, log });
  const gateway = createGateway({ ...options, lambda });
  const answerGraphqlApi = createAppSyncService({ ...options, lambda });
  const answerRestApi = createRestApiService({ ...options, lambda });
  const answerFunctionUrl = createFunctionUrlService({ ...options, lambda });
  /** By id of the API. */
  const closers = new Map<string, () => Promise<void>>();
  /** By id of the API. */
  const ports = (options.state ?? memoryState()).part("ports", () => new Map<string, number>());
  const announced = (url: string): string => {
    options.onOpened?.(new URL(url).origin);
    return url;
  };

  const close = async (id: string): Promise<void> => {
    const closeServer = closers.get(id);
    closers.delete(id);
    await closeServer?.();
  };

  /** @returns the port */
  const listenFor = async (id: string, name: string, answer: Answer): Promise<number> => {
    await close(id);
    const listener: RequestListener = (request, response) => {
      serve(name, request, response, answer).catch((error: unknown) => {
        // A closed connection or a bug must not end the local cloud.
        log(`${name}: ${stackOf(error)}`);
        if (response.headersSent) response.destroy();
        else send(response, serverError, now());
      });
    };
    const server = createServerFor(listener, tls, { maxHeaderSize });
    closers.set(id, closerOf(server));
    const port = await listen(server, ports.get(id) ?? 0, (line) => log(`${name}: ${line}`));
    ports.set(id, port);
    return port;
  };

  const scheme = tls ? "https" : "http";
  /** A host name below localhost, where the certificate allows it. */
  const hostOf = (name: string): string =>
    tls === undefined || new X509Certificate(tls.cert).checkHost(name) !== undefined ? name : "127.0.0.1";

  return {
    async open(api) {
      const port = await listenFor(api.apiId, api.name, (request, connection) =>
        gateway(account.httpApis.get(api.apiId) ?? api, request, connection),
      );
      const host =
        options.named === true ? hostOf(`${api.apiId}.execute-api.${options.region}.localhost`) : "127.0.0.1";
      return announced(`${scheme}://${host}:${port}`);
    },
    async openFunctionUrl(url) {
      const port = await listenFor(url.urlId, `function URL ${url.urlId}`, (request, connection) =>
        answerFunctionUrl(account.functionUrls.get(url.functionArn) ?? url, request, connection),
      );
      return announced(
        `${scheme}://${hostOf(`${url.urlId}.lambda-url.${options.region}.localhost`)}:${port}/`,
      );
    },
    async openRestApi(api) {
      const port = await listenFor(api.apiId, api.name, (request, connection) =>
        answerRestApi(account.restApis.get(api.apiId) ?? api, request, connection),
      );
      return announced(
        `${scheme}://${hostOf(`${api.apiId}.execute-api.${options.region}.localhost`)}:${port}`,
      );
    },
    async openGraphqlApi(api) {
      const port = await listenFor(api.apiId, api.name, (request, connection) =>
        answerGraphqlApi(account.graphqlApis.get(api.apiId) ?? api, request, connection),
      );
      return announced(
        `${scheme}://${hostOf(`${api.apiId}.appsync-api.${options.region}.localhost`)}:${port}`,
      );
    },
    close,
    async openAll() {
      await Promise.all([
        ...Array.from(account.httpApis.values(), (api) => this.open(api)),
        ...Array.from(account.functionUrls.values(), (url) => this.openFunctionUrl(url)),
        ...Array.from(account.restApis.values(), (api) => this.openRestApi(api)),
        ...Array.from(account.graphqlApis.values(), (api) => this.openGraphqlApi(api)),
      ]);
    },
    async closeAll() {
      await Promise.all([...closers.keys()].map(close));
      if (options.lambda === undefined) await lambda.close();
    },
  };

  async function serve(
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
  ): Promise<void> {
    const started = performance.now();
    response.on("error", () => {});
    const body = hasBody(request) ? await readBody(request) : noBody;
    if (body === undefined) return;
    const parsed = parseRequest({
      method: request.method ?? "",
      rawUrl: request.url ?? "",
      rawHeaders: request.rawHeaders,
      body,
    });
    const reply = await answer(parsed, {
      sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
      protocol: `HTTP/${request.httpVersion}`,
      headBytes: countHeadBytes(request),
      isSecure: tls !== undefined,
    });
    send(response, reply, now());
    const milliseconds = Math.round(performance.now() - started);
    // The query may hold a signature.
    log(`${name} ${parsed.method} ${parsed.rawPath} ${reply.status} ${milliseconds} ms`);
  }
}

type Answer = (request: ParsedRequest, connection: Connection) => Promise<GatewayResponse>;

const noBody = Buffer.alloc(0);

/** Far above API Gateway's limit, so that the gateway refuses what exceeds it, not Node's parser. */
const maxHeaderSize = 256 * 1024;

function countHeadBytes({ method = "", url = "", httpVersion, rawHeaders }: IncomingMessage): number {
  let bytes = `${method} ${url} HTTP/${httpVersion}`.length;
  for (let i = 1; i < rawHeaders.length; i += 2) bytes += rawHeaders[i]?.length ?? 0;
  return bytes;
}

/** RFC 9112 section 6.3: a request without either header has no body. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** The whole body, or undefined when the client has closed the connection. A larger body than allowed is cut off. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    request.on("data", (chunk: Buffer) => {
      // The rest is read but not kept, so that the client gets to see the refusal.
      if (length <= limits.bodyBytes) chunks.push(chunk);
      length += chunk.length;
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

function send(response: ServerResponse, { status, headers, body }: GatewayResponse, date: Date): void {
  // The clock is an option, and clients correct theirs by this header.
  response.sendDate = false;
  const lines = ["date", date.toUTCString(), ...headers.flat()];
  const isBodiless = status === 204 || status === 304;
  if (!isBodiless) lines.push("content-length", String(body.length));
  response.writeHead(status, lines);
  // Node omits the body in a response to HEAD.
  response.end(isBodiless ? undefined : body);
}
