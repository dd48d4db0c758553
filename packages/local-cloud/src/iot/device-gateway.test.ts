import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { AwsClient } from "aws4fetch";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { generate, type Packet } from "mqtt-packet";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { allow, deployRole } from "../../test/account-fixture.ts";
import { createAccount, type PolicyDocument, type Role } from "../account.ts";
import { createSessions, type TemporaryCredentials } from "../iam/sessions.ts";
import { type Certificate, createCertificate } from "./certificate.ts";
import { createIot, type Iot } from "./iot.ts";

/** Milliseconds that the clock of AWS IoT is ahead. */
let ahead = 0;
const now = (): Date => new Date(Date.now() + ahead);
const account = createAccount("000000000000", "us-east-1");
const sessions = createSessions({ now });
const arn = (resource: string): string => `arn:aws:iot:us-east-1:000000000000:${resource}`;

let certificate: Certificate;
let iot: Iot;
let host: string;
let lines: string[];
let warnings: string[];
/** Another client, which must not notice anything. */
let bystander: MqttClient;
const clients: MqttClient[] = [];

beforeAll(async () => {
  certificate = await createCertificate();
});
beforeEach(async () => {
  ahead = 0;
  lines = [];
  warnings = [];
  iot = createIot({
    account,
    sessions,
    certificate,
    now,
    log: (line) => lines.push(line),
    warn: (line) => warnings.push(line),
  });
  host = await endpoint(iot);
  bystander = await open(credentials(role("bystander", allow("iot:*", "*"))), { clientId: "bystander" });
  await subscribe(bystander, "quiet");
});
afterEach(async () => {
  const received = nextMessage(bystander);
  await publish(bystander, "quiet", "still here");
  if ((await received) !== "quiet: still here") throw new Error("another client was disturbed");
  for (const client of clients.splice(0)) client.end(true);
  await iot.close();
});

async function endpoint(of: Iot): Promise<string> {
  const query = "endpointType=iot%3AData-ATS";
  const operation = of.find({
    method: "GET",
    path: "/endpoint",
    query,
    rawUrl: `/endpoint?${query}`,
    rawHeaders: [],
    headers: {},
    body: new Uint8Array(),
    requestId: "",
  });
  const { body } = await operation.run();
  return (JSON.parse(String(body)) as { endpointAddress: string }).endpointAddress;
}

const role = (name: string, ...policies: PolicyDocument[]): Role => deployRole(account, name, policies);
const credentials = (of: Role, durationSeconds = 3600): TemporaryCredentials =>
  sessions.issue({ role: of, sessionName: "me", durationSeconds });
const everything = (): TemporaryCredentials => credentials(role("all", allow("iot:*", "*")));

const port = (): number => Number(host.split(":")[1]);

interface Signing {
  service?: string;
  region?: string;
  path?: string;
  parameters?: Record<string, string>;
}

/** aws4fetch signs as AWS IoT documents it: the session token is added after signing. */
async function presign(
  keys: TemporaryCredentials,
  { service = "iotdevicegateway", region = "us-east-1", path = "/mqtt", parameters = {} }: Signing = {},
): Promise<string> {
  const url = new URL(`https://${host}${path}`);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const aws = { service, region, signQuery: true, appendSessionToken: true };
  const signed = await new AwsClient(keys).sign(url.href, { aws });
  return signed.url.replace("https:", "wss:");
}

async function open(keys: TemporaryCredentials, options: IClientOptions = {}): Promise<MqttClient> {
  const client = connect(await presign(keys), { ca: certificate.cert, reconnectPeriod: 0, ...options });
  clients.push(client);
  client.on("error", () => {});
  await Promise.race([
    ended(client),
    new Promise<void>((resolve) => client.once("connect", () => resolve())),
  ]);
  return client;
}

function ended(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.once("close", () => resolve());
  });
}

function nextMessage(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    client.once("message", (topic, payload) => resolve(`${topic}: ${payload.toString()}`));
  });
}

function subscribe(client: MqttClient, filter: string, qos: 0 | 1 = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    client.subscribe(filter, { qos }, (error) => (error ? reject(error) : resolve()));
  });
}

function publish(client: MqttClient, topic: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.publish(topic, text, (error) => (error ? reject(error) : resolve()));
  });
}

