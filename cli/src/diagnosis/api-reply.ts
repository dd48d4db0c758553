import { type Header, headerValue } from "../http.ts";
import { isJsonObject, parseJsonObject } from "../json.ts";

/** A reply of the API, with the start of its body. */
export interface ApiReply {
  status: number;
  headers: readonly Header[];
  /** The start of the body. */
  text: string;
  /** A reply to HEAD has no body. */
  headOnly?: boolean;
}

/** The messages of HTTP APIs, by status. */
const gatewayMessages: Readonly<Record<number, readonly string[]>> = {
  400: ["Bad Request"],
  401: ["Unauthorized"],
  403: ["Forbidden"],
  404: ["Not Found"],
  413: ["Request Entity Too Large", "Request Too Long"],
  429: ["Too Many Requests", "Limit Exceeded"],
  500: ["Internal Server Error"],
  502: ["Internal Server Error"],
  503: ["Service Unavailable"],
  504: ["Gateway Timeout", "Endpoint request timed out"],
};

/** Whether API Gateway sent the reply, rather than something in front of it. */
export function isFromApi({ headers }: Pick<ApiReply, "headers">): boolean {
  return ["apigw-requestid", "x-amz-apigw-id", "x-amzn-requestid", "x-amzn-errortype"].some(
    (name) => headerValue(headers, name) !== undefined,
  );
}

/**
 * API Gateway's own message, or a handler's that repeats it byte by byte: nothing in the reply distinguishes these two.
 * Undefined when the handler, or something else, wrote the body. REST APIs name the type of their refusals in a header.
 */
export function gatewayMessage(reply: ApiReply): string | undefined {
  const { status, headers, text, headOnly } = reply;
  if (errorType(reply) !== undefined) return readMessage(text) ?? "";
  const known = gatewayMessages[status];
  // A handler without a content type of its own gets text/plain.
  if (known === undefined || !["application/json", undefined].includes(headerValue(headers, "content-type")))
    return undefined;
  if (headOnly) return isFromApi(reply) ? "" : undefined;
  return known.find((message) => text === JSON.stringify({ message }));
}

/**
 * `AccessDeniedException`, of REST APIs. Leaves out the colon and the URL after it. An HTTP API, which names the request in
 * another header, sends none: there, the handler wrote it.
 */
export function errorType({ headers }: Pick<ApiReply, "headers">): string | undefined {
  if (headerValue(headers, "apigw-requestid") !== undefined) return undefined;
  return headerValue(headers, "x-amzn-errortype")?.replace(/:.*$/, "");
}

/** The text of `{"message": "…"}`, where nothing else is in it, or of AppSync's first error. */
function readMessage(text: string): string | undefined {
  const value = parseJsonObject(text);
  if (value === undefined) return undefined;
  // AppSync: `{"errors": [{"errorType": "…", "message": "…"}]}`
  const [first] = Array.isArray(value["errors"]) ? (value["errors"] as unknown[]) : [];
  if (isJsonObject(first) && "errorType" in first && "message" in first) {
    return typeof first["message"] === "string" ? first["message"] : undefined;
  }
  const [[name, message] = [], ...more] = Object.entries(value);
  return name?.toLowerCase() === "message" && typeof message === "string" && more.length === 0
    ? message
    : undefined;
}

/** Whether the request reached its handler: API Gateway found a route and accepted the caller. */
export function reachedHandler(reply: ApiReply): boolean {
  if (reply.status < 400) return true;
  const message = gatewayMessage(reply);
  // API Gateway words the answer of a handler that threw or timed out.
  if (message !== undefined) return reply.status === 500 || reply.status === 504;
  return isFromApi(reply);
}
