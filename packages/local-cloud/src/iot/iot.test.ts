import { readFile } from "node:fs/promises";
import { AwsClient } from "aws4fetch";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../index.ts";

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

let cloud: LocalCloud;
let lines: string[] = [];
let address: string;
let ca: string;
beforeAll(async () => {
  cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => lines.push(line) });
  ca = await readFile(cloud.environment["NODE_EXTRA_CA_CERTS"] ?? "", "utf8");
  const reply = await call("GET", "/endpoint?endpointType=iot%3AData-ATS", "iot");
  ({ endpointAddress: address } = (await reply.json()) as { endpointAddress: string });
});
afterAll(() => cloud.close());

const clients: MqttClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.end(true);
  lines = [];
});

const deployer = (): Keys => ({
  accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
  secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
});

async function call(method: string, path: string, service: string, body?: string): Promise<Response> {
  const client = new AwsClient({ ...deployer(), service, region: "us-east-1", retries: 0 });
  return client.fetch(cloud.awsUrl + path, { method, ...(body !== undefined && { body }) });
}

/** aws4fetch signs AWS IoT's URLs as AWS documents it: the session token is not signed. */
async function presign(keys: Keys = deployer(), path = "/mqtt"): Promise<string> {
  const client = new AwsClient({ ...keys, service: "iotdevicegateway", region: "us-east-1" });
  const signed = await client.sign(`https://${address}${path}`, { aws: { signQuery: true } });
  return signed.url.replace("https:", "wss:");
}

async function open(clientId: string, options: IClientOptions = {}, url?: string): Promise<MqttClient> {
  const client = connect(url ?? (await presign()), { clientId, ca, reconnectPeriod: 0, ...options });
  clients.push(client);
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve(client));
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed")));
  });
}

const nextMessage = (client: MqttClient): Promise<{ topic: string; text: string; qos: number }> =>
  new Promise((resolve) => {
    client.once("message", (topic, payload, { qos }) => resolve({ topic, text: payload.toString(), qos }));
  });

const closed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.once("close", () => resolve());
  });

const subscribe = (client: MqttClient, filter: string, qos: 0 | 1 = 0): Promise<void> =>
  new Promise((resolve, reject) => {
    client.subscribe(filter, { qos }, (error) => (error ? reject(error) : resolve()));
  });

const publish = (client: MqttClient, topic: string, text: string, qos: 0 | 1 = 0): Promise<void> =>
  new Promise((resolve, reject) => {
    client.publish(topic, text, { qos }, (error) => (error ? reject(error) : resolve()));
  });

describe("AWS IoT", () => {
  it("delivers messages between clients, the sender included", async () => {
    const [one, other] = await Promise.all([open("one"), open("other")]);
    await subscribe(one, "chat/room", 1);
    await subscribe(other, "chat/+");
    const received = Promise.all([nextMessage(one), nextMessage(other)]);
    await publish(one, "chat/room", "hello", 1);
    expect(await received).toEqual([
      { topic: "chat/room", text: "hello", qos: 1 },
      { topic: "chat/room", text: "hello", qos: 0 },
    ]);
  });

  it("publishes over HTTP", async () => {
    const client = await open("one");
    await subscribe(client, "news/today");
    const received = nextMessage(client);
    const reply = await call("POST", "/topics/news%2Ftoday?qos=1", "iotdata", "rain");
    expect([reply.status, await reply.json()]).toEqual([200, { message: "OK" }]);
    expect(await received).toEqual({ topic: "news/today", text: "rain", qos: 0 });
  });

  it.each<[string, string, string, RegExp]>([
    ["GET", "/endpoint?endpointType=iot%3AJobs", "iot", /does not support the endpoint type iot:Jobs/],
    ["GET", "/things", "iot", /does not support GET \/things of AWS IoT/],
    ["POST", "/topics/a%2F%23", "iotdata", /Invalid topic: it has a wildcard where none is allowed/],
    ["POST", "/topics/a?qos=2", "iotdata", /Invalid qos/],
    ["POST", "/topics/%ff", "iotdata", /does not support POST \/topics\/%ff of AWS IoT/],
  ])("refuses %s %s", async (method, path, service, message) => {
    const reply = await call(method, path, service);
    expect([reply.status, reply.headers.get("x-amzn-errortype")]).toEqual([400, "InvalidRequestException"]);
    expect(await reply.text()).toMatch(message);
  });

  it("closes the older of two clients with one id", async () => {
    const older = await open("twin");
    const gone = closed(older);
    await open("twin");
    await gone;
    expect(lines.join("\n")).toContain("another client connected with its client id");
  });
});
