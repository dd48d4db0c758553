import { randomUUID } from "node:crypto";
import type * as sdk from "@aws-sdk/client-secrets-manager";
import type { PolicyDocument } from "../account.ts";
import { secretArnSuffix } from "../aws/identifiers.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonRequest,
  optionalString,
  requiredString,
  parseJsonObject,
} from "../aws/json-protocol.ts";
import type { Permission } from "../aws/permission.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import { memoryState, type State } from "../state.ts";
import { randomPassword } from "./random-password.ts";
import { secretPermissions } from "./secret-permissions.ts";
import { secretRefusals } from "./secret-refusals.ts";
import {
  describe,
  identify,
  moveStage,
  type Secret,
  type SecretSettings,
  type SecretValue,
  type SecretVersion,
  setResourcePolicy,
  stagesOf,
  tagsOf,
} from "./secret.ts";

/** AWS Secrets Manager. */
export interface SecretsManager {
  /** @throws ServiceError ResourceExistsException */
  create(input: SecretSettings & { name: string; secretString?: string | undefined }): Secret;
  putValue(secretId: string, secretString: string): void;
  /** Replaces the description, the key and the tags. */
  change(secretId: string, settings: SecretSettings): void;
  /** @throws ServiceError for a policy that IAM would reject */
  setResourcePolicy(secretId: string, policy: PolicyDocument | undefined): void;
  /** By name or ARN. The ARN may lack its six random characters. */
  find(secretId: string): Secret | undefined;
  /** Deletes the secret without a recovery window. */
  remove(secretId: string): void;
  /** @throws ServiceError ResourceNotFoundException for the secret, the stage or the version */
  secretString(secretId: string, selector?: { versionStage?: string; versionId?: string }): string;
  /** What policies must allow for an operation of `secretsmanager.*`. */
  permissions(operation: string, body: JsonObject): Permission[];
  /** The operations of `secretsmanager.*`. */
  handle(operation: string, body: JsonObject): Promise<object>;
}

interface SecretsManagerOptions {
  accountId: string;
  region: string;
  now: () => Date;
  state?: State | undefined;
}

/** Versions without a stage that a secret keeps. AWS has about a hundred. */
const maximumVersions = 100;

