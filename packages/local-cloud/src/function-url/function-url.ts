import { randomUUID } from "node:crypto";
import type { Account, CorsConfiguration, FunctionUrl, LambdaFunction } from "../account.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "../http-api/cors.ts";
import { createEventV2 } from "../http-api/payload-v2.ts";
import { type GatewayResponse, readProxyResponse } from "../http-api/proxy-response.ts";
import { type Connection, createTraceId } from "../http-api/request-context.ts";
import { authorize, type AuthorizationDecision } from "../iam/authorize.ts";
import { matchesPrincipal, type Principal } from "../iam/principal.ts";
import { requestContext } from "../iam/request-context.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { Lambda } from "../lambda/lambda.ts";
import { coralRefusal } from "../sigv4/coral-refusal.ts";
import { verifySigV4 } from "../sigv4/verify-sigv4.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";

export interface FunctionUrlOptions {
  account: Account;
  sessions: Sessions;
  lambda: Lambda;
  now: () => Date;
  /** Gets the reason for each refusal, which clients do not get. Never gets a secret. */
  log: (line: string) => void;
}

/** {@link https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html} */
const maximumBodyBytes = 6_291_556;

/**
 * What a caller of a function URL needs: both, for URLs created since October 2025.
 * D: {@link https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html}
 */
const permissions = [
  { action: "lambda:InvokeFunctionUrl", conditionKey: "lambda:FunctionUrlAuthType" },
  { action: "lambda:InvokeFunction", conditionKey: "lambda:InvokedViaFunctionUrl" },
] as const;

/** Answers requests to Lambda function URLs: CORS, authorization, invocation. */
export function createFunctionUrlService({ account, sessions, lambda, now, log }: FunctionUrlOptions) {
  const { region, accountId } = account;

  async function answer(
    url: FunctionUrl,
    request: ParsedRequest,
    connection: Connection,
    requestId: string,
  ): Promise<GatewayResponse> {
    const lambdaFunction = account.functions.get(url.functionArn);
    const explain = (reason: string): void =>
      log(
        `function URL of ${lambdaFunction?.functionName ?? url.functionArn}, ${request.method} ${request.rawPath}: ${reason}`,
      );
    if (lambdaFunction === undefined) {
      explain("404, the function does not exist");
      return refusal(404, "ResourceNotFoundException", { Message: null });
    }
    let principal: Principal | undefined;
    if (url.authType === "AWS_IAM") {
      const verdict = verifySigV4(request, { service: "lambda", region, now, sessions });
      if (!verdict.ok) {
        const { code, message, detail } = verdict;
        explain(`403, ${code}: ${message}${detail === undefined ? "" : ` (${detail})`}`);
        if (code === "MissingAuthenticationToken") return forbidden;
        const { type } = coralRefusal(verdict);
        return refusal(403, type, { message });
      }
      ({ principal } = verdict);
    }
    for (const permission of permissions) {
      const decision = decide(url, lambdaFunction, principal, request, connection, permission);
      if (decision.allowed) continue;
      explain(`403, AccessDenied: ${decision.reason}`);
      return forbidden;
    }
    if (request.body.length > maximumBodyBytes) {
      explain(`413, more than ${maximumBodyBytes} bytes`);
      return refusal(413, "RequestEntityTooLargeException", {
        Message: `Request must be smaller than ${maximumBodyBytes} bytes for the InvokeFunction operation`,
      });
    }
    const result = await lambda.invoke(lambdaFunction, event(url, request, connection, requestId, principal));
    if (!result.ok) {
      explain(`502, ${result.errorType}: ${result.errorMessage}`);
      return badGateway;
    }
    const response = readProxyResponse(result.payload, "2.0");
    if (response === undefined) explain("502, the function's result is not a response of format 2.0");
    return response ?? badGateway;
  }

  /** In one account, the caller's policies or the function's resource policy may allow the action. */
  function decide(
    { authType }: FunctionUrl,
    { arn, functionName, permissions: statements }: LambdaFunction,
    principal: Principal | undefined,
    request: ParsedRequest,
    connection: Connection,
    { action, conditionKey }: (typeof permissions)[number],
  ): AuthorizationDecision {
    const isGranted = [...statements.values()].some(
      (statement) =>
        [action, "lambda:*"].includes(statement.action) &&
        matchesPrincipal(statement.principal, principal) &&
        statement.sourceArn === undefined &&
        (statement.functionUrlAuthType ?? authType) === authType,
    );
    if (principal === undefined) {
      return isGranted
        ? { allowed: true }
        : { allowed: false, reason: `no permission of ${functionName} lets everybody ${action}` };
    }
    const context = {
      ...requestContext(account, principal, request, connection, now()),
      "lambda:FunctionArn": arn,
      [conditionKey]: conditionKey === "lambda:InvokedViaFunctionUrl" ? "true" : authType,
    };
    return authorize(account, principal, { action, resource: arn, context, isGranted });
  }

  /** D: {@link https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads} */
  function event(
    { urlId }: FunctionUrl,
    request: ParsedRequest,
    connection: Connection,
    requestId: string,
    principal: Principal | undefined,
  ): Record<string, unknown> {
    const time = now();
    return createEventV2({
      request,
      connection,
      choice: { route: { routeKey: "$default" }, stage: "$default", pathParameters: {} },
      // Function URLs do not pass on Cognito's identity.
      principal:
        principal?.kind === "assumed-role" ? { ...principal, cognitoIdentity: undefined } : principal,
      accountId: principal === undefined ? "anonymous" : accountId,
      apiId: urlId,
      requestId,
      traceId: request.headers.get("x-amzn-trace-id") ?? createTraceId(requestId, time),
      time,
    });
  }

  return async (
    url: FunctionUrl,
    request: ParsedRequest,
    connection: Connection,
  ): Promise<GatewayResponse> => {
    const requestId = randomUUID();
    const { corsConfiguration: cors } = url;
    const own: [string, string][] = [["x-amzn-requestid", requestId]];
    if (cors !== undefined && isPreflight(request.method, request.headers)) {
      const headers = Object.entries(preflightHeaders(cors, request.headers));
      return { status: 200, headers: [...headers, ...own], body: Buffer.alloc(0) };
    }
    const response = await answer(url, request, connection, requestId);
    const others = response.headers.filter(([name]) => !(cors && name.startsWith("access-control-")));
    return { ...response, headers: [...others, ...crossOrigin(cors, request), ...own] };
  };
}

function crossOrigin(cors: CorsConfiguration | undefined, { headers }: ParsedRequest): [string, string][] {
  return cors === undefined ? [] : Object.entries(corsHeaders(cors, headers.get("origin")));
}

/**
 * For a request without a signature, and for a caller without permission.
 * P: https://github.com/aws/agent-toolkit-for-aws/pull/250, and many more, with this type.
 */
const forbidden = refusal(403, "AccessDeniedException", {
  Message:
    "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
});

/** The function threw, timed out or returned no response. */
const badGateway: GatewayResponse = {
  status: 502,
  headers: [["content-type", "application/json"]],
  body: Buffer.from("Internal Server Error"),
};

function refusal(status: number, type: string, body: Record<string, unknown>): GatewayResponse {
  return {
    status,
    headers: [
      ["content-type", "application/json"],
      ["x-amzn-errortype", type],
    ],
    body: Buffer.from(JSON.stringify(body)),
  };
}
