import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";

import type { Sessions } from "../iam/sessions.ts";
import { createLambda, type Lambda } from "../lambda/lambda.ts";
import type { Account, HttpApi } from "../resources.ts";
import { parseRequest } from "../sigv4/wire-request.ts";
import { createGateway, type Gateway, maximumBodyBytes } from "./gateway.ts";

export interface HttpApiHostOptions {
  account: Account;
  region: string;
  sessions: Sessions;
  now: () => Date;
  /** Gets the true reason of every refusal and the functions' output; never a secret. */
  log: (line: string) => void;
  /** PEM; every origin then speaks https. */
  tls?: { cert: string; key: string };
  /** Runs the functions; by default one of the host's own, which `closeAll` closes. */
  lambda?: Lambda;
  /** Variables that every function gets, `AWS_ENDPOINT_URL` say. */
  functionEnvironment?: () => Record<string, string>;
}

export interface HttpApiHost {
  /** Opens the API's origin on a free port of 127.0.0.1. @returns it, without a trailing slash */
  open(api: HttpApi): Promise<string>;
  /** Closes it with its connections; nothing happens when it is not open. */
  close(apiId: string): Promise<void>;
  closeAll(): Promise<void>;
}

/**
 * API Gateway: one origin for each deployed HTTP API. What it answers with is read from the account at each request, so
 * that a deployment takes effect at once. Bare node:http, because signatures are made over the raw target and headers.
 */
export function createHttpApiHost(options: HttpApiHostOptions): HttpApiHost {
  const { account, sessions, now, log, tls, functionEnvironment } = options;
  const lambda =
    options.lambda ??
    createLambda({
      account,
      sessions,
      now,
      log,
      ...(functionEnvironment && { environment: functionEnvironment }),
    });
  const gateway = createGateway({ ...options, lambda });
  const servers = new Map<string, Server>();

  const close = async (apiId: string): Promise<void> => {
    const server = servers.get(apiId);
    if (server === undefined) return;
    servers.delete(apiId);
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };

  return {
    async open(api) {
      await close(api.apiId);
      const listener: RequestListener = (request, response) => {
        serve(request, response, account.httpApis.get(api.apiId) ?? api).catch((error: unknown) => {
          // The client has gone away, or a fault of ours: neither may end the local cloud.
          log(`${api.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
          response.destroy();
        });
      };
      const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
      servers.set(api.apiId, server);
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => resolve());
      });
      server.on("error", (error) => log(`${api.name}: ${error.message}`));
      return `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    close,
    async closeAll() {
      await Promise.all([...servers.keys()].map(close));
      if (options.lambda === undefined) await lambda.close();
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse, api: HttpApi): Promise<void> {
    response.on("error", () => {});
    const body = await readBody(request);
    if (body === undefined) return;
    const reply = await gateway(
      api,
      parseRequest({
        method: request.method ?? "",
        rawUrl: request.url ?? "",
        rawHeaders: request.rawHeaders,
        body,
      }),
      {
        sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
        protocol: `HTTP/${request.httpVersion}`,
        isSecure: tls !== undefined,
      },
    );
    send(response, reply, now());
  }
}

/** The whole body; more than is allowed is read no further; undefined when the client has gone away. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      // Kept at just over the limit, which is refused; the rest is read so that the client gets to see the refusal.
      if (length - chunk.length <= maximumBodyBytes) chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  { status, headers, body }: Awaited<ReturnType<Gateway>>,
  date: Date,
): void {
  // The clock is handed in, and clients measure theirs by this.
  response.sendDate = false;
  response.statusCode = status;
  response.setHeader("date", date.toUTCString());
  for (const [name, value] of headers) response.appendHeader(name, value);
  const hasBody = status !== 204 && status !== 304;
  if (hasBody) response.setHeader("content-length", body.length);
  // Node leaves the body of a reply to HEAD out.
  response.end(hasBody ? body : undefined);
}
