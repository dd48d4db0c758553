import type { LambdaFunction } from "../account.ts";
import { compileArnPattern } from "../iam/wildcards.ts";

/**
 * Whether an AWS::Lambda::Permission lets a service invoke the function for a resource.
 * @param service `events.amazonaws.com`
 */
export function mayServiceInvoke(
  { permissions }: LambdaFunction,
  service: string,
  resourceArn: string,
): boolean {
  return [...permissions.values()].some(
    ({ action, principal, sourceArn = "*" }) =>
      ["lambda:InvokeFunction", "lambda:*"].includes(action) &&
      [service, "*"].includes(principal) &&
      compileArnPattern(sourceArn)(resourceArn),
  );
}