export function createSecretsManager({
  accountId,
  region,
  now,
  state = memoryState(),
}: SecretsManagerOptions): SecretsManager {
  const secrets = state.part("secrets", () => new Map<string, Secret>());
  const arnOf = (name: string): string => `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}`;

  function find(secretId: string): Secret | undefined {
    const byName = secrets.get(secretId);
    if (byName !== undefined) return byName;
    return [...secrets.values()].find(({ arn }) => arn === secretId || arn.slice(0, -7) === secretId);
  }

  function existing(secretId: string): Secret {
    return secretRefusals.missing.unless(find(secretId));
  }

  function active(secretId: string): Secret {
    const secret = existing(secretId);
    secretRefusals.deleted.when(secret.deletedDate !== undefined);
    return secret;
  }

  /** @param versionId the `ClientRequestToken`, which the SDKs and the aws CLI send */
  function addVersion(
    secret: Secret,
    value: SecretValue,
    { versionId = randomUUID(), stages = ["AWSCURRENT"] }: { versionId?: string; stages?: string[] } = {},
  ): SecretVersion {
    const { secretString, secretBinary } = value;
    const size = Buffer.byteLength(secretString ?? secretBinary ?? "");
    secretRefusals.valueLength.when(size > 65_536);
    const same = secret.versions.get(versionId);
    if (same !== undefined) {
      const isOther = same.secretString !== secretString || same.secretBinary !== secretBinary;
      secretRefusals.token.when(isOther, versionId, secret.name);
      return same;
    }
    const added: SecretVersion = {
      secretString,
      secretBinary,
      versionId,
      stages: new Set(),
      createdDate: now(),
    };
    secret.versions.set(versionId, added);
    // The first version is the current one, whatever its other stages are.
    for (const stage of secret.versions.size === 1 ? new Set([...stages, "AWSCURRENT"]) : stages) {
      moveStage(secret, stage, added);
    }
    secret.changedDate = added.createdDate;
    const unused = [...secret.versions.values()].filter((each) => each.stages.size === 0);
    for (const each of unused.slice(0, -maximumVersions)) secret.versions.delete(each.versionId);
    return added;
  }

  function create({ name, secretString, ...settings }: Parameters<SecretsManager["create"]>[0]): Secret {
    secretRefusals.name.when(!/^[\w/+=.@!-]{1,512}$/.test(name));
    const other = secrets.get(name);
    secretRefusals.nameDeleted.when(other?.deletedDate !== undefined);
    secretRefusals.nameTaken.when(other !== undefined, name);
    const secret: Secret = {
      ...settings,
      arn: `${arnOf(name)}-${secretArnSuffix()}`,
      name,
      createdDate: now(),
      deletedDate: undefined,
      versions: new Map(),
    };
    if (secretString !== undefined) addVersion(secret, { secretString, secretBinary: undefined });
    secrets.set(name, secret);
    return secret;
  }

  function version(
    secretId: string,
    { versionStage, versionId }: { versionStage?: string | undefined; versionId?: string | undefined },
  ): SecretVersion {
    const { versions } = active(secretId);
    const stage = versionStage ?? (versionId === undefined ? "AWSCURRENT" : undefined);
    const found = [...versions.values()].find(
      (candidate) =>
        (stage === undefined || candidate.stages.has(stage)) &&
        (versionId === undefined || candidate.versionId === versionId),
    );
    const wanted = stage === undefined ? `VersionId: ${versionId}` : `staging label: ${stage}`;
    return secretRefusals.version.unless(found, wanted);
  }

  const operations: Record<string, (body: JsonObject) => object> = {
    CreateSecret: (request: JsonRequest<sdk.CreateSecretRequest>): sdk.CreateSecretResponse => {
      const value = valueOf(request);
      const secret = create({ name: requiredString(request, "Name"), ...settingsOf(request) });
      const created = value && addVersion(secret, value, versionOf(request));
      return { ...identify(secret), ...(created && { VersionId: created.versionId }) };
    },
    UpdateSecret: (request: JsonRequest<sdk.UpdateSecretRequest>): sdk.UpdateSecretResponse => {
      const secret = active(requiredString(request, "SecretId"));
      const value = valueOf(request);
      for (const [name, setting] of Object.entries(settingsOf(request))) {
        if (setting !== undefined) Object.assign(secret, { [name]: setting });
      }
      const created = value && addVersion(secret, value, versionOf(request));
      secret.changedDate = now();
      return { ...identify(secret), ...(created && { VersionId: created.versionId }) };
    },
    PutSecretValue: (request: JsonRequest<sdk.PutSecretValueRequest>): sdk.PutSecretValueResponse => {
      const secret = active(requiredString(request, "SecretId"));
      const value = secretRefusals.noValue.unless(valueOf(request));
      const created = addVersion(secret, value, {
        ...versionOf(request),
        ...(Array.isArray(request.VersionStages) && { stages: request.VersionStages.map(String) }),
      });
      return { ...identify(secret), VersionId: created.versionId, VersionStages: [...created.stages] };
    },
    /** The binary is base64 on the wire. The SDK decodes it. */
    GetSecretValue: (
      request: JsonRequest<sdk.GetSecretValueRequest>,
    ): Omit<sdk.GetSecretValueResponse, "SecretBinary"> & { SecretBinary?: string } => {
      const secretId = requiredString(request, "SecretId");
      const found = version(secretId, {
        versionStage: optionalString(request, "VersionStage"),
        versionId: optionalString(request, "VersionId"),
      });
      return {
        ...identify(existing(secretId)),
        VersionId: found.versionId,
        ...(found.secretString !== undefined && { SecretString: found.secretString }),
        ...(found.secretBinary !== undefined && { SecretBinary: found.secretBinary }),
        VersionStages: [...found.stages],
        CreatedDate: found.createdDate,
      };
    },
    DescribeSecret: (request: JsonRequest<sdk.DescribeSecretRequest>): sdk.DescribeSecretResponse => {
      const secret = existing(requiredString(request, "SecretId"));
      return { ...describe(secret), VersionIdsToStages: stagesOf(secret) };
    },
    ListSecrets: (request: JsonRequest<sdk.ListSecretsRequest>): sdk.ListSecretsResponse => {
      const found = [...secrets.values()].filter(
        (secret) =>
          (request.IncludePlannedDeletion === true || secret.deletedDate === undefined) &&
          filtersOf(request.Filters).every((filter) => filter(secret)),
      );
      const start = Number(optionalString(request, "NextToken") ?? 0);
      const end = start + (typeof request.MaxResults === "number" ? request.MaxResults : 100);
      return {
        SecretList: found
          .slice(start, end)
          .map((secret) => ({ ...describe(secret), SecretVersionsToStages: stagesOf(secret) })),
        ...(end < found.length && { NextToken: String(end) }),
      };
    },
    ListSecretVersionIds: (
      request: JsonRequest<sdk.ListSecretVersionIdsRequest>,
    ): sdk.ListSecretVersionIdsResponse => {
      const secret = existing(requiredString(request, "SecretId"));
      return {
        ...identify(secret),
        Versions: [...secret.versions.values()]
          .filter(({ stages }) => stages.size > 0 || request.IncludeDeprecated === true)
          .map(({ versionId, stages, createdDate }) => ({
            VersionId: versionId,
            VersionStages: [...stages],
            CreatedDate: createdDate,
          })),
      };
    },
    UpdateSecretVersionStage: (
      request: JsonRequest<sdk.UpdateSecretVersionStageRequest>,
    ): sdk.UpdateSecretVersionStageResponse => {
      const secret = active(requiredString(request, "SecretId"));
      const stage = requiredString(request, "VersionStage");
      const from = optionalString(request, "RemoveFromVersionId");
      const holder = [...secret.versions.values()].find(({ stages }) => stages.has(stage));
      secretRefusals.moveStage.when(holder?.versionId !== from, stage, holder?.versionId ?? "");
      const to = optionalString(request, "MoveToVersionId");
      moveStage(
        secret,
        stage,
        to === undefined
          ? undefined
          : secretRefusals.version.unless(secret.versions.get(to), `VersionId: ${to}`),
      );
      return identify(secret);
    },
    DeleteSecret: (request: JsonRequest<sdk.DeleteSecretRequest>): sdk.DeleteSecretResponse => {
      const isForced = request.ForceDeleteWithoutRecovery === true;
      const days = request.RecoveryWindowInDays ?? undefined;
      secretRefusals.recovery.when(
        days !== undefined && (isForced || typeof days !== "number" || days < 7 || days > 30),
      );
      const secret = existing(requiredString(request, "SecretId"));
      const deletionDate = now();
      if (isForced) {
        secrets.delete(secret.name);
      } else {
        secret.deletedDate = now();
        deletionDate.setUTCDate(deletionDate.getUTCDate() + Number(days ?? 30));
      }
      return { ...identify(secret), DeletionDate: deletionDate };
    },
    RestoreSecret: (request: JsonRequest<sdk.RestoreSecretRequest>): sdk.RestoreSecretResponse => {
      const secret = existing(requiredString(request, "SecretId"));
      secret.deletedDate = undefined;
      return identify(secret);
    },
    TagResource: (request: JsonRequest<sdk.TagResourceRequest>) => {
      const secret = active(requiredString(request, "SecretId"));
      secret.tags = { ...secret.tags, ...tagsOf(request.Tags) };
      return {};
    },
    UntagResource: (request: JsonRequest<sdk.UntagResourceRequest>) => {
      const secret = active(requiredString(request, "SecretId"));
      const keys = Array.isArray(request.TagKeys) ? request.TagKeys : [];
      secret.tags = Object.fromEntries(
        Object.entries(secret.tags ?? {}).filter(([key]) => !keys.includes(key)),
      );
      return {};
    },
    GetResourcePolicy: (
      request: JsonRequest<sdk.GetResourcePolicyRequest>,
    ): sdk.GetResourcePolicyResponse => {
      const secret = existing(requiredString(request, "SecretId"));
      const { resourcePolicy } = secret;
      return {
        ...identify(secret),
        ...(resourcePolicy && { ResourcePolicy: JSON.stringify(resourcePolicy) }),
      };
    },
    PutResourcePolicy: (
      request: JsonRequest<sdk.PutResourcePolicyRequest>,
    ): sdk.PutResourcePolicyResponse => {
      const secret = active(requiredString(request, "SecretId"));
      const policy = parseJsonObject(requiredString(request, "ResourcePolicy"));
      setResourcePolicy(secret, secretRefusals.policy.unless(policy));
      return identify(secret);
    },
    DeleteResourcePolicy: (
      request: JsonRequest<sdk.DeleteResourcePolicyRequest>,
    ): sdk.DeleteResourcePolicyResponse => {
      const secret = active(requiredString(request, "SecretId"));
      setResourcePolicy(secret, undefined);
      return identify(secret);
    },
    GetRandomPassword: (
      request: JsonRequest<sdk.GetRandomPasswordRequest>,
    ): sdk.GetRandomPasswordResponse => ({
      RandomPassword: randomPassword({
        length: typeof request.PasswordLength === "number" ? request.PasswordLength : undefined,
        excludeCharacters: optionalString(request, "ExcludeCharacters"),
        excludeLowercase: request.ExcludeLowercase === true,
        excludeNumbers: request.ExcludeNumbers === true,
        excludePunctuation: request.ExcludePunctuation === true,
        excludeUppercase: request.ExcludeUppercase === true,
        includeSpace: request.IncludeSpace === true,
        requireEachIncludedType: request.RequireEachIncludedType !== false,
      }),
    }),
  };

  return {
    create,
    find,
    putValue(secretId, secretString) {
      addVersion(active(secretId), { secretString, secretBinary: undefined });
    },
    change(secretId, settings) {
      Object.assign(active(secretId), settings, { changedDate: now() });
    },
    setResourcePolicy(secretId, policy) {
      setResourcePolicy(active(secretId), policy);
    },
    remove(secretId) {
      const secret = find(secretId);
      if (secret !== undefined) secrets.delete(secret.name);
    },
    secretString(secretId, selector = {}) {
      const { secretString } = version(secretId, selector);
      if (secretString === undefined) {
        throw new ServiceError(
          "InvalidRequestException",
          `The secret ${secretId} is binary and has no SecretString.`,
        );
      }
      return secretString;
    },
    permissions: (operation, body) => secretPermissions(operation, body, { find, arnOf }),
    async handle(operation, body) {
      const run = findOperation(operations, operation, {
        service: "Secrets Manager",
        code: "UnknownOperationException",
      });
      return run(body);
    },
  };
}

