import type { AwsRequest, AwsResponse } from "./request.ts";
import { ServiceError } from "./service-error.ts";

/**
 * The AWS JSON 1.1 protocol: the operation in `X-Amz-Target`, a JSON object each way.
 * {@link https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html}
 */
export type JsonObject = Record<string, unknown>;

export function parseJsonBody(request: AwsRequest): JsonObject {
  const text = Buffer.from(request.body).toString("utf8");
  let body: unknown;
  try {
    body = parseJson(text === "" ? "{}" : text);
  } catch {
    throw new ServiceError("SerializationException", "The request body is not valid JSON.");
  }
  if (!isJsonObject(body)) {
    throw new ServiceError("SerializationException", "The request body must be a JSON object.");
  }
  return body;
}

/** Far deeper than any request or template. Code that follows a value into its depth needs a stack for it. */
const maximumDepth = 500;

/** @throws SyntaxError also for a value that is nested too deep */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  requireShallow(value);
  return value;
}

/** Undefined for invalid JSON, and for JSON that is not an object. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws SyntaxError for a value that is nested too deep */
export function requireShallow(value: unknown): void {
  if (!isShallow(value)) throw new SyntaxError("the document is nested too deep");
}

/** Whether code may follow the value into its depth. */
export function isShallow(value: unknown): boolean {
  return !isDeeper(value, maximumDepth);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A request with the members of the SDK's type, not validated. */
export type JsonRequest<Input> = UncheckedMembers<keyof Input & string>;

type UncheckedMembers<Name extends string> = Partial<Readonly<Record<Name, unknown>>>;

/** A required string member of a request. @throws ValidationException naming it */
export function requiredString<Name extends string>(request: UncheckedMembers<Name>, name: Name): string {
  const value = optionalString(request, name);
  if (value === undefined) {
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value null at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
    );
  }
  return value;
}

export function optionalString<Name extends string>(
  request: UncheckedMembers<Name>,
  name: Name,
): string | undefined {
  const value = request[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") {
    throw new ServiceError("SerializationException", `${name} must be a string.`);
  }
  return value;
}

/** A required member of a request that is a list of strings. @throws ValidationException naming it */
export function stringList<Name extends string>(request: UncheckedMembers<Name>, name: Name): string[] {
  const value: unknown = request[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new ServiceError("ValidationException", `${name} must be a list of strings.`);
  }
  return value;
}

export function jsonResult(result: unknown, requestId: string): AwsResponse {
  return jsonResponse(200, result, requestId);
}

export function jsonError(error: ServiceError, requestId: string): AwsResponse {
  const response = jsonResponse(error.status, { __type: error.code, message: error.message }, requestId);
  // The services send the colon, and clients cut the code there.
  response.headers["x-amzn-errortype"] = `${error.code}:`;
  return response;
}

function jsonResponse(status: number, body: unknown, requestId: string): AwsResponse {
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId },
    body: JSON.stringify(withEpochSeconds(body)),
  };
}

/** Converts each Date to epoch seconds. */
function withEpochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(withEpochSeconds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withEpochSeconds(member)]));
}
