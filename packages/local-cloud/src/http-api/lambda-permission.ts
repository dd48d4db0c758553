import { compileArnPattern } from "../iam/wildcards.ts";
import type { LambdaFunction, LambdaPermission } from "../account.ts";

/** Whether an AWS::Lambda::Permission lets API Gateway invoke the function for this route. */
export function mayInvoke({ permissions }: LambdaFunction, sourceArn: string): boolean {
  for (const permission of permissions.values()) if (compiled(permission)(sourceArn)) return true;
  return false;
}

type Test = (sourceArn: string) => boolean;

/** Permissions are replaced, never changed in place. */
const cache = new WeakMap<LambdaPermission, Test>();

function compiled(permission: LambdaPermission): Test {
  let test = cache.get(permission);
  if (test === undefined) {
    test = compile(permission);
    cache.set(permission, test);
  }
  return test;
}

function compile({ action, principal, sourceArn, invokedViaFunctionUrl }: LambdaPermission): Test {
  const applies =
    ["lambda:InvokeFunction", "lambda:*"].includes(action) &&
    ["apigateway.amazonaws.com", "*"].includes(principal) &&
    invokedViaFunctionUrl !== true;
  if (!applies) return () => false;
  return sourceArn === undefined ? () => true : compileArnPattern(sourceArn);
}
