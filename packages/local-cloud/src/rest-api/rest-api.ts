import { randomUUID } from "node:crypto";
import { type Account, type RestApi, unthrottled } from "../account.ts";
import { mayInvoke } from "../http-api/lambda-permission.ts";
import { createEventV1 } from "../http-api/payload-v1.ts";
import { type GatewayResponse, readProxyResponse } from "../http-api/proxy-response.ts";
import { type Connection, createRequestId, createTraceId } from "../http-api/request-context.ts";
import { chooseRoute, decode } from "../http-api/route-choice.ts";
import { authorize } from "../iam/authorize.ts";
import type { Principal } from "../iam/principal.ts";
import { requestContext } from "../iam/request-context.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { Lambda } from "../lambda/lambda.ts";
import { coralRefusal } from "../sigv4/coral-refusal.ts";
import { verifySigV4 } from "../sigv4/verify-sigv4.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";

export interface RestApiOptions {
  account: Account;
  sessions: Sessions;
  lambda: Lambda;
  now: () => Date;
  /** Gets the reason for each refusal, which clients do not get. Never gets a secret. */
  log: (line: string) => void;
}

/**
 * Answers requests to REST APIs: stage, route, AWS_IAM, and Lambda functions with AWS_PROXY. The refusals are in API
 * Gateway's words. D: {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html},
 * P: {@link https://github.com/mhart/aws4/issues/118}
 */
export function createRestApiService({ account, sessions, lambda, now, log }: RestApiOptions) {
  const { region, accountId } = account;

  async function answer(
    api: RestApi,
    request: ParsedRequest,
    connection: Connection,
    requestId: string,
  ): Promise<GatewayResponse> {
    const { method, rawPath } = request;
    const explain = (reason: string): void => log(`${api.name} ${method} ${rawPath}: ${reason}`);
    const [, stage = ""] = rawPath.split("/");
    const deployment = api.deployments.get(api.stages.get(stage) ?? "");
    if (deployment === undefined) {
      explain("403, no stage");
      return refusal(403, "ForbiddenException", "Forbidden");
    }
    const stages = new Map([[stage, { defaultThrottle: unthrottled, routeThrottles: new Map() }]]);
    const choice = chooseRoute({ routes: deployment.routes, stages }, method, rawPath);
    if (choice === undefined) {
      explain("403, no route");
      return refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    const { route } = choice;
    const path = decode(choice.path);
    const stageArn = `arn:aws:execute-api:${region}:${accountId}:${api.apiId}/${stage}`;

    let principal: Principal | undefined;
    if (route.authorizationType === "AWS_IAM") {
      const verdict = verifySigV4(request, { service: "execute-api", region, now, sessions });
      if (!verdict.ok) {
        const { code, message, detail } = verdict;
        explain(`403, ${code}: ${message}${detail === undefined ? "" : ` (${detail})`}`);
        return refusal(403, coralRefusal(verdict).type, message);
      }
      ({ principal } = verdict);
      const resource = `${stageArn}/${method}${path}`;
      const context = requestContext(account, principal, request, connection, now());
      const decision = authorize(account, principal, { action: "execute-api:Invoke", resource, context });
      if (!decision.allowed) {
        explain(`403, AccessDenied: ${decision.reason}`);
        // The live service masks the account's id.
        const masked = resource.replace(accountId, `********${accountId.slice(-4)}`);
        const message = `User: ${principal.arn} is not authorized to perform: execute-api:Invoke on resource: ${masked}`;
        return refusal(403, "AccessDeniedException", message, "Message");
      }
    } else if (route.authorizationType !== "NONE") {
      explain(`401, the local cloud does not support ${route.authorizationType} authorizers`);
      return refusal(401, "UnauthorizedException", "Unauthorized");
    }

    const integration = deployment.integrations.get(route.integrationId ?? "");
    const lambdaFunction = account.functions.get(integration?.integrationUri ?? "");
    if (integration?.integrationType !== "AWS_PROXY" || lambdaFunction === undefined) {
      explain(
        `500, the local cloud supports only AWS_PROXY integrations of existing functions, not ${integration?.integrationType ?? "none"}`,
      );
      return failed(500);
    }
    const [routeMethod = "", resourcePath = ""] = route.routeKey.split(" ");
    if (
      !mayInvoke(lambdaFunction, `${stageArn}/${routeMethod === "ANY" ? method : routeMethod}${resourcePath}`)
    ) {
      explain(`500, no permission of ${lambdaFunction.functionName} lets API Gateway invoke it`);
      return failed(500);
    }
    const time = now();
    const { version: _version, ...event } = createEventV1({
      request,
      connection,
      choice,
      principal,
      accountId,
      apiId: api.apiId,
      requestId,
      traceId: request.headers.get("x-amzn-trace-id") ?? createTraceId(requestId, time),
      time,
    });
    const waitsMs = integration.timeoutMs;
    const result = await within(waitsMs, lambda.invoke(lambdaFunction, { ...event, path }, { waitsMs }));
    if (result === undefined) {
      explain(`504, no answer within ${integration.timeoutMs} ms`);
      return refusal(504, "IntegrationTimeoutException", "Endpoint request timed out");
    }
    const response = result.ok ? readProxyResponse(result.payload, "1.0") : undefined;
    if (!result.ok) explain(`502, ${result.errorType}: ${result.errorMessage}`);
    else if (response === undefined) explain("502, the function's result is not a response of format 1.0");
    return response ?? failed(502);
  }

  return async (api: RestApi, request: ParsedRequest, connection: Connection): Promise<GatewayResponse> => {
    const requestId = randomUUID();
    const response = await answer(api, request, connection, requestId);
    const ids: [string, string][] = [
      ["x-amzn-requestid", requestId],
      ["x-amz-apigw-id", createRequestId()],
    ];
    return { ...response, headers: [...response.headers, ...ids] };
  };
}

function failed(status: number): GatewayResponse {
  return refusal(status, "InternalServerErrorException", "Internal server error");
}

function refusal(status: number, type: string, message: string, key = "message"): GatewayResponse {
  return {
    status,
    headers: [
      ["content-type", "application/json"],
      ["x-amzn-errortype", type],
    ],
    body: Buffer.from(JSON.stringify({ [key]: message })),
  };
}

/** @returns undefined when the result takes longer */
function within<T>(milliseconds: number, result: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds, undefined);
    result.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
