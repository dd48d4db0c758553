import {
  generate,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet,
  parser,
} from "mqtt-packet";
import type { Principal } from "../iam/principal.ts";
import { covers, findTopicFault } from "./topics.ts";

/** Where a client's packets go and come from. */
interface Transport {
  send(bytes: Buffer): void;
  close(): void;
}

interface Client {
  /** Takes bytes of the client's packets, split anywhere. */
  receive(bytes: Buffer): void;
  /** The connection has ended. */
  end(): void;
}

type IotAction = "iot:Connect" | "iot:Publish" | "iot:Receive" | "iot:Subscribe";

/** The action and what the resource's ARN ends with: `client/…`, `topic/…` or `topicfilter/…`. */
export type Permit = (
  principal: Principal,
  action: IotAction,
  resource: string,
) => { allowed: true } | { allowed: false; reason: string };

export interface BrokerOptions {
  permit: Permit;
  /** Gets why a client's connection is closed. */
  log: (line: string) => void;
  /** Gets the topic filters of a client whose connection has ended. */
  onLost?: (filters: string[]) => void;
}

export interface Broker {
  connect(principal: Principal, transport: Transport): Client;
  /** Delivers a message that did not come from a client. */
  publish(topic: string, payload: Buffer, qos: 0 | 1): void;
}

/** SST sends up to 100,000 characters in a message. AWS allows 128 KiB, which SST exceeds with text that is not ASCII. */
export const maximumPacketBytes = 1024 * 1024;

/** The first byte of a CONNECT packet. */
const connectHeader = 0x10;

/**
 * AWS IoT's message broker: MQTT 3.1.1 with QoS 0 and 1. A client that does what AWS IoT does not allow is disconnected
 * without a reply (P: aws-iot-device-sdk-js#125). A message that it may not receive is not delivered (P:
 * raviyenduri.com/blog/aws-iot-receive-subscribe). Nothing is retained, and no session outlives its connection. Keepalive is
 * not enforced: a Lambda environment between two requests cannot ping.
 * https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
 *
 * `ws` and `mqtt-packet` do the protocols. aedes, a whole broker, would bring retained messages, wills, persistent sessions and
 * keepalive, all to be kept off.
 */
export function createBroker({ permit, log, onLost }: BrokerOptions): Broker {
  /** By client id. */
  const sessions = new Map<string, Session>();

  function publish(topic: string, payload: Buffer, qos: 0 | 1): void {
    for (const session of sessions.values()) session.deliver(topic, payload, qos);
  }

  return {
    publish,
    connect(principal, transport) {
      const packets = parser({ protocolVersion: 4 });
      let session: Session | undefined;
      let isClosed = false;
      /** Bytes since the last whole packet. */
      let unparsed = 0;

      const name = (): string => `iot ${session?.clientId ?? "client"} (${principal.arn})`;
      const close = (reason?: string): void => {
        if (isClosed) return;
        isClosed = true;
        const clientId = session?.clientId;
        if (clientId !== undefined && sessions.get(clientId) === session) sessions.delete(clientId);
        if (reason !== undefined) log(`${name()}: closed, ${reason}`);
        transport.close();
        if (session !== undefined) onLost?.(session.filters());
      };
      const send = (packet: Packet): void => transport.send(generate(packet));
      /** Whether the caller's policies allow it. If not, the connection is closed. */
      const permits = (action: IotAction, resource: string): boolean => {
        const decision = permit(principal, action, resource);
        if (!decision.allowed) close(`AccessDenied: ${decision.reason}`);
        return decision.allowed;
      };
      const mayReceive = (topic: string): boolean => {
        const decision = permit(principal, "iot:Receive", `topic/${topic}`);
        if (!decision.allowed) log(`${name()}: a message is not delivered, AccessDenied: ${decision.reason}`);
        return decision.allowed;
      };

      const take = (packet: Packet): void => {
        if (packet.cmd === "connect") {
          if (session !== undefined) return close("a second CONNECT");
          if (packet.protocolId !== "MQTT" || packet.protocolVersion !== 4) {
            send({ cmd: "connack", returnCode: 1, sessionPresent: false });
            return close(`the local cloud does not support MQTT version ${packet.protocolVersion}`);
          }
          if (packet.will !== undefined) return close("the local cloud does not support a last will");
          if (packet.clean !== true) return close("the local cloud does not support persistent sessions");
          if (!permits("iot:Connect", `client/${packet.clientId}`)) return;
          // https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html: DUPLICATE_CLIENTID
          sessions.get(packet.clientId)?.close("another client connected with its client id");
          session = createSession(packet.clientId, { permits, mayReceive, send, close });
          sessions.set(packet.clientId, session);
          return send({ cmd: "connack", returnCode: 0, sessionPresent: false });
        }
        if (session === undefined) return;
        switch (packet.cmd) {
          case "publish":
            return takePublish(packet);
          case "subscribe":
            return session.subscribe(packet);
          case "unsubscribe":
            return session.unsubscribe(packet);
          case "pingreq":
            return send({ cmd: "pingresp" });
          case "puback":
            return;
          case "disconnect":
            return close();
          default:
            return close(`AWS IoT does not take ${packet.cmd}`);
        }
      };
      const takePublish = ({ topic, payload, qos, retain, messageId }: IPublishPacket): void => {
        if (qos === 2) return close(noQos2);
        if (retain) return close("the local cloud does not support retained messages");
        const fault = findTopicFault(topic, false);
        if (fault !== undefined) return close(`invalid topic ${JSON.stringify(topic)}: ${fault}`);
        if (!permits("iot:Publish", `topic/${topic}`)) return;
        if (qos === 1) send({ cmd: "puback", messageId: messageId ?? 0 });
        publish(topic, typeof payload === "string" ? Buffer.from(payload) : payload, qos);
      };

      packets.on("packet", (packet) => {
        unparsed = 0;
        if (!isClosed) take(packet);
      });
      packets.on("error", (error: Error) => close(`not MQTT: ${error.message}`));
      return {
        receive(bytes) {
          if (isClosed) return;
          // Anything else may announce bytes that never come, and the parser would wait for them.
          if (session === undefined && unparsed === 0 && bytes.length > 0 && bytes[0] !== connectHeader) {
            return close("the first packet is not CONNECT");
          }
          unparsed += bytes.length;
          packets.parse(bytes);
          if (unparsed > maximumPacketBytes) close(`a packet is larger than ${maximumPacketBytes} bytes`);
        },
        end: () => close(),
      };
    },
  };
}

