import type { PolicyDocument } from "../account.ts";

/** AWS managed policies by ARN. One that is not here grants nothing, and the refusal says so. */
export const managedPolicies: ReadonlyMap<string, PolicyDocument> = new Map(
  Object.entries({
    AdministratorAccess: ["*"],
    AmazonAPIGatewayInvokeFullAccess: ["execute-api:Invoke", "execute-api:ManageConnections"],
    "service-role/AWSLambdaBasicExecutionRole": [
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ],
    AWSXRayDaemonWriteAccess: [
      "xray:PutTraceSegments",
      "xray:PutTelemetryRecords",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:GetSamplingStatisticSummaries",
    ],
  }).map(([name, Action]) => [
    `arn:aws:iam::aws:policy/${name}`,
    {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action,
          Resource: name === "AmazonAPIGatewayInvokeFullAccess" ? "arn:aws:execute-api:*:*:*" : "*",
        },
      ],
    },
  ]),
);