/** @returns the status of the refusal, or `open` */
async function upgrade(url: string, protocols: string | string[] = "mqttv3.1"): Promise<number | "open"> {
  const socket = new WebSocket(url, protocols, { ca: certificate.cert });
  return new Promise((resolve, reject) => {
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on("error", reject);
  });
}

/** Sends bytes after the upgrade, and waits until the connection is closed. @returns what came back */
async function converse(...frames: (Buffer | string)[]): Promise<Buffer> {
  const socket = new WebSocket(await presign(everything()), "mqtt", { ca: certificate.cert });
  const received: Buffer[] = [];
  socket.on("message", (data) => received.push(data as Buffer));
  socket.on("error", () => {});
  await once(socket, "open");
  for (const frame of frames) socket.send(frame);
  await once(socket, "close");
  return Buffer.concat(received);
}

const hello: Packet = {
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  clientId: "raw",
  keepalive: 60,
};
const message = { cmd: "publish", topic: "a", payload: "", qos: 0, dup: false, retain: false } as const;

/** The log, once it has a line like this. */
async function logged(pattern: RegExp): Promise<string> {
  for (let i = 0; i < 500 && !lines.some((line) => pattern.test(line)); i++) await delay(10);
  return lines.join("\n");
}

describe("the presigned URL", () => {
  it("is accepted with the session token added after signing, and with either subprotocol", async () => {
    const url = await presign(everything());
    expect(await upgrade(url, "mqttv3.1")).toBe("open");
    expect(await upgrade(url, "mqtt")).toBe("open");
    expect(await upgrade(await presign(everything(), { parameters: { "X-Amz-Expires": "60" } }))).toBe(
      "open",
    );
  });

  it.each<[string, () => Promise<string>, number, RegExp]>([
    [
      "a wrong signature",
      async () => (await presign(everything())).replace(/(Signature=)[0-9a-f]{4}/, "$10000"),
      403,
      /SignatureDoesNotMatch/,
    ],
    ["another service", () => presign(everything(), { service: "iotdata" }), 403, /'iotdevicegateway'/],
    ["another region", () => presign(everything(), { region: "eu-west-1" }), 403, /valid region/],
    [
      "a signed session token",
      () => {
        const keys = everything();
        const { sessionToken, ...others } = keys;
        return presign(others as TemporaryCredentials, {
          parameters: { "X-Amz-Security-Token": sessionToken },
        });
      },
      403,
      /SignatureDoesNotMatch/,
    ],
    [
      "no session token",
      async () => (await presign(everything())).replace(/&X-Amz-Security-Token=[^&]*/, ""),
      403,
      /no session token/,
    ],
    [
      "a session that has expired",
      async () => {
        const url = await presign(credentials(role("all", allow("iot:*", "*")), 1));
        ahead = 2000;
        return url;
      },
      403,
      /ExpiredToken/,
    ],
    [
      "a signature that has expired",
      async () => {
        const url = await presign(everything());
        ahead = 301_000;
        return url;
      },
      403,
      /Signature expired/,
    ],
    [
      "an X-Amz-Expires that has passed",
      async () => {
        const url = await presign(everything(), { parameters: { "X-Amz-Expires": "10" } });
        ahead = 11_000;
        return url;
      },
      403,
      /Signature expired/,
    ],
    ["no signature", () => Promise.resolve(`wss://${host}/mqtt`), 403, /MissingAuthenticationToken/],
    ["another path", () => presign(everything(), { path: "/other" }), 404, /the path is \/other/],
  ])("is refused with %s", async (_name, url, status, reason) => {
    expect(await upgrade(await url())).toBe(status);
    expect(lines.join("\n")).toMatch(reason);
    expect(lines.join("\n")).not.toMatch(/X-Amz-|Signature=/);
  });

  it("is refused with another subprotocol, and with none", async () => {
    const url = await presign(everything());
    expect([await upgrade(url, "graphql-ws"), await upgrade(url, [])]).toEqual([400, 400]);
    expect(lines.join("\n")).toContain('the subprotocol is "graphql-ws", not mqtt');
  });
});

it("refuses an upgrade that is not one of WebSocket", async () => {
  const { pathname, search } = new URL(await presign(everything()));
  const socket = connectTls({ host: "127.0.0.1", port: port(), ca: certificate.cert });
  const headers = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Protocol: mqtt"];
  socket.write([`GET ${pathname}${search} HTTP/1.1`, `Host: ${host}`, ...headers, "", ""].join("\r\n"));
  const [reply] = (await once(socket, "data")) as [Buffer];
  expect(reply.toString()).toMatch(/^HTTP\/1.1 400 Bad Request/);
  expect(await logged(/refused a connection: 400/)).toMatch(/Sec-WebSocket-Key/);
  socket.destroy();
});

