import type { Account, LambdaFunction } from "../account.ts";
import { isJsonObject, parseJsonBody, parseJson } from "../aws/json-protocol.ts";
import type { AwsRequest, AwsResponse } from "../aws/request.ts";
import { restJsonResult } from "../aws/rest-json-protocol.ts";
import type { RestOperation, RestService } from "../aws/rest-operation.ts";
import { ServiceError } from "../aws/service-error.ts";
import { matchesPrincipal, type Principal } from "../iam/principal.ts";
import type { InvocationResult, Lambda } from "./lambda.ts";
import { invocationRefusals, maximumEventBytes } from "./lambda-refusals.ts";

export interface LambdaApiOptions {
  account: Account;
  lambda: Pick<Lambda, "invoke">;
  /** Whether a version or alias with this ARN is deployed. */
  isQualified: (arn: string) => boolean;
}

/**
 * Lambda's API for deployed functions: Invoke, GetFunction, GetFunctionConfiguration, and UpdateFunctionConfiguration of
 * variables, which starts new execution environments. https://docs.aws.amazon.com/lambda/latest/api/welcome.html
 */
export function createLambdaApi({ account, lambda, isQualified }: LambdaApiOptions): RestService {
  const named = (resource: string): LambdaFunction | undefined =>
    account.functions.get(resource.split(":").slice(0, 7).join(":"));
  const find = (resource: string): LambdaFunction => {
    const qualifier = resource.split(":")[7] ?? "$LATEST";
    const lambdaFunction = named(resource);
    if (lambdaFunction !== undefined && (qualifier === "$LATEST" || isQualified(resource)))
      return lambdaFunction;
    throw new ServiceError("ResourceNotFoundException", `Function not found: ${resource}`, 404);
  };
  return {
    find(request) {
      const { method, path, requestId } = request;
      const [, encoded, rest = ""] =
        /^\/2015-03-31\/functions\/([^/]+)(\/configuration|\/invocations)?$/.exec(path) ?? [];
      const resource = functionArn(
        account,
        decodeURIComponent(encoded ?? ""),
        new URLSearchParams(request.query).get("Qualifier"),
      );
      const operation = (
        action: string,
        answer: (lambdaFunction: LambdaFunction) => object,
      ): RestOperation => ({
        action: `lambda:${action}`,
        resource,
        run: async () => restJsonResult(answer(find(resource)), requestId),
      });
      switch (encoded === undefined ? "" : `${method} ${rest}`) {
        case "GET ":
          return operation("GetFunction", (found) => ({ Configuration: describe(found) }));
        case "GET /configuration":
          return operation("GetFunctionConfiguration", describe);
        case "PUT /configuration":
          return operation("UpdateFunctionConfiguration", (found) => {
            found.environment = requestedVariables(request) ?? found.environment;
            return describe(found);
          });
        case "POST /invocations":
          return {
            action: "lambda:InvokeFunction",
            resource,
            isGranted: (caller) => mayInvoke(named(resource), caller),
            run: () => invoke(find(resource), request, lambda),
          };
        default:
          throw new ServiceError(
            "InvalidRequestException",
            `The local cloud does not support ${method} ${path} of Lambda. It supports Invoke, GetFunction, GetFunctionConfiguration and UpdateFunctionConfiguration.`,
          );
      }
    },
  };
}

/**
 * The ARN of a function that a request names by its name, ARN or partial ARN, each with or without a qualifier.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
function functionArn({ region, accountId }: Account, text: string, qualifier: string | null): string {
  const name = text.replace(/^(?:arn:aws:lambda:[^:]+:)?(?:\d{12}:)?(?:function:)?/, "");
  const [, of = `${region}:${accountId}`] = /^arn:aws:lambda:([^:]+:\d{12}):/.exec(text) ?? [];
  const suffix = qualifier === null || name.includes(":") ? "" : `:${qualifier}`;
  return `arn:aws:lambda:${of}:function:${name}${suffix}`;
}

/** Statements for a service, for sources and for function URLs grant a caller nothing. */
function mayInvoke(lambdaFunction: LambdaFunction | undefined, caller: Principal): boolean {
  return [...(lambdaFunction?.permissions.values() ?? [])].some(
    ({ action, principal, sourceArn, invokedViaFunctionUrl }) =>
      ["lambda:InvokeFunction", "lambda:*"].includes(action) &&
      matchesPrincipal(principal, caller) &&
      sourceArn === undefined &&
      invokedViaFunctionUrl !== true,
  );
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
async function invoke(
  lambdaFunction: LambdaFunction,
  { headers, body, requestId }: AwsRequest,
  lambda: Pick<Lambda, "invoke">,
): Promise<AwsResponse> {
  const { runtime } = lambdaFunction;
  invocationRefusals.runtime.when(!runtime.startsWith("nodejs"), runtime);
  invocationRefusals.eventSize.when(body.length > maximumEventBytes);
  const event = parseEvent(body);
  const answer = (status: number, payload = "", more: Record<string, string> = {}): AwsResponse => ({
    status,
    headers: {
      "x-amzn-requestid": requestId,
      ...(payload !== "" && { "content-type": "application/json" }),
      ...more,
    },
    body: payload,
  });
  const type = headers["x-amz-invocation-type"] ?? "RequestResponse";
  if (type === "DryRun") return answer(204);
  const running = lambda.invoke(lambdaFunction, event, { trace: headers["x-amzn-trace-id"] });
  // Lambda tries a failed event again. The local cloud does not.
  if (type === "Event") return answer(202);
  const result = await running;
  const executed = { "x-amz-executed-version": "$LATEST" };
  return result.ok
    ? answer(200, result.payload, executed)
    : answer(200, errorPayload(result), { ...executed, "x-amz-function-error": "Unhandled" });
}

function parseEvent(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString("utf8");
  try {
    return parseJson(text === "" ? "{}" : text);
  } catch (error) {
    throw new ServiceError(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
}

/** As Lambda's Node.js runtime reports an error. */
function errorPayload({ errorType, errorMessage, stack }: InvocationResult & { ok: false }): string {
  const trace = stack === "" ? {} : { trace: stack.split("\n") };
  return JSON.stringify({ errorType, errorMessage, ...trace });
}

/** @throws ServiceError for a change of anything but the variables */
function requestedVariables(request: AwsRequest): Record<string, string> | undefined {
  const { Environment: environment, ...others } = parseJsonBody(request);
  const [other] = Object.keys(others).filter((name) => others[name] !== undefined && name !== "FunctionName");
  if (other !== undefined) {
    throw new ServiceError("InvalidParameterValueException", `The local cloud does not change ${other}.`);
  }
  if (!isJsonObject(environment)) return undefined;
  const { Variables: variables = {} } = environment;
  if (!isJsonObject(variables) || !Object.values(variables).every((value) => typeof value === "string")) {
    throw new ServiceError("InvalidParameterValueException", "Environment.Variables must be a map of texts.");
  }
  return variables as Record<string, string>;
}

/** FunctionConfiguration. */
function describe(lambdaFunction: LambdaFunction): object {
  return {
    FunctionName: lambdaFunction.functionName,
    FunctionArn: lambdaFunction.arn,
    Runtime: lambdaFunction.runtime,
    Role: lambdaFunction.roleArn,
    Handler: lambdaFunction.handler,
    CodeSize: lambdaFunction.code.length,
    Timeout: lambdaFunction.timeoutSeconds,
    MemorySize: lambdaFunction.memoryMb,
    Version: "$LATEST",
    Environment: { Variables: lambdaFunction.environment },
    State: "Active",
    LastUpdateStatus: "Successful",
  };
}
