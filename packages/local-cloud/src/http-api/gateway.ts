import { randomBytes } from "node:crypto";

import { authorize } from "../iam/authorization.ts";
import type { Principal } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import { compileArnPattern } from "../iam/wildcards.ts";
import type { Lambda } from "../lambda/lambda.ts";
import type { Account, HttpApi, LambdaFunction } from "../resources.ts";
import { verifySigV4 } from "../sigv4/verify-sigv4.ts";
import { joinHeaders, splitTarget, type WireRequest } from "../sigv4/wire-request.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "./cors.ts";
import { createEventV1 } from "./payload-v1.ts";
import { createEventV2 } from "./payload-v2.ts";
import { type GatewayResponse, readProxyResponse } from "./proxy-response.ts";
import type { GatewayRequest } from "./request-context.ts";
import { chooseRoute, decode, type RouteChoice } from "./route-choice.ts";
import { createThrottling } from "./throttling.ts";

export interface GatewayOptions {
  account: Account;
  region: string;
  sessions: Sessions;
  lambda: Lambda;
  now: () => Date;
  /** Gets the true reason of a refusal, which clients are not told. Never a secret. */
  log: (line: string) => void;
}

interface Connection {
  sourceIp: string;
  /** `HTTP/1.1`. */
  protocol: string;
  isSecure: boolean;
}

export type Gateway = (api: HttpApi, wire: WireRequest, connection: Connection) => Promise<GatewayResponse>;

/** The largest request body, in bytes. */
export const maximumBodyBytes = 10 * 1024 * 1024;

