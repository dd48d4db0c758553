import type { Account, LambdaFunction } from "../account.ts";
import { isJsonObject, parseJsonBody } from "../aws/json-protocol.ts";
import type { AwsRequest } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";

/** A request, understood: what policies must allow, and the answer. */
interface LambdaOperation {
  action: string;
  resource: string;
  run(): Promise<object>;
}

export interface LambdaApi {
  /** @throws ServiceError for a request that is not supported */
  find(request: AwsRequest): LambdaOperation;
}

/**
 * Lambda's API for deployed functions: GetFunction, GetFunctionConfiguration, and UpdateFunctionConfiguration of
 * variables, which starts new execution environments. https://docs.aws.amazon.com/lambda/latest/api/welcome.html
 */
export function createLambdaApi(account: Account): LambdaApi {
  return {
    find(request) {
      const { method, path } = request;
      const [, encoded, configuration] =
        /^\/2015-03-31\/functions\/([^/]+)(\/configuration)?$/.exec(path) ?? [];
      const name = decodeURIComponent(encoded ?? "");
      const resource = name.startsWith("arn:")
        ? name
        : `arn:aws:lambda:${account.region}:${account.accountId}:function:${name}`;
      const operation = (
        action: string,
        answer: (lambdaFunction: LambdaFunction) => object,
      ): LambdaOperation => ({
        action: `lambda:${action}`,
        resource,
        run: async () => {
          const lambdaFunction = account.functions.get(resource);
          if (lambdaFunction !== undefined) return answer(lambdaFunction);
          throw new ServiceError("ResourceNotFoundException", `Function not found: ${resource}`, 404);
        },
      });
      if (encoded !== undefined && method === "GET") {
        return configuration === undefined
          ? operation("GetFunction", (found) => ({ Configuration: describe(found) }))
          : operation("GetFunctionConfiguration", describe);
      }
      if (configuration !== undefined && method === "PUT") {
        return operation("UpdateFunctionConfiguration", (found) => {
          found.environment = requestedVariables(request) ?? found.environment;
          return describe(found);
        });
      }
      throw new ServiceError(
        "InvalidRequestException",
        `The local cloud does not support ${method} ${path} of Lambda. It supports GetFunction, GetFunctionConfiguration and UpdateFunctionConfiguration.`,
      );
    },
  };
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