describe("policies", () => {
  it("allow what they name", async () => {
    const caller = role(
      "narrow",
      allow("iot:Connect", arn("client/mine")),
      allow("iot:Subscribe", arn("topicfilter/mine/*")),
      allow("iot:Receive", arn("topic/mine/*")),
      allow("iot:Publish", arn("topic/mine/news")),
    );
    const client = await open(credentials(caller), { clientId: "mine" });
    await subscribe(client, "mine/+");
    const received = nextMessage(client);
    await publish(client, "mine/news", "hello");
    expect(await received).toBe("mine/news: hello");
  });

  const connects = allow("iot:Connect", "*");
  it.each<[string, PolicyDocument[], (client: MqttClient) => void]>([
    ["iot:Connect on arn:aws:iot:us-east-1:000000000000:client/mine", [], () => {}],
    [
      "iot:Subscribe on arn:aws:iot:us-east-1:000000000000:topicfilter/others",
      [connects, allow("iot:Subscribe", arn("topicfilter/mine"))],
      (client) => client.subscribe("others"),
    ],
    [
      "iot:Publish on arn:aws:iot:us-east-1:000000000000:topic/others",
      [connects, allow("iot:Publish", arn("topic/mine"))],
      (client) => client.publish("others", "x"),
    ],
  ])("end a connection that needs %s", async (what, policies, act) => {
    const client = await open(credentials(role("narrow", ...policies)), { clientId: "mine" });
    act(client);
    if (client.connected) await ended(client);
    expect(lines.join("\n")).toContain(`closed, AccessDenied: role narrow does not allow ${what}`);
  });

  it("take effect at once: a message that the client may no longer receive is not delivered", async () => {
    const caller = role("changing", allow("iot:*", "*"));
    const client = await open(credentials(caller), { clientId: "mine" });
    await subscribe(client, "+");
    caller.policies.set("policy0", allow("iot:*", arn("*/allowed")));
    const received = nextMessage(client);
    await publish(bystander, "denied", "x");
    await publish(bystander, "allowed", "x");
    expect(await received).toBe("allowed: x");
    expect(lines.join("\n")).toContain(
      "a message is not delivered, AccessDenied: role changing does not allow iot:Receive on arn:aws:iot:us-east-1:000000000000:topic/denied",
    );
  });
});

