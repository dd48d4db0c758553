import type { Principal } from "../iam/principal.ts";
import type { Lambda } from "../lambda/lambda.ts";
import type { HttpApi } from "../account.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "./cors.ts";
import { createIamAuthorizer, type IamAuthorizerOptions } from "./iam-authorizer.ts";
import { GatewayError, httpApiRefusals, limits } from "./gateway-refusals.ts";
import { mayInvoke } from "./lambda-permission.ts";
import { createEventV1 } from "./payload-v1.ts";
import { createEventV2 } from "./payload-v2.ts";
import { type GatewayResponse, readProxyResponse } from "./proxy-response.ts";
import { type Connection, createRequestId, createTraceId } from "./request-context.ts";
import { chooseRoute, decode } from "./route-choice.ts";
import { createThrottling } from "./throttling.ts";

export interface GatewayOptions extends IamAuthorizerOptions {
  lambda: Lambda;
  /** Gets the reason for each refusal, which clients do not get. Never gets a secret. */
  log: (line: string) => void;
}

export type Gateway = (
  api: HttpApi,
  request: ParsedRequest,
  connection: Connection,
) => Promise<GatewayResponse>;

/** Answers requests to HTTP APIs: limits, route, throttling, authorization, CORS, integration. */
export function createGateway(options: GatewayOptions): Gateway {
  const { account, region, lambda, now, log } = options;
  const admits = createThrottling(now);
  const authorizeCaller = createIamAuthorizer(options);

  /** @returns undefined for a preflight that CORS answers */
  async function answer(
    api: HttpApi,
    request: ParsedRequest,
    connection: Connection,
    requestId: string,
  ): Promise<GatewayResponse | undefined> {
    const { method, rawPath } = request;
    const explain = (reason: string): void => log(`${api.name} ${method} ${rawPath}: ${reason}`);
    try {
      httpApiRefusals.head.when(connection.headBytes > limits.headBytes, connection.headBytes);
      httpApiRefusals.body.when(request.body.length > limits.bodyBytes);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      explain(error.message);
      return message(error.status, error.text);
    }

    const isCors = api.corsConfiguration !== undefined && isPreflight(method, request.headers);
    const choice = chooseRoute(api, method, rawPath);
    if (choice === undefined) {
      if (isCors) return undefined;
      explain("no route");
      return notFound;
    }
    const { route, stage, path } = choice;
    if (!isCors && !admits(api, choice)) {
      explain("429, the route's throttling limits are reached");
      return tooManyRequests;
    }
    const stageArn = `arn:aws:execute-api:${region}:${account.accountId}:${api.apiId}/${stage}`;

    let principal: Principal | undefined;
    if (route.authorizationType === "AWS_IAM") {
      const authorization = authorizeCaller(
        request,
        connection,
        `${stageArn}/${method}/${decode(path).slice(1)}`,
      );
      if (!authorization.allowed) {
        explain(`403, ${authorization.reason}`);
        return forbidden;
      }
      ({ principal } = authorization);
    } else if (route.authorizationType !== "NONE") {
      explain(`401, the local cloud does not support ${route.authorizationType} authorizers`);
      return unauthorized;
    }
    if (isCors) return undefined;

    const integration = api.integrations.get(route.integrationId ?? "");
    if (integration?.integrationType !== "AWS_PROXY") {
      explain(
        integration === undefined
          ? "500, the route has no integration"
          : `500, the local cloud does not support ${integration.integrationType} integrations`,
      );
      return serverError;
    }
    const functionArn = integration.integrationUri;
    const lambdaFunction = account.functions.get(functionArn);
    if (lambdaFunction === undefined) {
      explain(`500, function ${functionArn} does not exist`);
      return serverError;
    }
    const routePath =
      route.routeKey === "$default" ? "$default" : `${method}${route.routeKey.split(" ")[1] ?? ""}`;
    if (!mayInvoke(lambdaFunction, `${stageArn}/${routePath}`)) {
      explain(
        `500, no permission of ${lambdaFunction.functionName} lets API Gateway invoke it for ${route.routeKey}`,
      );
      return serverError;
    }

    const format = integration.payloadFormatVersion === "1.0" ? "1.0" : "2.0";
    const { accountId } = account;
    const { apiId } = api;
    const time = now();
    const traceId = request.headers.get("x-amzn-trace-id") ?? createTraceId(requestId, time);
    const gatewayRequest = {
      request,
      connection,
      choice,
      principal,
      accountId,
      apiId,
      requestId,
      traceId,
      time,
    };
    const event = format === "1.0" ? createEventV1(gatewayRequest) : createEventV2(gatewayRequest);
    const caller = { trace: traceId, waitsMs: integration.timeoutMs };
    const result = await within(integration.timeoutMs, lambda.invoke(lambdaFunction, event, caller));
    if (result === undefined) {
      explain(`503, no answer within ${integration.timeoutMs} ms`);
      return unavailable;
    }
    if (!result.ok) {
      const isTooLarge = result.errorType === "RequestEntityTooLargeException";
      explain(`${isTooLarge ? 413 : 500}, ${result.errorType}: ${result.errorMessage}`);
      return isTooLarge ? tooLarge : serverError;
    }
    const response = readProxyResponse(result.payload, format);
    if (response === undefined) explain(`500, the function's result is not a response of format ${format}`);
    return response ?? serverError;
  }

  return async (api, request, connection) => {
    const requestId = createRequestId();
    const { corsConfiguration } = api;
    const answered = await answer(api, request, connection, requestId);
    let response: GatewayResponse = answered ?? { status: 204, headers: [], body: Buffer.alloc(0) };
    if (corsConfiguration !== undefined) {
      const own =
        answered === undefined
          ? preflightHeaders(corsConfiguration, request.headers)
          : corsHeaders(corsConfiguration, request.headers.get("origin"));
      const others = response.headers.filter(([name]) => !name.startsWith("access-control-"));
      response = { ...response, headers: [...others, ...Object.entries(own)] };
    }
    return { ...response, headers: [...response.headers, ["apigw-requestid", requestId]] };
  };
}

const notFound = message(404, "Not Found");
const unauthorized = message(401, "Unauthorized");
const forbidden = message(403, "Forbidden");
const tooManyRequests = message(429, "Too Many Requests");
const tooLarge = message(413, "Request Entity Too Large");
export const serverError = message(500, "Internal Server Error");
const unavailable = message(503, "Service Unavailable");

function message(status: number, text: string): GatewayResponse {
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify({ message: text })),
  };
}

/** @returns undefined when the result takes longer */
function within<T>(milliseconds: number, result: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds, undefined);
    result.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
