import { isShallow } from "../aws/json-protocol.ts";
import { validateHeaderName, validateHeaderValue } from "node:http";

export interface GatewayResponse {
  status: number;
  /** In order. A name may occur more than once. */
  headers: [string, string][];
  body: Buffer;
}

/**
 * Turns a function's result into the client's response.
 *
 * In format 2.0 a result without `statusCode` is the body of a 200 with `application/json`; in format 1.0 it is an error.
 *
 * @param payload the result, as JSON
 * @returns undefined when the result is not a response
 */
export function readProxyResponse(payload: string, format: "1.0" | "2.0"): GatewayResponse | undefined {
  let result: unknown;
  try {
    result = JSON.parse(payload);
  } catch {
    // A streaming handler may write anything.
    return undefined;
  }
  const isResponse = typeof result === "object" && result !== null && "statusCode" in result;
  if (!isResponse) {
    if (format === "1.0") return undefined;
    const body = Buffer.from(typeof result === "string" ? result : payload);
    return { status: 200, headers: [["content-type", "application/json"]], body };
  }

  const { statusCode, headers, multiValueHeaders, cookies, body, isBase64Encoded } = result as Record<
    string,
    unknown
  >;
  const status = typeof statusCode === "string" ? Number(statusCode) : statusCode;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599)
    return undefined;
  if (body !== undefined && body !== null && typeof body !== "string") return undefined;
  const lines = readHeaders(headers);
  const multiLines = format === "1.0" ? readHeaders(multiValueHeaders) : [];
  if (lines === undefined || multiLines === undefined) return undefined;
  const named = new Set(multiLines.map(([name]) => name));
  // As reported of the live service: ministackorg/ministack#758.
  const cookieLines =
    format === "2.0" && Array.isArray(cookies) && isShallow(cookies)
      ? cookies.map((cookie): [string, string] => ["set-cookie", textOf(cookie)])
      : [];
  const all = [...cookieLines, ...lines.filter(([name]) => !named.has(name)), ...multiLines];
  if (!all.every(isValid)) return undefined;
  if (typeof body === "string" && !all.some(([name]) => name === "content-type")) {
    all.push(["content-type", "text/plain;charset=UTF-8"]);
  }
  return {
    status,
    headers: all.filter(([name]) => !connectionHeaders.has(name)),
    body: Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8"),
  };
}

/** These describe one connection, so the gateway sets its own. */
const connectionHeaders = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

function readHeaders(value: unknown): [string, string][] | undefined {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object" || Array.isArray(value) || !isShallow(value)) return undefined;
  return Object.entries(value).flatMap(([name, content]) =>
    (Array.isArray(content) ? content : [content]).map((item): [string, string] => [
      name.toLowerCase(),
      textOf(item),
    ]),
  );
}

/** Like `String`, but for any JSON: an object may have a `toString` that is not a function. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isValid([name, value]: [string, string]): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
