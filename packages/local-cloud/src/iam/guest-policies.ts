import type { PolicyDocument } from "../account.ts";

/**
 * The two session policies that Cognito adds for a guest in the enhanced flow: this inline one and a managed one [D].
 * The services of the inline policy are those that the guide lists, and `execute-api` [P].
 * https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies-scope-down-services
 */
export const guestPolicies: { document: PolicyDocument; arns: readonly string[] } = {
  document: {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: [
          "appsync:*",
          "cloudwatch:*",
          "cognito-identity:*",
          "cognito-idp:*",
          "cognito-sync:*",
          "comprehend:*",
          "dynamodb:*",
          "execute-api:*",
          "firehose:*",
          "gamelift:*",
          "iot:*",
          "kinesis:*",
          "lambda:*",
          "lex:*",
          "logs:*",
          "machinelearning:*",
          "mobileanalytics:*",
          "mobiletargeting:*",
          "personalize:*",
          "polly:*",
          "rekognition:*",
          "s3:*",
          "sagemaker:InvokeEndpoint",
          "sdb:*",
          "ses:*",
          "sns:*",
          "sqs:*",
          "textract:AnalyzeDocument",
          "textract:DetectDocumentText",
          "transcribe:*",
          "translate:*",
        ],
        Resource: ["*"],
      },
    ],
  },
  arns: ["arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"],
};
