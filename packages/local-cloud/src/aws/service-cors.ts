import type { AwsRequest, AwsResponse } from "./request.ts";

/**
 * CORS of the services that browsers call: Cognito Identity [R, https://github.com/aws-amplify/amplify-js/issues/2443]
 * and STS, for the classic flow [P, https://github.com/aws-observability/aws-rum-web].
 */
const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date";

/** The services share an origin here, and a preflight does not name one. S3 has no operation for browsers at `/`. */
export function isServicePreflight({ method, path, headers }: AwsRequest): boolean {
  return (
    method === "OPTIONS" &&
    path === "/" &&
    headers["origin"] !== undefined &&
    headers["access-control-request-method"] !== undefined
  );
}

/** The services allow what the browser asks for. */
export function servicePreflight({ headers, requestId }: AwsRequest): AwsResponse {
  const requested = headers["access-control-request-headers"];
  return {
    status: 200,
    headers: {
      "x-amzn-requestid": requestId,
      "access-control-allow-origin": "*",
      ...(requested !== undefined && { "access-control-allow-headers": requested }),
      "access-control-allow-methods": headers["access-control-request-method"] ?? "",
      "access-control-expose-headers": exposed,
      "access-control-max-age": "172800",
    },
    body: "",
  };
}

/** Lets a page read the response, an error too. */
export function withServiceCors(request: AwsRequest, response: AwsResponse): AwsResponse {
  if (request.headers["origin"] === undefined) return response;
  return {
    ...response,
    headers: {
      ...response.headers,
      "access-control-allow-origin": "*",
      "access-control-expose-headers": exposed,
    },
  };
}