/** An HTTP API's way from a request to a response: route, authorization, integration. */
export function createGateway({ account, region, sessions, lambda, now, log }: GatewayOptions): Gateway {
  const admits = createThrottling(now);
  async function answer(api: HttpApi, request: Omit<GatewayRequest, RouteKeys>, connection: Connection) {
    const { wire, rawPath } = request;
    const { method } = wire;
    const explain = (reason: string): void => log(`${api.name} ${method} ${rawPath}: ${reason}`);

    const choice = chooseRoute(api, method, rawPath);
    if (choice === undefined) {
      explain("no route");
      return notFound;
    }
    const { route, stage, path } = choice;
    if (!admits(api, choice)) {
      explain("429, the throttling limits of the route are reached");
      return tooManyRequests;
    }
    const routeArn = (pathAndMethod: string): string =>
      `arn:aws:execute-api:${region}:${account.accountId}:${api.apiId}/${stage}/${pathAndMethod}`;

    let principal: Principal | undefined;
    if (route.authorizationType === "AWS_IAM") {
      const verdict = await verifySigV4(wire, { service: "execute-api", region, now, sessions });
      if (!verdict.ok) {
        explain(`403, ${verdict.code}: ${verdict.message}`);
        return forbidden;
      }
      ({ principal } = verdict);
      const { cognitoIdentity } = principal.kind === "assumed-role" ? principal : {};
      const decision = authorize(account, principal, {
        action: "execute-api:Invoke",
        resource: routeArn(`${method}/${decode(path).slice(1)}`),
        context: {
          "aws:SourceIp": connection.sourceIp,
          "aws:CurrentTime": request.time.toISOString(),
          "aws:EpochTime": String(Math.floor(request.time.getTime() / 1000)),
          "aws:SecureTransport": String(connection.isSecure),
          "aws:PrincipalArn": principal.kind === "assumed-role" ? principal.roleArn : principal.arn,
          "aws:PrincipalAccount": account.accountId,
          "aws:PrincipalType": principal.kind === "assumed-role" ? "AssumedRole" : "User",
          "aws:userid": principal.userId,
          "aws:RequestedRegion": region,
          "aws:UserAgent": request.headers.get("user-agent") ?? "",
          ...(cognitoIdentity && {
            "aws:FederatedProvider": "cognito-identity.amazonaws.com",
            "cognito-identity.amazonaws.com:sub": cognitoIdentity.identityId,
            "cognito-identity.amazonaws.com:aud": cognitoIdentity.identityPoolId,
            "cognito-identity.amazonaws.com:amr": cognitoIdentity.amr.slice(0, 2),
          }),
        },
      });
      if (!decision.allowed) {
        explain(`403, AccessDenied: ${decision.reason}`);
        return forbidden;
      }
    } else if (route.authorizationType !== "NONE") {
      explain(`401, the local cloud has no ${route.authorizationType} authorizer: the route stays shut`);
      return unauthorized;
    }

    const integration = api.integrations.get(route.integrationId ?? "");
    if (integration?.integrationType !== "AWS_PROXY") {
      explain(`500, the local cloud has no ${integration?.integrationType ?? "missing"} integration`);
      return serverError;
    }
    const functionArn = integration.integrationUri;
    const lambdaFunction = account.functions.get(functionArn);
    if (lambdaFunction === undefined) {
      explain(`500, there is no function ${functionArn}`);
      return serverError;
    }
    const routePath =
      route.routeKey === "$default" ? "$default" : `${method}${route.routeKey.split(" ")[1] ?? ""}`;
    if (!mayInvoke(lambdaFunction, routeArn(routePath))) {
      explain(
        `500, no permission of ${lambdaFunction.functionName} lets API Gateway invoke it for ${route.routeKey}`,
      );
      return serverError;
    }

    const format = integration.payloadFormatVersion === "1.0" ? "1.0" : "2.0";
    const gatewayRequest: GatewayRequest = { ...request, ...choice, principal };
    const event = format === "1.0" ? createEventV1(gatewayRequest) : createEventV2(gatewayRequest);
    const result = await within(integration.timeoutMs, lambda.invoke(lambdaFunction, event));
    if (result === undefined) {
      explain(`503, no answer within ${integration.timeoutMs} ms`);
      return unavailable;
    }
    if (!result.ok) {
      explain(`500, ${result.errorType}: ${result.errorMessage}`);
      return serverError;
    }
    const response = readProxyResponse(result.payload, format);
    if (response === undefined) explain(`500, the function's result is not a response of format ${format}`);
    return response ?? serverError;
  }

  return async (api, wire, connection) => {
    const headers = joinHeaders(wire.rawHeaders);
    const requestId = randomBytes(11).toString("base64");
    const { corsConfiguration } = api;
    let response: GatewayResponse;
    if (corsConfiguration !== undefined && isPreflight(wire.method, headers)) {
      response = {
        status: 204,
        headers: Object.entries(preflightHeaders(corsConfiguration, headers)),
        body: Buffer.alloc(0),
      };
    } else {
      const request = {
        wire,
        headers,
        ...splitTarget(wire.rawUrl),
        accountId: account.accountId,
        apiId: api.apiId,
        requestId,
        time: now(),
        ...connection,
      };
      response = wire.body.length > maximumBodyBytes ? tooLarge : await answer(api, request, connection);
      if (corsConfiguration !== undefined) {
        const own = Object.entries(corsHeaders(corsConfiguration, headers.get("origin")));
        const others = response.headers.filter(([name]) => !name.startsWith("access-control-"));
        response = { ...response, headers: [...others, ...own] };
      }
    }
    return { ...response, headers: [...response.headers, ["apigw-requestid", requestId]] };
  };
}

type RouteKeys = keyof RouteChoice | "principal";

const notFound = message(404, "Not Found");
const unauthorized = message(401, "Unauthorized");
const forbidden = message(403, "Forbidden");
const tooManyRequests = message(429, "Too Many Requests");
const tooLarge = message(413, "Request Entity Too Large");
const serverError = message(500, "Internal Server Error");
const unavailable = message(503, "Service Unavailable");

function message(status: number, text: string): GatewayResponse {
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify({ message: text })),
  };
}

/** AWS::Lambda::Permission: does one let API Gateway call it on behalf of this route? */
function mayInvoke({ permissions }: LambdaFunction, sourceArn: string): boolean {
  return [...permissions.values()].some(
    ({ action, principal, sourceArn: pattern }) =>
      ["lambda:InvokeFunction", "lambda:*"].includes(action) &&
      ["apigateway.amazonaws.com", "*"].includes(principal) &&
      (pattern === undefined || compileArnPattern(pattern)(sourceArn)),
  );
}

/** The result, or undefined when it takes longer. */
async function within<T>(milliseconds: number, result: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
