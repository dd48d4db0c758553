import { parseJsonObject } from "../../aws/json-protocol.ts";
import { randomPassword } from "../../secrets-manager/random-password.ts";
import { tagsOf } from "../../secrets-manager/secret.ts";
import type { SecretsManager } from "../../secrets-manager/secrets-manager.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { asResourceError } from "./resource-error.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::SecretsManager::Secret. `Ref` is its ARN. */
export function secretType(secretsManager: SecretsManager): ResourceType {
  return {
    create(properties, context) {
      const secret = asResourceError(() =>
        secretsManager.create({
          name: properties.optionalText("Name") ?? physicalName(context, 100),
          secretString: secretString(properties),
          ...settings(properties),
        }),
      );
      return { physicalId: secret.arn, attributes: { Id: secret.arn } };
    },
    update(instance, properties, previous) {
      const { physicalId } = instance;
      asResourceError(() => {
        const isSame = valueSource(properties) === valueSource(previous);
        const value = isSame ? undefined : secretString(properties);
        if (value !== undefined) secretsManager.putValue(physicalId, value);
        secretsManager.change(physicalId, settings(properties));
      });
      return instance;
    },
    remove({ physicalId }) {
      secretsManager.remove(physicalId);
    },
  };
}

/** AWS::SecretsManager::ResourcePolicy. `Ref` is the ARN of its secret. */
export function secretPolicyType(secretsManager: SecretsManager): ResourceType {
  const set = (secretId: string, properties: Properties): string => {
    const policy = properties.document("ResourcePolicy");
    return asResourceError(() => {
      secretsManager.setResourcePolicy(secretId, policy);
      return secretsManager.find(secretId)?.arn ?? secretId;
    });
  };
  return {
    create(properties) {
      const arn = set(properties.text("SecretId"), properties);
      return { physicalId: arn, attributes: { Id: arn } };
    },
    update(instance, properties) {
      set(instance.physicalId, properties);
      return instance;
    },
    remove({ physicalId }) {
      if (secretsManager.find(physicalId) !== undefined)
        secretsManager.setResourcePolicy(physicalId, undefined);
    },
  };
}

function settings(properties: Properties) {
  return {
    description: properties.optionalText("Description"),
    kmsKeyId: properties.optionalText("KmsKeyId"),
    tags: tagsOf(properties.values["Tags"]),
  };
}

function secretString(properties: Properties): string | undefined {
  const given = properties.optionalText("SecretString");
  const generate = properties.object("GenerateSecretString");
  resourceRefusals.twoSecrets.when(given !== undefined && generate !== undefined);
  if (generate === undefined) return given;
  const password = asResourceError(() =>
    randomPassword({
      length: generate.number("PasswordLength", 32),
      excludeCharacters: generate.optionalText("ExcludeCharacters"),
      excludeLowercase: generate.flag("ExcludeLowercase"),
      excludeNumbers: generate.flag("ExcludeNumbers"),
      excludePunctuation: generate.flag("ExcludePunctuation"),
      excludeUppercase: generate.flag("ExcludeUppercase"),
      includeSpace: generate.flag("IncludeSpace"),
      requireEachIncludedType: generate.flag("RequireEachIncludedType"),
    }),
  );
  const key = generate.optionalText("GenerateStringKey");
  const template = generate.optionalText("SecretStringTemplate");
  const fields = template === undefined ? undefined : parseJsonObject(template);
  const isWhole = (key === undefined) === (template === undefined);
  resourceRefusals.secretTemplate.when(!isWhole || (template !== undefined && fields === undefined));
  return key === undefined ? password : JSON.stringify({ ...fields, [key]: password });
}

/** The properties that determine the secret's value. */
function valueSource({ values }: Properties): string {
  return JSON.stringify([values["SecretString"], values["GenerateSecretString"]]);
}