function valueOf(request: JsonRequest<sdk.PutSecretValueRequest>): SecretValue | undefined {
  const secretString = optionalString(request, "SecretString");
  const secretBinary = optionalString(request, "SecretBinary");
  secretRefusals.twoValues.when(secretString !== undefined && secretBinary !== undefined);
  return secretString === undefined && secretBinary === undefined
    ? undefined
    : { secretString, secretBinary };
}

function versionOf(request: JsonRequest<sdk.PutSecretValueRequest>): { versionId?: string } {
  const versionId = optionalString(request, "ClientRequestToken");
  return versionId === undefined ? {} : { versionId };
}

function settingsOf(request: JsonRequest<sdk.CreateSecretRequest>): SecretSettings {
  return {
    description: optionalString(request, "Description"),
    kmsKeyId: optionalString(request, "KmsKeyId"),
    tags: request.Tags === undefined ? undefined : tagsOf(request.Tags),
  };
}

/**
 * ListSecrets' filters by name, description and tag: a value is a prefix, and `!` negates it.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
 */
function filtersOf(filters: unknown): ((secret: Secret) => boolean)[] {
  const list: unknown[] = Array.isArray(filters) ? filters : [];
  return list.filter(isJsonObject).map(({ Key: key, Values: values }) => {
    const texts = (secret: Secret): string[] => {
      const tags = secret.tags ?? {};
      if (key === "name") return [secret.name];
      if (key === "description") return [secret.description ?? ""];
      if (key === "tag-key") return Object.keys(tags);
      if (key === "tag-value") return Object.values(tags);
      return [secret.name, secret.description ?? "", ...Object.keys(tags), ...Object.values(tags)];
    };
    return (secret) =>
      [values]
        .flat()
        .map(String)
        .some((value) => {
          const isNegated = value.startsWith("!");
          const prefix = isNegated ? value.slice(1) : value;
          return texts(secret).some((text) => text.startsWith(prefix)) !== isNegated;
        });
  });
}
