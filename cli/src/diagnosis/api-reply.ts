import { type Header, headerValue } from "../http.ts";

/** A reply of the API, with the start of its body. */
export interface ApiReply {
  status: number;
  headers: readonly Header[];
  /** The start of the body. */
  text: string;
  /** A reply to HEAD has no body. */
  headOnly?: boolean;
}

/**
 * API Gateway's own messages, by status. HTTP APIs send exactly these words. REST APIs send others that start with the
 * ones below.
 */
const gatewayMessages: Readonly<Record<number, RegExp>> = {
  400: /^bad request/i,
  401: /^unauthorized$/i,
  403: /^(forbidden$|missing authentication token|the request signature we|the security token|signature expired|signature not yet|credential should|authorization header requires|user: .* is not authorized|user is not authorized|'host' |'x-amz)/i,
  404: /^not found$/i,
  429: /^(too many requests|limit exceeded)/i,
  500: /^internal server error$/i,
  502: /^internal server error$/i,
  503: /^service unavailable$/i,
  504: /^(endpoint request timed out|gateway timeout)/i,
};

/** Whether API Gateway sent the reply, rather than something in front of it. */
export function isFromApi({ headers }: Pick<ApiReply, "headers">): boolean {
  return ["apigw-requestid", "x-amz-apigw-id", "x-amzn-requestid", "x-amzn-errortype"].some(
    (name) => headerValue(headers, name) !== undefined,
  );
}

/** API Gateway's own message. Undefined when the handler, or something else, wrote the body. */
export function gatewayMessage(reply: ApiReply): string | undefined {
  const message = readMessage(reply.text);
  const known = gatewayMessages[reply.status];
  if (message !== undefined && known?.test(message) === true) return message;
  if (errorType(reply) !== undefined) return message ?? "";
  return reply.headOnly && known !== undefined && isFromApi(reply) ? "" : undefined;
}

/** `AccessDeniedException`, of REST APIs. Leaves out the colon and the URL after it. */
export function errorType({ headers }: Pick<ApiReply, "headers">): string | undefined {
  return headerValue(headers, "x-amzn-errortype")?.replace(/:.*$/, "");
}

/** The text of `{"message": "…"}`, where nothing else is in it. */
function readMessage(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const [[name, message] = [], ...more] = Object.entries(value);
    return name?.toLowerCase() === "message" && typeof message === "string" && more.length === 0
      ? message
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the request reached its handler: API Gateway found a route and accepted the caller. */
export function reachedHandler(reply: ApiReply): boolean {
  if (reply.status < 400) return true;
  const message = gatewayMessage(reply);
  // API Gateway words the answer of a handler that threw or timed out.
  if (message !== undefined) return reply.status === 500 || reply.status === 504;
  return isFromApi(reply);
}
