import { accountOf } from "../iam/principal.ts";
import { encodeBody, formatRequestTime, gatewayHeaders, type GatewayRequest } from "./request-context.ts";
import { decode } from "./route-choice.ts";

/** The event of payload format 1.0, which REST APIs use too. Absent values are null. */
export function createEventV1(gatewayRequest: GatewayRequest): Record<string, unknown> {
  const { request, connection, choice, principal, accountId, apiId, requestId, time } = gatewayRequest;
  const { method, query } = request;
  const { route, stage, pathParameters } = choice;
  const headers = [...gatewayHeaders(gatewayRequest)];
  const host = request.headers.get("host") ?? "";
  const path = decode(request.rawPath);
  const resource = route.routeKey.split(" ")[1] ?? "$default";
  const cognito = principal?.kind === "assumed-role" ? principal.cognitoIdentity : undefined;
  const { body, isBase64Encoded } =
    request.body.length > 0
      ? encodeBody(request.body, request.headers.get("content-type"))
      : { body: null, isBase64Encoded: false };
  return {
    version: "1.0",
    resource,
    path,
    httpMethod: method,
    headers: Object.fromEntries(headers),
    multiValueHeaders: collect(headers),
    queryStringParameters: query.length > 0 ? Object.fromEntries(query) : null,
    multiValueQueryStringParameters: query.length > 0 ? collect(query) : null,
    requestContext: {
      accountId: accountId,
      apiId: apiId,
      domainName: host,
      domainPrefix: host.split(".")[0],
      extendedRequestId: requestId,
      httpMethod: method,
      identity: {
        accessKey: principal?.accessKeyId ?? null,
        accountId: principal ? accountOf(principal) : null,
        caller: principal?.userId ?? null,
        cognitoAmr: cognito?.amr ?? null,
        cognitoAuthenticationProvider: cognito?.amr.slice(1).join(",") ?? null,
        cognitoAuthenticationType: cognito?.amr[0] ?? null,
        cognitoIdentityId: cognito?.identityId ?? null,
        cognitoIdentityPoolId: cognito?.identityPoolId ?? null,
        principalOrgId: null,
        sourceIp: connection.sourceIp,
        user: principal?.userId ?? null,
        userAgent: request.headers.get("user-agent") ?? "",
        userArn: principal?.arn ?? null,
      },
      path,
      protocol: connection.protocol,
      requestId,
      requestTime: formatRequestTime(time),
      requestTimeEpoch: time.getTime(),
      resourceId: route.routeKey,
      resourcePath: resource,
      stage,
    },
    pathParameters: Object.keys(pathParameters).length > 0 ? pathParameters : null,
    stageVariables: null,
    body,
    isBase64Encoded,
  };
}

function collect(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}