interface Session {
  clientId: string;
  filters(): string[];
  subscribe(packet: ISubscribePacket): void;
  unsubscribe(packet: IUnsubscribePacket): void;
  deliver(topic: string, payload: Buffer, qos: 0 | 1): void;
  close(reason: string): void;
}

interface SessionOptions {
  permits: (action: IotAction, resource: string) => boolean;
  mayReceive: (topic: string) => boolean;
  send: (packet: Packet) => void;
  close: (reason: string) => void;
}

/** AWS IoT answers such a packet with nothing, which is hard to notice. */
const noQos2 = "AWS IoT does not support QoS 2";

/** Quota of AWS IoT. https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits */
const maximumSubscriptions = 50;

function createSession(clientId: string, { permits, mayReceive, send, close }: SessionOptions): Session {
  /** The granted QoS by topic filter. */
  const subscriptions = new Map<string, 0 | 1>();
  let lastMessageId = 0;

  return {
    clientId,
    close,
    filters: () => [...subscriptions.keys()],
    subscribe({ messageId, subscriptions: requested }) {
      // MQTT 3.1.1, MQTT-3.8.3-3. mqtt-packet reads it, and writes no SUBACK for it.
      if (requested.length === 0) return close("a SUBSCRIBE without topic filters");
      for (const { topic, qos } of requested) {
        if (qos === 2) return close(noQos2);
        const fault = findTopicFault(topic, true);
        if (fault !== undefined) return close(`invalid topic filter ${JSON.stringify(topic)}: ${fault}`);
        if (!permits("iot:Subscribe", `topicfilter/${topic}`)) return;
        subscriptions.set(topic, qos);
        if (subscriptions.size > maximumSubscriptions)
          return close(`more than ${maximumSubscriptions} subscriptions`);
      }
      const granted = requested.map(({ topic }) => subscriptions.get(topic) ?? 0);
      send({ cmd: "suback", messageId: messageId ?? 0, granted });
    },
    unsubscribe({ messageId = 0, unsubscriptions }) {
      for (const filter of unsubscriptions) subscriptions.delete(filter);
      // MQTT 5 alone sends `granted`.
      const granted: number[] = [];
      const packet = { cmd: "unsuback", messageId, granted } as const;
      send(packet);
    },
    deliver(topic, payload, qos) {
      const granted = [...subscriptions]
        .filter(([filter]) => covers(filter, topic))
        .map(([, level]) => level);
      if (granted.length === 0 || !mayReceive(topic)) return;
      const packet = { cmd: "publish", topic, payload, dup: false, retain: false } as const;
      if (qos === 0 || !granted.includes(1)) return send({ ...packet, qos: 0 });
      lastMessageId = (lastMessageId % 65_535) + 1;
      send({ ...packet, qos: 1, messageId: lastMessageId });
    },
  };
}
