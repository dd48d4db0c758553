import { randomBytes } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { listen } from "./listen.ts";

/** A request as it came over the wire. */
export interface RecordedRequest {
  method: string;
  /** The request line's target, byte for byte. */
  target: string;
  headers: [name: string, value: string][];
  body: Buffer;
}

export interface RecordedServices {
  url: string;
  /** Of the AWS credentials that are given out. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  /** What came for the API. */
  requests: RecordedRequest[];
  /** How many connections were opened. */
  connections: () => number;
  close(): Promise<void>;
}

export interface RecordedServicesOptions {
  tls?: { cert: string; key: string };
  host?: string;
  /** What the API answers. */
  api?: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
}

const identityId = "eu-west-1:11111111-1111-4111-8111-111111111111";

/**
 * Twitter, Cognito and an API on one origin that believe everything and remember what came for the API. For what the
 * strict local cloud cannot show: the bytes on the wire, TLS of a private authority, proxies.
 */
export async function startRecordedServices({
  tls,
  host = "127.0.0.1",
  api = (_incoming, outgoing) => outgoing.end("from the API\n"),
}: RecordedServicesOptions = {}): Promise<RecordedServices> {
  const credentials = {
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(300).toString("base64"),
  };
  const requests: RecordedRequest[] = [];
  let connections = 0;

  const listener = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const operation = String(incoming.headers["x-amz-target"] ?? "")
      .split(".")
      .at(-1);
    if (operation === "GetId") {
      outgoing.end(JSON.stringify({ IdentityId: identityId }));
    } else if (operation === "GetCredentialsForIdentity") {
      const {
        secretAccessKey: SecretKey,
        accessKeyId: AccessKeyId,
        sessionToken: SessionToken,
      } = credentials;
      const Expiration = Date.now() / 1000 + 3600;
      const Credentials = { AccessKeyId, SecretKey, SessionToken, Expiration };
      outgoing.end(JSON.stringify({ IdentityId: identityId, Credentials }));
    } else if (incoming.url === "/oauth/request_token") {
      outgoing.end(
        "oauth_token=request-token&oauth_token_secret=request-secret&oauth_callback_confirmed=true",
      );
    } else if (incoming.url === "/oauth/access_token") {
      outgoing.end("oauth_token=1-access&oauth_token_secret=access-secret&user_id=1&screen_name=alice");
    } else {
      const { rawHeaders, method = "", url: target = "" } = incoming;
      const headers = rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] satisfies [string, string]] : [],
      );
      requests.push({ method, target, headers, body: Buffer.concat(chunks) });
      api(incoming, outgoing);
    }
  };
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void =>
    void listener(incoming, outgoing);
  const server = tls === undefined ? createHttpServer(handle) : createHttpsServer(tls, handle);
  server.on("connection", () => (connections += 1));
  const port = await listen(server, host);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    url: `${tls === undefined ? "http" : "https"}://${authority}`,
    credentials,
    requests,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
