import { randomFillSync } from "node:crypto";

import type { Principal } from "../iam/principal.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";
import type { RouteChoice } from "./route-choice.ts";

export interface Connection {
  sourceIp: string;
  /** `HTTP/1.1`. */
  protocol: string;
  /** Of the request line and all header values. */
  headBytes: number;
  /** Whether the origin uses https. */
  isSecure: boolean;
}

/** Everything that an event is made of. */
export interface GatewayRequest {
  request: ParsedRequest;
  connection: Connection;
  choice: Pick<RouteChoice, "stage" | "pathParameters"> & { route: { routeKey: string } };
  accountId: string;
  apiId: string;
  requestId: string;
  /** `x-amzn-trace-id`. */
  traceId: string;
  time: Date;
  /** The caller of a route with AWS_IAM. */
  principal: Principal | undefined;
}

/** 16 characters, as API Gateway's: 11 bytes in URL-safe base64, with its padding. */
export function createRequestId(): string {
  if (randomOffset === randomPool.length) {
    randomFillSync(randomPool);
    randomOffset = 0;
  }
  const start = randomOffset;
  randomOffset += requestIdBytes;
  return `${randomPool.toString("base64url", start, randomOffset)}=`;
}

const requestIdBytes = 11;
/** Drawn in bulk, because each draw costs more than the rest of the id. */
const randomPool = Buffer.alloc(256 * requestIdBytes);
let randomOffset = randomPool.length;

/** The trace of a request that comes without one: `Root=1-<seconds>-<24 digits>`, in hexadecimal. */
export function createTraceId(requestId: string, time: Date): string {
  const epoch = Math.floor(time.getTime() / 1000).toString(16);
  return `Root=1-${epoch}-${Buffer.from(requestId).toString("hex").slice(0, 24)}`;
}

/** `12/Mar/2020:19:03:58 +0000`. */
export function formatRequestTime(time: Date): string {
  // `Thu, 12 Mar 2020 19:03:58 GMT`
  const [, day, month, year, clock] = time.toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}

/**
 * The body as the event carries it: text where the content type says so, else base64. The text types are those that the
 * live service was reported to use (ministackorg/ministack#766). No type and `application/vnd.api+json` mean base64.
 */
export function encodeBody(
  body: Uint8Array,
  contentType: string | undefined,
): { body: string; isBase64Encoded: boolean } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString("utf8");
  // A body with a text type may still hold bytes that are not UTF-8, which text would lose.
  return textType.test(contentType ?? "") && Buffer.from(text).equals(bytes)
    ? { body: text, isBase64Encoded: false }
    : { body: bytes.toString("base64"), isBase64Encoded: true };
}

const textType = /^\s*(?:text\/|application\/(?:json|xml|javascript)\s*(?:;|$))/i;

/** The request's headers and the gateway's own. */
export function gatewayHeaders({
  request: { headers },
  connection: { sourceIp, isSecure },
  traceId,
}: GatewayRequest): Map<string, string> {
  const forwarded = headers.get("x-forwarded-for");
  const port = /:(\d+)$/.exec(headers.get("host") ?? "")?.[1] ?? (isSecure ? "443" : "80");
  const result = new Map(headers);
  result.set("content-length", headers.get("content-length") ?? "0");
  result.set("x-forwarded-for", forwarded === undefined ? sourceIp : `${forwarded}, ${sourceIp}`);
  result.set("x-forwarded-port", port);
  result.set("x-forwarded-proto", isSecure ? "https" : "http");
  result.set("x-amzn-trace-id", traceId);
  return result;
}
