import type { PolicyDocument } from "../account.ts";

/** AWS managed policies by ARN. Other ones grant nothing, and the refusal names them. */
export const managedPolicies: ReadonlyMap<string, PolicyDocument> = new Map(
  Object.entries({
    AdministratorAccess: ["*"],
    // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonCognitoUnAuthedIdentitiesSessionPolicy.html
    AmazonCognitoUnAuthedIdentitiesSessionPolicy: [
      "rum:PutRumEvents",
      "sagemaker:InvokeEndpoint",
      "polly:*",
      "comprehend:*",
      "translate:*",
      "transcribe:*",
      "rekognition:*",
      "mobiletargeting:*",
      "firehose:*",
      "personalize:*",
      "geo:GetMap*",
      "geo:SearchPlaceIndex*",
      "geo:GetPlace",
      "geo:CalculateRoute*",
      "geo:*Geofence",
      "geo:*Geofences",
      "geo:*DevicePosition*",
      "kms:Encrypt",
      "kms:Decrypt",
      "kms:ReEncryptTo",
      "kms:ReEncryptFrom",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyPair",
      "kms:GenerateDataKeyPairWithoutPlaintext",
      "kms:GenerateDataKeyWithoutPlaintext",
    ],
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
