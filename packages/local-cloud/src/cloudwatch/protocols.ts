import { gunzipSync } from "node:zlib";
import { cbor, tag } from "@smithy/core/cbor";
import { isJsonObject, jsonError, type JsonObject, jsonResult, parseJsonBody } from "../aws/json-protocol.ts";
import { queryError, QueryParameters, queryResult } from "../aws/query-protocol.ts";
import type { AwsRequest, AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";

const namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";

/** A request of CloudWatch, in the protocol of its client. */
export interface CloudWatchCall {
  operation: string;
  /** @throws ServiceError for a body that cannot be read */
  input(): JsonObject;
  /** Dates and Maps become what the protocol has for them. */
  reply(result: object): AwsResponse;
  fail(error: ServiceError): AwsResponse;
}

/**
 * CloudWatch speaks three protocols: Query (the aws CLI, and the SDKs until 2025), JSON 1.0 and RPC v2 CBOR.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export function readCall(request: AwsRequest): CloudWatchCall {
  const { requestId, path, headers } = request;
  const [, target] = headers["x-amz-target"]?.split(".") ?? [];
  if (target !== undefined) return jsonCall(target, request);
  const [, operation] = /^\/service\/GraniteServiceVersion20100801\/operation\/(\w+)$/.exec(path) ?? [];
  if (operation !== undefined) return cborCall(operation, request);
  const form = Buffer.from(unpacked(request)).toString("utf8");
  const parameters = new QueryParameters(form === "" ? request.query : form);
  const action = parameters.action ?? "";
  return {
    operation: action,
    input: () => parameters.members(),
    reply: (result) => queryResult(action, namespace, result, requestId),
    fail: (error) => queryError(error, namespace, requestId),
  };
}

function jsonCall(operation: string, request: AwsRequest): CloudWatchCall {
  return {
    operation,
    input: () => parseJsonBody({ ...request, body: unpacked(request) }),
    reply: (result) => asJson(jsonResult(withoutMaps(result), request.requestId)),
    fail: (error) => {
      const response = jsonError(
        new ServiceError(shapeOf(error.code), error.message, error.status),
        request.requestId,
      );
      return asJson(withQueryCode(response, error));
    },
  };
}

function cborCall(operation: string, request: AwsRequest): CloudWatchCall {
  const respond = (status: number, body: unknown): AwsResponse => ({
    status,
    headers: {
      "content-type": "application/cbor",
      "smithy-protocol": "rpc-v2-cbor",
      "x-amzn-requestid": request.requestId,
    },
    body: cbor.serialize(body),
  });
  return {
    operation,
    input() {
      const body = unpacked(request);
      if (body.length === 0) return {};
      try {
        const value: unknown = withDates(cbor.deserialize(body));
        if (isJsonObject(value)) return value;
      } catch {
        // Reported below.
      }
      throw new ServiceError("SerializationException", "The request body is not a CBOR map.");
    },
    reply: (result) => respond(200, forCbor(withoutMaps(result))),
    fail: (error) =>
      withQueryCode(
        respond(error.status, {
          __type: `com.amazonaws.cloudwatch#${shapeOf(error.code)}`,
          message: error.message,
        }),
        error,
      ),
  };
}

function asJson(response: AwsResponse): AwsResponse {
  response.headers["content-type"] = "application/x-amz-json-1.0";
  return response;
}

/** The SDKs compress large requests. */
function unpacked({ headers, body }: AwsRequest): Uint8Array {
  if (headers["content-encoding"] !== "gzip") return body;
  try {
    return gunzipSync(body, { maxOutputLength: maximumBytes });
  } catch {
    throw new ServiceError("SerializationException", "The request body is not gzip, or too large.");
  }
}

/** PutMetricData allows 1 MB. */
const maximumBytes = 4 * 2 ** 20;

/** The names of the errors in the model, where they are not the codes of the query protocol. */
const shapes: Readonly<Record<string, string>> = {
  InvalidParameterValue: "InvalidParameterValueException",
  InvalidParameterCombination: "InvalidParameterCombinationException",
  MissingParameter: "MissingRequiredParameterException",
};

function shapeOf(code: string): string {
  return shapes[code] ?? code;
}

function withQueryCode(response: AwsResponse, { code, status }: ServiceError): AwsResponse {
  response.headers["x-amzn-query-error"] = `${code};${status < 500 ? "Sender" : "Receiver"}`;
  return response;
}

function withoutMaps(value: unknown): unknown {
  return mapped(value, (each) => (each instanceof Map ? Object.fromEntries(each) : each));
}

/** CBOR's times are tagged seconds. */
function forCbor(value: unknown): unknown {
  return mapped(value, (each) =>
    each instanceof Date ? tag({ tag: 1, value: each.getTime() / 1000 }) : each,
  );
}

function withDates(value: unknown): unknown {
  return mapped(value, (each) =>
    isJsonObject(each) && each["tag"] === 1 && typeof each["value"] === "number"
      ? new Date(each["value"] * 1000)
      : each,
  );
}

/** Changes each value of a tree, parents first; leaves out undefined. */
function mapped(value: unknown, change: (value: unknown) => unknown): unknown {
  const changed = change(value);
  if (changed !== value && !(value instanceof Map)) return changed;
  if (Array.isArray(changed)) return changed.map((each) => mapped(each, change));
  if (!isJsonObject(changed) || changed instanceof Date) return changed;
  return Object.fromEntries(
    Object.entries(changed)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, mapped(each, change)]),
  );
}
