import type { Account, LambdaFunction } from "../account.ts";
import { authorize } from "../iam/authorize.ts";

/** Where a function's output goes. */
export function logGroupOf({ functionName, logGroup }: LambdaFunction): string {
  return logGroup ?? `/aws/lambda/${functionName}`;
}

/**
 * The action that keeps a function's output out of CloudWatch Logs, because its role does not allow it. The function still
 * runs, without a log.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html} [D]. The resource is as recorded in
 * {@link https://github.com/aws-solutions/aws-crr-monitor/issues/8} [R]. `logs:CreateLogGroup` is not checked, because the
 * log group may exist.
 */
export function missingLogAction(
  account: Account,
  lambdaFunction: LambdaFunction,
  streamName: string,
): string | undefined {
  const { roleArn, functionName } = lambdaFunction;
  const role = account.roles.get(roleArn);
  if (role === undefined) return undefined;
  const { accountId, region } = account;
  const resource = `arn:aws:logs:${region}:${accountId}:log-group:${logGroupOf(lambdaFunction)}:log-stream:${streamName}`;
  const principal = {
    kind: "assumed-role",
    accessKeyId: "",
    arn: `arn:aws:sts::${accountId}:assumed-role/${role.roleName}/${functionName}`,
    userId: "",
    roleArn,
    cognitoIdentity: undefined,
  } as const;
  return ["logs:CreateLogStream", "logs:PutLogEvents"].find(
    (action) => !authorize(account, principal, { action, resource, context: {} }).allowed,
  );
}
