import { type IncomingMessage, STATUS_CODES } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { type WebSocket, WebSocketServer } from "ws";
import { listen } from "../aws/listener.ts";
import type { Principal } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import { verifySigV4 } from "../sigv4/verify-sigv4.ts";
import { parseRequest } from "../sigv4/wire-request.ts";
import { type Broker, maximumPacketBytes } from "./broker.ts";
import type { Certificate } from "./certificate.ts";

export interface DeviceGatewayOptions {
  broker: Broker;
  certificate: Certificate;
  region: string;
  sessions: Sessions;
  now: () => Date;
  /** Gets each refusal, without secrets. */
  log: (line: string) => void;
  /** Gets what the user must fix. */
  warn: (line: string) => void;
}

export interface DeviceGateway {
  /** `127.0.0.1:<port>`. */
  address: string;
  /** Ends every connection, as a network failure does. */
  disconnect(): void;
  close(): Promise<void>;
}

/** How AWS IoT's clients name MQTT. https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html */
const subprotocols = ["mqtt", "mqttv3.1"];

/**
 * AWS IoT's device gateway: MQTT over WebSocket over TLS, with a presigned URL.
 * https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws
 */
export async function startDeviceGateway(options: DeviceGatewayOptions): Promise<DeviceGateway> {
  const { broker, certificate, region, sessions, now, log, warn } = options;
  const server = createServer(certificate, (_request, response) => {
    log("iot: refused a request that is not a WebSocket");
    response.writeHead(426, { connection: "close", upgrade: "websocket" }).end();
  });
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumPacketBytes,
    handleProtocols: (offered) => subprotocols.find((protocol) => offered.has(protocol)) ?? false,
  });

  const refuseUpgrade = (socket: Duplex, status: number, reason: string): void => {
    log(`iot: refused a connection: ${status}, ${reason}`);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  };
  webSockets.on("wsClientError", ({ message }, socket) => refuseUpgrade(socket, 400, message));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {});
    const refuse = (status: number, reason: string): void => refuseUpgrade(socket, status, reason);
    const parsed = parseRequest({
      method: request.method ?? "",
      rawUrl: request.url ?? "",
      rawHeaders: request.rawHeaders,
      body: new Uint8Array(),
    });
    if (parsed.rawPath !== "/mqtt") return refuse(404, `the path is ${parsed.rawPath}, not /mqtt`);
    const offered = (parsed.headers.get("sec-websocket-protocol") ?? "").split(/\s*,\s*/);
    if (!subprotocols.some((protocol) => offered.includes(protocol))) {
      return refuse(400, `the subprotocol is ${JSON.stringify(offered.join(", "))}, not mqtt`);
    }
    const verdict = verifySigV4(parsed, {
      service: "iotdevicegateway",
      region,
      now,
      sessions,
      signedToken: "never",
      defaultExpiresSeconds: 300,
    });
    if (!verdict.ok) return refuse(403, `${verdict.code}: ${verdict.detail ?? verdict.message}`);
    const { principal } = verdict;
    webSockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, principal));
  });

  function serve(webSocket: WebSocket, principal: Principal): void {
    const client = broker.connect(principal, {
      send: (bytes) => webSocket.send(bytes),
      close: () => webSocket.close(),
    });
    webSocket.on("message", (data, isBinary) => {
      if (isBinary) return client.receive(data as Buffer);
      log(`iot (${principal.arn}): closed, MQTT needs binary frames`);
      webSocket.close(1003);
    });
    webSocket.on("error", (error) => log(`iot (${principal.arn}): closed, ${error.message}`));
    webSocket.on("close", () => client.end());
  }

  reportTlsFailures();
  const port = await listen(server, 0, (line) => log(`iot: ${line}`));

  /** A client that does not trust the certificate may say nothing itself: `sst dev` looks as if it worked. */
  function reportTlsFailures(): void {
    let isWarned = false;
    const reportDistrust = (what: string): void => {
      const event = `iot: a client seems not to trust the certificate: it ${what}`;
      if (isWarned) return log(event);
      isWarned = true;
      warn(
        `${event}. Start it again with the NODE_EXTRA_CA_CERTS that this local cloud set or printed at its start.`,
      );
    };
    server.on("tlsClientError", ({ code, message }: NodeJS.ErrnoException) => {
      if (code === "ECONNRESET") reportDistrust("closed the connection during the handshake");
      else if (code?.includes("_ALERT_")) reportDistrust(`sent the TLS alert ${code.split("_ALERT_")[1]}`);
      else log(`iot: TLS failed: ${message}`);
    });
    // Node's clients finish the handshake before they verify the certificate.
    server.on("secureConnection", (socket: TLSSocket) => {
      socket.once("close", () => {
        if (socket.bytesRead === 0) reportDistrust("closed the connection after the handshake");
      });
    });
  }

  const disconnect = (): void => {
    for (const webSocket of webSockets.clients) webSocket.terminate();
    server.closeAllConnections();
  };
  return {
    address: `127.0.0.1:${port}`,
    disconnect,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      disconnect();
      await closed;
    },
  };
}
