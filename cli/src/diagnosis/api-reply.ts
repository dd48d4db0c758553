import { type Header, headerValue } from "../http.ts";

/** A reply of the API, read as far as a refusal goes. */
export interface ApiReply {
  status: number;
  headers: readonly Header[];
  /** The start of its body. */
  text: string;
  /** The reply to HEAD has no body to read. */
  headOnly?: boolean;
}

/**
 * What API Gateway itself says, by status: HTTP APIs in these words and no more, REST APIs in words of their own that
 * start with the ones below.
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

/** Whether it has come from an API, and not from something in front of it. */
export function isFromApi({ headers }: Pick<ApiReply, "headers">): boolean {
  return ["apigw-requestid", "x-amz-apigw-id", "x-amzn-requestid", "x-amzn-errortype"].some(
    (name) => headerValue(headers, name) !== undefined,
  );
}

/** API Gateway's own words, when they are the answer and not a handler's. */
export function gatewayMessage(reply: ApiReply): string | undefined {
  const message = readMessage(reply.text);
  const known = gatewayMessages[reply.status];
  if (message !== undefined && known?.test(message) === true) return message;
  if (errorType(reply) !== undefined) return message ?? "";
  return reply.headOnly && known !== undefined && isFromApi(reply) ? "" : undefined;
}

/** `AccessDeniedException`, of REST APIs; the colon and what follows it left out. */
export function errorType({ headers }: Pick<ApiReply, "headers">): string | undefined {
  return headerValue(headers, "x-amzn-errortype")?.replace(/:.*$/, "");
}

/** `{"message": "…"}` and nothing else in it. */
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

/** Whether the request has come through to its handler: API Gateway found a route and let the caller in. */
export function reachedHandler(reply: ApiReply): boolean {
  if (reply.status < 400) return true;
  const message = gatewayMessage(reply);
  // What a handler throws, API Gateway words.
  if (message !== undefined) return reply.status === 500 || reply.status === 504;
  return isFromApi(reply);
}
