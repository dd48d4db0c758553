import type { AwsResponse } from "./request.ts";
import type { ServiceError } from "./service-error.ts";

/** The protocol restJson1. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJsonResult(result: unknown, requestId: string): AwsResponse {
  return {
    status: 200,
    headers: { "content-type": "application/json", "x-amzn-requestid": requestId },
    body: JSON.stringify(result),
  };
}

/** The code in a header, the message in the body. */
export function restJsonError({ code, message, status }: ServiceError, requestId: string): AwsResponse {
  return {
    status,
    headers: {
      "content-type": "application/json",
      "x-amzn-requestid": requestId,
      "x-amzn-errortype": code,
    },
    body: JSON.stringify({ message }),
  };
}
