import { randomUUID } from "node:crypto";
import { secretArnSuffix } from "../aws/identifiers.ts";
import { type JsonObject, optionalString, requiredString } from "../aws/json-protocol.ts";
import { ServiceError } from "../aws/service-error.ts";

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
  /** Set while the secret waits to be deleted; it cannot be read then. */
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
  /** By name or ARN, whole or without the six random characters. */
  find(secretId: string): Secret | undefined;
  /** At once, without a recovery window. */
  remove(secretId: string): void;
  /** @throws ServiceError ResourceNotFoundException for the secret, the stage or the version */
  secretString(secretId: string, selector?: { versionStage?: string; versionId?: string }): string;
  /** The operations of `secretsmanager.*`. */
  handle(operation: string, body: JsonObject): JsonObject;
}

interface SecretsManagerOptions {
  accountId: string;
  region: string;
  now: () => Date;
}

export function createSecretsManager({ accountId, region, now }: SecretsManagerOptions): SecretsManager {
  const secrets = new Map<string, Secret>();

  function find(secretId: string): Secret | undefined {
    const byName = secrets.get(secretId);
    if (byName !== undefined) return byName;
    return [...secrets.values()].find(({ arn }) => arn === secretId || arn.slice(0, -7) === secretId);
  }

  function existing(secretId: string): Secret {
    const secret = find(secretId);
    if (secret === undefined) {
      throw new ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    return secret;
  }

  function active(secretId: string): Secret {
    const secret = existing(secretId);
    if (secret.deletedDate !== undefined) {
      throw new ServiceError(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
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
    if (!/^[\w/+=.@-]{1,512}$/.test(name)) {
      throw new ServiceError(
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
      );
    }
    const other = secrets.get(name);
    if (other?.deletedDate !== undefined) {
      throw new ServiceError(
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    if (other !== undefined) {
      throw new ServiceError(
        "ResourceExistsException",
        `The operation failed because the secret ${name} already exists.`,
      );
    }
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
    if (found === undefined) {
      throw new ServiceError(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for ${
          stage === undefined ? `VersionId: ${versionId}` : `staging label: ${stage}`
        }`,
      );
    }
    return found;
  }

  const operations: Record<string, (body: JsonObject) => JsonObject> = {
    CreateSecret: (body) => {
      const value = valueOf(body);
      const secret = create({
        name: requiredString(body, "Name"),
        description: optionalString(body, "Description"),
      });
      const versionId = value === undefined ? undefined : addVersion(secret, value);
      return { ARN: secret.arn, Name: secret.name, ...(versionId !== undefined && { VersionId: versionId }) };
    },
    PutSecretValue: (body) => {
      const secret = active(requiredString(body, "SecretId"));
      const value = valueOf(body);
      if (value === undefined) {
        throw new ServiceError(
          "InvalidRequestException",
          "You must provide either SecretString or SecretBinary.",
        );
      }
      const versionId = addVersion(secret, value);
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: ["AWSCURRENT"] };
    },
    GetSecretValue: (body) => {
      const secretId = requiredString(body, "SecretId");
      const found = version(secretId, {
        versionStage: optionalString(body, "VersionStage"),
        versionId: optionalString(body, "VersionId"),
      });
      const { arn, name } = existing(secretId);
      return {
        ARN: arn,
        Name: name,
        VersionId: found.versionId,
        ...(found.secretString !== undefined && { SecretString: found.secretString }),
        ...(found.secretBinary !== undefined && { SecretBinary: found.secretBinary }),
        VersionStages: [...found.stages],
        CreatedDate: found.createdDate.getTime() / 1000,
      };
    },
    DescribeSecret: (body) => {
      const secret = existing(requiredString(body, "SecretId"));
      return {
        ARN: secret.arn,
        Name: secret.name,
        ...(secret.description !== undefined && { Description: secret.description }),
        CreatedDate: secret.createdDate.getTime() / 1000,
        ...(secret.deletedDate !== undefined && { DeletedDate: secret.deletedDate.getTime() / 1000 }),
        VersionIdsToStages: Object.fromEntries(
          [...secret.versions.values()].map(({ versionId, stages }) => [versionId, [...stages]]),
        ),
      };
    },
    DeleteSecret: (body) => {
      const secret = existing(requiredString(body, "SecretId"));
      const deletionDate = now();
      if (body["ForceDeleteWithoutRecovery"] === true) {
        secrets.delete(secret.name);
      } else {
        const days = typeof body["RecoveryWindowInDays"] === "number" ? body["RecoveryWindowInDays"] : 30;
        secret.deletedDate = deletionDate;
        deletionDate.setUTCDate(deletionDate.getUTCDate() + days);
      }
      return { ARN: secret.arn, Name: secret.name, DeletionDate: deletionDate.getTime() / 1000 };
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
    handle(operation, body) {
      const run = operations[operation];
      if (run === undefined) {
        throw new ServiceError(
          "UnknownOperationException",
          `The local cloud does not know the Secrets Manager operation ${operation}; it knows ${Object.keys(operations).join(", ")}.`,
        );
      }
      return run(body);
    },
  };
}

function valueOf(body: JsonObject): Pick<SecretVersion, "secretString" | "secretBinary"> | undefined {
  const secretString = optionalString(body, "SecretString");
  const secretBinary = optionalString(body, "SecretBinary");
  if (secretString !== undefined && secretBinary !== undefined) {
    throw new ServiceError(
      "InvalidParameterException",
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  return secretString === undefined && secretBinary === undefined
    ? undefined
    : { secretString, secretBinary };
}
