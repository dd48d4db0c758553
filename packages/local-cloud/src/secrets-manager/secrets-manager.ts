import { randomUUID } from "node:crypto";
import type {
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  PutSecretValueRequest,
  PutSecretValueResponse,
} from "@aws-sdk/client-secrets-manager";
import { secretArnSuffix } from "../aws/identifiers.ts";
import { type JsonObject, type JsonRequest, optionalString, requiredString } from "../aws/json-protocol.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import { secretRefusals } from "./secret-refusals.ts";
import { memoryState, type State } from "../state.ts";

interface SecretVersion {
  versionId: string;
  secretString: string | undefined;
  /** Base64, as on the wire. */
  secretBinary: string | undefined;
  stages: Set<string>;
  createdDate: Date;
}

interface Secret {
  arn: string;
  name: string;
  description: string | undefined;
  createdDate: Date;
  /** Set while the deletion is scheduled. The secret cannot be read then. */
  deletedDate: Date | undefined;
  versions: Map<string, SecretVersion>;
}

/** AWS Secrets Manager. */
export interface SecretsManager {
  /** @throws ServiceError ResourceExistsException */
  create(input: {
    name: string;
    secretString?: string | undefined;
    description?: string | undefined;
  }): Secret;
  putValue(secretId: string, secretString: string): void;
  /** By name or ARN. The ARN may lack its six random characters. */
  find(secretId: string): Secret | undefined;
  /** Deletes the secret without a recovery window. */
  remove(secretId: string): void;
  /** @throws ServiceError ResourceNotFoundException for the secret, the stage or the version */
  secretString(secretId: string, selector?: { versionStage?: string; versionId?: string }): string;
  /** The operations of `secretsmanager.*`. */
  handle(operation: string, body: JsonObject): Promise<object>;
}

interface SecretsManagerOptions {
  accountId: string;
  region: string;
  now: () => Date;
  state?: State | undefined;
}

export function createSecretsManager({
  accountId,
  region,
  now,
  state = memoryState(),
}: SecretsManagerOptions): SecretsManager {
  const secrets = state.part("secrets", () => new Map<string, Secret>());

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

  function addVersion(secret: Secret, value: Pick<SecretVersion, "secretString" | "secretBinary">): string {
    for (const earlier of secret.versions.values()) {
      if (earlier.stages.delete("AWSCURRENT")) {
        for (const other of secret.versions.values()) other.stages.delete("AWSPREVIOUS");
        earlier.stages.add("AWSPREVIOUS");
      }
    }
    const versionId = randomUUID();
    secret.versions.set(versionId, {
      ...value,
      versionId,
      stages: new Set(["AWSCURRENT"]),
      createdDate: now(),
    });
    return versionId;
  }

  function create({ name, secretString, description }: Parameters<SecretsManager["create"]>[0]): Secret {
    secretRefusals.name.when(!/^[\w/+=.@-]{1,512}$/.test(name));
    const other = secrets.get(name);
    secretRefusals.nameDeleted.when(other?.deletedDate !== undefined);
    secretRefusals.nameTaken.when(other !== undefined, name);
    const secret: Secret = {
      arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${secretArnSuffix()}`,
      name,
      description,
      createdDate: now(),
      deletedDate: undefined,
      versions: new Map(),
    };
    secrets.set(name, secret);
    if (secretString !== undefined) addVersion(secret, { secretString, secretBinary: undefined });
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
    CreateSecret: (request: JsonRequest<CreateSecretRequest>): CreateSecretResponse => {
      const value = valueOf(request);
      const secret = create({
        name: requiredString(request, "Name"),
        description: optionalString(request, "Description"),
      });
      const versionId = value === undefined ? undefined : addVersion(secret, value);
      return { ARN: secret.arn, Name: secret.name, ...(versionId !== undefined && { VersionId: versionId }) };
    },
    PutSecretValue: (request: JsonRequest<PutSecretValueRequest>): PutSecretValueResponse => {
      const secret = active(requiredString(request, "SecretId"));
      const value = secretRefusals.noValue.unless(valueOf(request));
      const versionId = addVersion(secret, value);
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: ["AWSCURRENT"] };
    },
    /** The binary is base64 on the wire. The SDK decodes it. */
    GetSecretValue: (
      request: JsonRequest<GetSecretValueRequest>,
    ): Omit<GetSecretValueResponse, "SecretBinary"> & { SecretBinary?: string } => {
      const secretId = requiredString(request, "SecretId");
      const found = version(secretId, {
        versionStage: optionalString(request, "VersionStage"),
        versionId: optionalString(request, "VersionId"),
      });
      const { arn, name } = existing(secretId);
      return {
        ARN: arn,
        Name: name,
        VersionId: found.versionId,
        ...(found.secretString !== undefined && { SecretString: found.secretString }),
        ...(found.secretBinary !== undefined && { SecretBinary: found.secretBinary }),
        VersionStages: [...found.stages],
        CreatedDate: found.createdDate,
      };
    },
    DescribeSecret: (request: JsonRequest<DescribeSecretRequest>): DescribeSecretResponse => {
      const secret = existing(requiredString(request, "SecretId"));
      return {
        ARN: secret.arn,
        Name: secret.name,
        ...(secret.description !== undefined && { Description: secret.description }),
        CreatedDate: secret.createdDate,
        ...(secret.deletedDate !== undefined && { DeletedDate: secret.deletedDate }),
        VersionIdsToStages: Object.fromEntries(
          [...secret.versions.values()].map(({ versionId, stages }) => [versionId, [...stages]]),
        ),
      };
    },
    DeleteSecret: (request: JsonRequest<DeleteSecretRequest>): DeleteSecretResponse => {
      const secret = existing(requiredString(request, "SecretId"));
      const deletionDate = now();
      if (request.ForceDeleteWithoutRecovery === true) {
        secrets.delete(secret.name);
      } else {
        const days = typeof request.RecoveryWindowInDays === "number" ? request.RecoveryWindowInDays : 30;
        secret.deletedDate = deletionDate;
        deletionDate.setUTCDate(deletionDate.getUTCDate() + days);
      }
      return { ARN: secret.arn, Name: secret.name, DeletionDate: deletionDate };
    },
  };

  return {
    create,
    find,
    putValue(secretId, secretString) {
      addVersion(active(secretId), { secretString, secretBinary: undefined });
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
    async handle(operation, body) {
      const run = findOperation(operations, operation, {
        service: "Secrets Manager",
        code: "UnknownOperationException",
      });
      return run(body);
    },
  };
}

function valueOf(
  request: JsonRequest<PutSecretValueRequest>,
): Pick<SecretVersion, "secretString" | "secretBinary"> | undefined {
  const secretString = optionalString(request, "SecretString");
  const secretBinary = optionalString(request, "SecretBinary");
  secretRefusals.twoValues.when(secretString !== undefined && secretBinary !== undefined);
  return secretString === undefined && secretBinary === undefined
    ? undefined
    : { secretString, secretBinary };
}
