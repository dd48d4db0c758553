import { randomBytes } from "node:crypto";
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
          description: properties.optionalText("Description"),
        }),
      );
      return { physicalId: secret.arn, attributes: { Id: secret.arn } };
    },
    update(instance, properties, previous) {
      const value = valueSource(properties) === valueSource(previous) ? undefined : secretString(properties);
      if (value !== undefined) asResourceError(() => secretsManager.putValue(instance.physicalId, value));
      return instance;
    },
    remove({ physicalId }) {
      secretsManager.remove(physicalId);
    },
  };
}

function secretString(properties: Properties): string | undefined {
  const given = properties.optionalText("SecretString");
  const generate = properties.object("GenerateSecretString");
  resourceRefusals.twoSecrets.when(given !== undefined && generate !== undefined);
  if (generate === undefined) return given;
  const length = generate.number("PasswordLength", 32);
  const password = randomBytes(length).toString("base64url").slice(0, length);
  const key = generate.optionalText("GenerateStringKey");
  if (key === undefined) return password;
  const template: unknown = JSON.parse(generate.optionalText("SecretStringTemplate") ?? "{}");
  return JSON.stringify({ ...(template as object), [key]: password });
}

/** The properties that determine the secret's value. */
function valueSource({ values }: Properties): string {
  return JSON.stringify([values["SecretString"], values["GenerateSecretString"]]);
}
