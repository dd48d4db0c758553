import type { Principal } from "../iam/principal.ts";
import { accountOf } from "../iam/principal.ts";
import { parseQuery } from "../sigv4/wire-request.ts";
import { encodeBody, formatRequestTime, gatewayHeaders, type GatewayRequest } from "./request-context.ts";
import { decode } from "./route-choice.ts";

/**
 * The event of payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * `rawPath` is percent-decoded and `rawQueryString` is not, as live captures show (hotsock/voker#8, aws-lambda-dotnet#1901).
 */
export function createEventV2(request: GatewayRequest): Record<string, unknown> {
  const { route, stage, pathParameters, wire, rawPath, rawQuery, requestId, time, sourceIp, protocol } =
    request;
  const headers = gatewayHeaders(request);
  const cookies = headers.get("cookie");
  headers.delete("cookie");
  const host = headers.get("host") ?? "";
  const path = decode(rawPath);
  const query = joinQuery(rawQuery);
  return {
    version: "2.0",
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString: rawQuery,
    ...(cookies !== undefined && { cookies: splitCookies(cookies) }),
    headers: Object.fromEntries(headers),
    ...(rawQuery !== "" && { queryStringParameters: query }),
    requestContext: {
      accountId: request.accountId,
      apiId: request.apiId,
      ...(request.principal && { authorizer: { iam: describeCaller(request.principal) } }),
      domainName: host,
      domainPrefix: host.split(".")[0],
      http: { method: wire.method, path, protocol, sourceIp, userAgent: headers.get("user-agent") ?? "" },
      requestId,
      routeKey: route.routeKey,
      stage,
      time: formatRequestTime(time),
      timeEpoch: time.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(wire.body.length > 0
      ? encodeBody(wire.body, headers.get("content-type"))
      : { isBase64Encoded: false }),
  };
}

/** `requestContext.authorizer.iam`. */
function describeCaller(principal: Principal): Record<string, unknown> {
  return {
    accessKey: principal.accessKeyId,
    accountId: accountOf(principal),
    callerId: principal.userId,
    cognitoIdentity: principal.kind === "assumed-role" ? (principal.cognitoIdentity ?? null) : null,
    principalOrgId: null,
    userArn: principal.arn,
    userId: principal.userId,
  };
}

function joinQuery(rawQuery: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of parseQuery(rawQuery)) {
    const earlier = values.get(name);
    values.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(values);
}

/** A request's `Cookie` headers, joined by commas, as single cookies. */
function splitCookies(header: string): string[] {
  return header.split(/;\s*|,(?=[^;,=\s]+=)/).filter((cookie) => cookie !== "");
}
