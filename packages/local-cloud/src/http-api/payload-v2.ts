import type { Principal } from "../iam/principal.ts";
import { accountOf } from "../iam/principal.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";
import { encodeBody, formatRequestTime, gatewayHeaders, type GatewayRequest } from "./request-context.ts";
import { decode } from "./route-choice.ts";

/**
 * The event of payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * `rawPath` is percent-decoded and `rawQueryString` is not, as live captures show (hotsock/voker#8, aws-lambda-dotnet#1901).
 */
export function createEventV2(gatewayRequest: GatewayRequest): Record<string, unknown> {
  const { request, connection, choice, principal, accountId, apiId, requestId, time } = gatewayRequest;
  const { method, rawQuery } = request;
  const { protocol, sourceIp } = connection;
  const { route, stage, pathParameters } = choice;
  const headers = gatewayHeaders(gatewayRequest);
  const cookies = headers.get("cookie");
  headers.delete("cookie");
  const host = headers.get("host") ?? "";
  const path = decode(request.rawPath);
  return {
    version: "2.0",
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString: rawQuery,
    ...(cookies !== undefined && { cookies: splitCookies(cookies) }),
    headers: Object.fromEntries(headers),
    ...(rawQuery !== "" && { queryStringParameters: joinQuery(request.query) }),
    requestContext: {
      accountId,
      apiId,
      ...(principal && { authorizer: { iam: describeCaller(principal) } }),
      domainName: host,
      domainPrefix: host.split(".")[0],
      http: { method, path, protocol, sourceIp, userAgent: headers.get("user-agent") ?? "" },
      requestId,
      routeKey: route.routeKey,
      stage,
      time: formatRequestTime(time),
      timeEpoch: time.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(request.body.length > 0
      ? encodeBody(request.body, headers.get("content-type"))
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

function joinQuery(query: ParsedRequest["query"]): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    const earlier = values.get(name);
    values.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(values);
}

function splitCookies(header: string): string[] {
  return header.split(/;\s*/).filter((cookie) => cookie !== "");
}
