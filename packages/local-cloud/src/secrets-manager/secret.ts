import type { DescribeSecretResponse } from "@aws-sdk/client-secrets-manager";
import type { PolicyDocument } from "../account.ts";
import { isJsonObject } from "../aws/json-protocol.ts";
import { PolicyDocumentError } from "../iam/policy-document.ts";
import { compilePolicy } from "../iam/policy-evaluation.ts";
import { secretRefusals } from "./secret-refusals.ts";

export interface SecretValue {
  secretString: string | undefined;
  /** Base64, as on the wire. */
  secretBinary: string | undefined;
}

export interface SecretVersion extends SecretValue {
  versionId: string;
  stages: Set<string>;
  createdDate: Date;
}

/** What a change of a secret may set, in addition to its value. */
export interface SecretSettings {
  description?: string | undefined;
  /** Recorded: values are not encrypted here. */
  kmsKeyId?: string | undefined;
  /** Value by key. */
  tags?: Readonly<Record<string, string>> | undefined;
}

export interface Secret extends SecretSettings {
  arn: string;
  name: string;
  createdDate: Date;
  changedDate?: Date;
  /** Set while the deletion is scheduled. The secret cannot be read then. */
  deletedDate: Date | undefined;
  versions: Map<string, SecretVersion>;
  resourcePolicy?: PolicyDocument | undefined;
}

/** @throws ServiceError for a policy that IAM would reject */
export function setResourcePolicy(secret: Secret, policy: PolicyDocument | undefined): void {
  let isValid = true;
  try {
    if (policy !== undefined) compilePolicy(policy);
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error;
    isValid = false;
  }
  secretRefusals.policy.when(!isValid);
  secret.resourcePolicy = policy;
}

/** Moves a stage to a version. The version that loses AWSCURRENT becomes AWSPREVIOUS. */
export function moveStage({ versions }: Secret, stage: string, to: SecretVersion | undefined): void {
  const from = [...versions.values()].find(({ stages }) => stages.has(stage));
  if (from === to) return;
  from?.stages.delete(stage);
  to?.stages.add(stage);
  if (stage !== "AWSCURRENT" || from === undefined) return;
  for (const { stages } of versions.values()) stages.delete("AWSPREVIOUS");
  from.stages.add("AWSPREVIOUS");
}

export function identify({ arn, name }: Secret): { ARN: string; Name: string } {
  return { ARN: arn, Name: name };
}

export function describe(secret: Secret): Omit<DescribeSecretResponse, "VersionIdsToStages"> {
  const { description, kmsKeyId, createdDate, changedDate, deletedDate, tags } = secret;
  return {
    ...identify(secret),
    ...(description !== undefined && { Description: description }),
    ...(kmsKeyId !== undefined && { KmsKeyId: kmsKeyId }),
    CreatedDate: createdDate,
    LastChangedDate: changedDate ?? createdDate,
    ...(deletedDate !== undefined && { DeletedDate: deletedDate }),
    ...(tags && { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
  };
}

export function stagesOf({ versions }: Secret): Record<string, string[]> {
  return Object.fromEntries(
    [...versions.values()]
      .filter(({ stages }) => stages.size > 0)
      .map(({ versionId, stages }) => [versionId, [...stages]]),
  );
}

/** `[{"Key": …, "Value": …}]`, as in requests and in templates. */
export function tagsOf(tags: unknown): Record<string, string> {
  const list: unknown[] = Array.isArray(tags) ? tags : [];
  return Object.fromEntries(
    list
      .filter(isJsonObject)
      .map(({ Key: key, Value: value }) => [String(key), typeof value === "string" ? value : ""]),
  );
}