describe("a client that does not keep to MQTT 3.1.1 as AWS IoT has it", () => {
  it.each<[string, (Buffer | string)[], RegExp]>([
    ["garbage", [Buffer.from("GET / HTTP/1.1\r\n\r\n")], /closed, the first packet is not CONNECT/],
    ["random bytes", [generate(hello), Buffer.from("ffffffffffffffff", "hex")], /closed, not MQTT/],
    ["a text frame", ["hello"], /closed, MQTT needs binary frames/],
    ["an oversized frame", [Buffer.alloc(1024 * 1024 + 1)], /closed, Max payload size exceeded/],
    [
      "an oversized packet",
      [
        generate(hello),
        Buffer.from("30ffffff7f", "hex"),
        ...Array.from({ length: 5 }, () => Buffer.alloc(256 * 1024)),
      ],
      /closed, a packet is larger than 1048576 bytes/,
    ],
    [
      "a SUBSCRIBE without topic filters",
      [generate(hello), Buffer.from("82020001", "hex")],
      /closed, a SUBSCRIBE without topic filters/,
    ],
    ["no CONNECT", [generate({ cmd: "pingreq" })], /closed, the first packet is not CONNECT/],
    ["two CONNECTs", [generate(hello), generate(hello)], /closed, a second CONNECT/],
    [
      "a server's packet",
      [generate(hello), generate({ cmd: "pingresp" })],
      /closed, AWS IoT does not take pingresp/,
    ],
    [
      "a last will",
      [generate({ ...hello, will: { topic: "a", payload: Buffer.from("x") } })],
      /closed, the local cloud does not support a last will/,
    ],
    [
      "a persistent session",
      [generate({ ...hello, clean: false })],
      /closed, the local cloud does not support persistent sessions/,
    ],
    [
      "a retained message",
      [generate(hello), generate({ ...message, retain: true })],
      /closed, the local cloud does not support retained messages/,
    ],
    [
      "publishing at QoS 2",
      [generate(hello), generate({ ...message, qos: 2, messageId: 1 })],
      /closed, AWS IoT does not support QoS 2/,
    ],
    [
      "subscribing at QoS 2",
      [
        generate(hello),
        generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 2 }] }),
      ],
      /closed, AWS IoT does not support QoS 2/,
    ],
    [
      "a topic of nine levels",
      [generate(hello), generate({ ...message, topic: "1/2/3/4/5/6/7/8/9" })],
      /closed, invalid topic "1\/2\/3\/4\/5\/6\/7\/8\/9": it has more than 7 slashes/,
    ],
    [
      "51 subscriptions",
      [
        generate(hello),
        generate({
          cmd: "subscribe",
          messageId: 1,
          subscriptions: Array.from({ length: 51 }, (_, i) => ({ topic: `${i}`, qos: 0 })),
        }),
      ],
      /closed, more than 50 subscriptions/,
    ],
  ])("is closed for %s", async (_name, frames, reason) => {
    await converse(...frames);
    expect(await logged(reason)).toMatch(reason);
  });

  it("is told that MQTT 5 is not supported", async () => {
    const reply = await converse(generate({ ...hello, protocolVersion: 5 }, { protocolVersion: 5 }));
    expect(reply.toString("hex")).toBe("20020001");
    expect(await logged(/closed, the local cloud does not support MQTT version 5/)).toMatch(
      /closed, the local cloud does not support MQTT version 5/,
    );
  });

  it("may split packets and join them", async () => {
    const bytes = Buffer.concat([
      generate(hello),
      generate({ cmd: "subscribe", messageId: 7, subscriptions: [{ topic: "a", qos: 1 }] }),
      generate({ cmd: "unsubscribe", messageId: 8, unsubscriptions: ["a"] }),
      generate({ ...message, qos: 1, messageId: 9 }),
      generate({ cmd: "pingreq" }),
      generate({ cmd: "disconnect" }),
    ]);
    const replies = ["20020000", "9003000701", "b0020008", "40020009", "d000"].join("");
    expect((await converse(bytes)).toString("hex")).toBe(replies);
    expect(
      (
        await converse(
          ...bytes
            .toString("latin1")
            .split("")
            .map((byte) => Buffer.from(byte, "latin1")),
        )
      ).toString("hex"),
    ).toBe(replies);
    expect(lines.filter((line) => line.includes("closed,"))).toEqual([]);
  });
});

describe("TLS", () => {
  it("says once how to make a client trust the certificate", async () => {
    for (let i = 0; i < 2; i++) {
      const socket = connectTls({ host: "127.0.0.1", port: port() });
      await expect(once(socket, "secureConnect")).rejects.toThrow("self-signed certificate");
    }
    const fix = /a client seems not to trust the certificate: .* NODE_EXTRA_CA_CERTS/;
    for (let i = 0; i < 500 && warnings.length === 0; i++) await delay(10);
    expect(warnings).toEqual([expect.stringMatching(fix)]);
    expect(await logged(/a client seems not to trust/)).not.toMatch(fix);
  });

  it("logs a client without TLS", async () => {
    const socket = connectTcp({ host: "127.0.0.1", port: port() });
    socket.end("GET /mqtt HTTP/1.1\r\n\r\n").on("error", () => {});
    await once(socket, "close");
    expect(await logged(/TLS failed/)).toContain("http request");
    expect(warnings).toEqual([]);
  });

  it("asks an HTTP client for a WebSocket", async () => {
    const socket = connectTls({ host: "127.0.0.1", port: port(), ca: certificate.cert });
    socket.end("GET /mqtt HTTP/1.1\r\nhost: x\r\n\r\n");
    const [reply] = (await once(socket, "data")) as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1.1 426 Upgrade Required/);
    socket.destroy();
  });
});

it("ends all connections when it is closed", async () => {
  const other = createIot({ account, sessions, certificate, now, log: () => {}, warn: () => {} });
  const first = host;
  host = await endpoint(other);
  const client = await open(everything());
  host = first;
  const gone = ended(client);
  await other.close();
  await gone;
  expect(client.connected).toBe(false);
});
