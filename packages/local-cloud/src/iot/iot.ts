import type { RestService } from "../aws/rest-operation.ts";
import { restJsonResult } from "../aws/rest-json-protocol.ts";
import { ServiceError } from "../aws/service-error.ts";
import type { Account } from "../account.ts";
import { authorize } from "../iam/authorize.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { Broker, Permit } from "./broker.ts";
import type { Certificate } from "./certificate.ts";
import type { DeviceGateway } from "./device-gateway.ts";
import { findTopicFault } from "./topics.ts";

export interface IotOptions {
  account: Account;
  sessions: Sessions;
  certificate: Certificate;
  now: () => Date;
  /** Gets each refusal, without secrets. */
  log: (line: string) => void;
  /** Gets what the user must fix. */
  warn: (line: string) => void;
  /** Gets the topic filters of a client of the broker whose connection has ended. */
  onLost?: (filters: string[]) => void;
}

export interface Iot extends RestService {
  /** Ends every connection of the broker, as a network failure does. */
  disconnect(): Promise<void>;
  /** Ends the broker and its connections. */
  close(): Promise<void>;
}

/**
 * AWS IoT: DescribeEndpoint, Publish, and the message broker, which starts at the first of them.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
 */
export function createIot({ account, sessions, certificate, now, log, warn, onLost }: IotOptions): Iot {
  const arn = (resource: string): string => `arn:aws:iot:${account.region}:${account.accountId}:${resource}`;
  const permit: Permit = (principal, action, resource) => {
    const time = now();
    const context = {
      "aws:SourceIp": "127.0.0.1",
      "aws:SecureTransport": "true",
      "aws:CurrentTime": time.toISOString(),
      "aws:EpochTime": String(Math.floor(time.getTime() / 1000)),
      "aws:userid": principal.userId,
    };
    return authorize(account, principal, { action, resource: arn(resource), context });
  };
  let started: Promise<{ broker: Broker; gateway: DeviceGateway }> | undefined;

  async function start(): Promise<{ broker: Broker; gateway: DeviceGateway }> {
    // Most uses of the local cloud need neither MQTT nor TLS.
    const [{ createBroker }, { startDeviceGateway }] = await Promise.all([
      import("./broker.ts"),
      import("./device-gateway.ts"),
    ]);
    const broker = createBroker({ permit, log, ...(onLost && { onLost }) });
    const { region } = account;
    const gateway = await startDeviceGateway({ broker, certificate, region, sessions, now, log, warn });
    log(`iot: the message broker listens on ${gateway.address}`);
    return { broker, gateway };
  }
  const startOnce = (): ReturnType<typeof start> => (started ??= start());

  async function describeEndpoint(query: URLSearchParams): Promise<object> {
    const type = query.get("endpointType") ?? "iot:Data";
    if (type !== "iot:Data" && type !== "iot:Data-ATS") {
      throw new ServiceError(
        "InvalidRequestException",
        `The local cloud does not support the endpoint type ${type}. It supports iot:Data and iot:Data-ATS.`,
      );
    }
    const { gateway } = await startOnce();
    return { endpointAddress: gateway.address };
  }

  async function publish(topic: string, query: URLSearchParams, payload: Uint8Array): Promise<object> {
    const fault = findTopicFault(topic, false);
    const qos = query.get("qos") ?? "0";
    if (fault !== undefined || (qos !== "0" && qos !== "1")) {
      throw new ServiceError("InvalidRequestException", fault ? `Invalid topic: ${fault}` : "Invalid qos");
    }
    const { broker } = await startOnce();
    broker.publish(topic, Buffer.from(payload), qos === "0" ? 0 : 1);
    return { message: "OK" };
  }

  return {
    find({ method, path, query, body, requestId }) {
      const parameters = new URLSearchParams(query);
      if (method === "GET" && path === "/endpoint") {
        return {
          action: "iot:DescribeEndpoint",
          resource: "*",
          run: async () => restJsonResult(await describeEndpoint(parameters), requestId),
        };
      }
      const topic = decode(/^\/topics\/(.+)$/.exec(path)?.[1]);
      if (method === "POST" && topic !== undefined) {
        return {
          action: "iot:Publish",
          resource: arn(`topic/${topic}`),
          run: async () => restJsonResult(await publish(topic, parameters, body), requestId),
        };
      }
      throw new ServiceError(
        "InvalidRequestException",
        `The local cloud does not support ${method} ${path} of AWS IoT. It supports GET /endpoint and POST /topics/{topic}.`,
      );
    },
    async disconnect() {
      const running = await started?.catch(() => undefined);
      running?.gateway.disconnect();
    },
    async close() {
      const running = await started?.catch(() => undefined);
      await running?.gateway.close();
    },
  };
}

/** @returns undefined for text that is not percent-encoded UTF-8 */
function decode(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
