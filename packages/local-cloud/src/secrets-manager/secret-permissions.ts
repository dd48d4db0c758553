import type { JsonObject } from "../aws/json-protocol.ts";
import type { Permission } from "../aws/permission.ts";
import { type Secret, tagsOf } from "./secret.ts";

interface Secrets {
  find: (secretId: string) => Secret | undefined;
  /** The ARN without its six random characters. */
  arnOf: (name: string) => string;
}

/** What policies must allow for an operation of `secretsmanager.*`. */
export function secretPermissions(
  operation: string,
  body: JsonObject,
  { find, arnOf }: Secrets,
): Permission[] {
  const action = `secretsmanager:${operation}`;
  const { SecretId: secretId, Name: name } = body;
  if (typeof secretId !== "string") {
    const resource = typeof name === "string" ? arnOf(name) : "*";
    return [{ action, resource, context: conditionKeys(body, undefined) }];
  }
  const secret = find(secretId);
  const unknown = secretId.startsWith("arn:") ? secretId : arnOf(secretId);
  return [
    {
      action,
      resource: secret?.arn ?? unknown,
      // The refusal names the secret as the request does.
      resourceName: secretId,
      context: conditionKeys({ ...defaultStage(operation, body), ...body }, secret),
      ...(secret?.resourcePolicy && { resourcePolicy: secret.resourcePolicy }),
    },
  ];
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html */
const requestKeys = [
  "Name",
  "Description",
  "KmsKeyId",
  "VersionId",
  "VersionStage",
  "ForceDeleteWithoutRecovery",
  "RecoveryWindowInDays",
];

function conditionKeys(body: JsonObject, secret: Secret | undefined): Record<string, string | string[]> {
  const tags = Object.entries(secret?.tags ?? {});
  const given = Object.entries(tagsOf(body["Tags"]));
  return {
    ...Object.fromEntries(
      requestKeys
        .filter((name) => body[name] !== undefined)
        .map((name) => [`secretsmanager:${name}`, String(body[name])]),
    ),
    ...(secret && { "secretsmanager:SecretId": secret.arn }),
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
    ...Object.fromEntries(tags.map(([key, value]) => [`secretsmanager:ResourceTag/${key}`, value])),
    ...Object.fromEntries(given.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(given.length > 0 && { "aws:TagKeys": given.map(([key]) => key) }),
  };
}

function defaultStage(operation: string, { VersionId: versionId }: JsonObject): JsonObject {
  return operation === "GetSecretValue" && versionId === undefined ? { VersionStage: "AWSCURRENT" } : {};
}
