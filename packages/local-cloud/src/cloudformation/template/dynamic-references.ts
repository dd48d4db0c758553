import { isJsonObject } from "../../aws/json-protocol.ts";
import { ServiceError } from "../../aws/service-error.ts";
import type { SecretsManager } from "../../secrets-manager/secrets-manager.ts";
import type { ParameterStore } from "../../ssm/parameter-store.ts";

export interface DynamicReferenceSources {
  parameterStore: Pick<ParameterStore, "find">;
  secretsManager: Pick<SecretsManager, "secretString">;
}

const reference = /\{\{resolve:([a-z-]+):([^{}]*)\}\}/g;

/**
 * Replaces `{{resolve:ssm:…}}` and `{{resolve:secretsmanager:…}}` in every string of a resource's properties.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html}
 *
 * @throws ServiceError ValidationError with the reference, without values
 */
export function resolveDynamicReferences(value: unknown, sources: DynamicReferenceSources): unknown {
  if (typeof value === "string") {
    return value.replace(reference, (_match, service: string, key: string) => lookUp(service, key, sources));
  }
  if (Array.isArray(value)) return value.map((item) => resolveDynamicReferences(item, sources));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, resolveDynamicReferences(item, sources)]),
  );
}

function lookUp(service: string, key: string, sources: DynamicReferenceSources): string {
  switch (service) {
    case "ssm":
      return lookUpParameter(key, sources.parameterStore);
    case "secretsmanager":
      return lookUpSecret(key, sources.secretsManager);
    case "ssm-secure":
      throw failure(`SSM Secure reference is not supported in: [${key}]`);
    default:
      throw failure(`Dynamic reference to ${service} is not supported: {{resolve:${service}:${key}}}`);
  }
}

function lookUpParameter(key: string, parameterStore: Pick<ParameterStore, "find">): string {
  const [, name = key, version] = /^(.*?)(?::(\d+))?$/s.exec(key) ?? [];
  const parameter = parameterStore.find(name);
  if (parameter === undefined || (version !== undefined && Number(version) !== parameter.version)) {
    throw failure(`Parameters: [ssm:${key}] could not be found in Systems Manager Parameter Store.`);
  }
  if (parameter.type === "SecureString") {
    throw failure(`Non-secure ssm prefix was used for secure parameter: [${name}]`);
  }
  return parameter.value;
}

/** `secret-id:SecretString:json-key:version-stage:version-id`; the id may be an ARN, which contains six colons. */
function lookUpSecret(key: string, secretsManager: Pick<SecretsManager, "secretString">): string {
  const parts = key.split(":");
  const idLength = parts[0] === "arn" ? 7 : 1;
  const secretId = parts.slice(0, idLength).join(":");
  const [field = "SecretString", jsonKey = "", versionStage = "", versionId = "", ...more] =
    parts.slice(idLength);
  if (more.length > 0 || (field !== "SecretString" && field !== "")) {
    throw failure(`Incorrect format is used in the following Secrets Manager reference: [${key}]`);
  }
  let secretString: string;
  try {
    secretString = secretsManager.secretString(secretId, {
      ...(versionStage !== "" && { versionStage }),
      ...(versionId !== "" && { versionId }),
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw failure(
      `Could not resolve the Secrets Manager reference [${key}]: ${error.message} (Service: AWSSecretsManager; Status Code: ${error.status}; Error Code: ${error.code})`,
    );
  }
  if (jsonKey === "") return secretString;
  let json: unknown;
  try {
    json = JSON.parse(secretString);
  } catch {
    throw failure(`Could not parse SecretString JSON of the secret in [${key}]`);
  }
  const value = isJsonObject(json) ? json[jsonKey] : undefined;
  if (value === undefined)
    throw failure(`Could not find a value associated with JSONKey in SecretString: [${key}]`);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function failure(message: string): ServiceError {
  return new ServiceError("ValidationError", message);
}
