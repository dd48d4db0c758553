import { randomBytes } from "node:crypto";
import { ServiceError } from "../../aws/service-error.ts";
import type { Account } from "../../account.ts";
import type { Buckets } from "../../s3/buckets.ts";
import type { SecretsManager } from "../../secrets-manager/secrets-manager.ts";
import type { ParameterStore, ParameterType } from "../../ssm/parameter-store.ts";
import { physicalName } from "./physical-name.ts";
import { type Properties, ResourceError } from "./properties.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::S3::Bucket. `Ref` is its name. A bucket that holds objects cannot be deleted. */
export function bucketType(account: Account, buckets: Buckets): ResourceType {
  return {
    create(properties, context) {
      const name = properties.optionalText("BucketName") ?? physicalName(context, 63).toLowerCase();
      asResourceError(() => buckets.create(name));
      return {
        physicalId: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${account.region}.amazonaws.com`,
          DualStackDomainName: `${name}.s3.dualstack.${account.region}.amazonaws.com`,
          WebsiteURL: `http://${name}.s3-website-${account.region}.amazonaws.com`,
        },
      };
    },
    update: (instance) => instance,
    remove({ physicalId }) {
      if (buckets.find(physicalId) === undefined) return;
      asResourceError(() => buckets.remove(physicalId));
    },
  };
}

/** AWS::S3::BucketPolicy: recorded, since there are no callers but the account's own. */
export function bucketPolicyType(buckets: Buckets): ResourceType {
  return {
    create(properties) {
      const name = properties.text("Bucket");
      properties.document("PolicyDocument");
      asResourceError(() => buckets.get(name));
      return { physicalId: name, attributes: {} };
    },
    update(instance, properties) {
      properties.document("PolicyDocument");
      return instance;
    },
    remove() {},
  };
}

/** Custom::S3AutoDeleteObjects, which the CDK adds to a bucket: empties it before it goes. */
export function autoDeleteObjectsType(buckets: Buckets): ResourceType {
  return {
    create(properties, context) {
      asResourceError(() => buckets.get(properties.text("BucketName")));
      return { physicalId: physicalName(context), attributes: {} };
    },
    update: (instance) => instance,
    remove(_instance, properties) {
      const bucket = buckets.find(properties.text("BucketName"));
      bucket?.objects.clear();
      bucket?.uploads.clear();
    },
  };
}

/** AWS::SSM::Parameter. `Ref` is its name. */
export function parameterType(parameterStore: ParameterStore): ResourceType {
  const put = (name: string, properties: Properties, overwrite: boolean) => {
    const type = properties.text("Type");
    if (type !== "String" && type !== "StringList") {
      throw new ResourceError(`AWS::SSM::Parameter has the types String and StringList, not ${type}.`);
    }
    return asResourceError(() => {
      const parameter = parameterStore.put(
        {
          name,
          type: type satisfies ParameterType,
          value: properties.text("Value"),
          description: properties.optionalText("Description"),
        },
        overwrite,
      );
      return { physicalId: name, attributes: { Arn: parameter.arn, Type: type, Value: parameter.value } };
    });
  };
  return {
    create: (properties, context) =>
      put(properties.optionalText("Name") ?? `CFN-${physicalName(context, 100)}`, properties, false),
    update: ({ physicalId }, properties) => put(physicalId, properties, true),
    remove({ physicalId }) {
      parameterStore.remove(physicalId);
    },
  };
}

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
  if (given !== undefined && generate !== undefined) {
    throw new ResourceError("You can't specify both SecretString and GenerateSecretString.");
  }
  if (generate === undefined) return given;
  const length = generate.number("PasswordLength", 32);
  const password = randomBytes(length).toString("base64url").slice(0, length);
  const key = generate.optionalText("GenerateStringKey");
  if (key === undefined) return password;
  const template: unknown = JSON.parse(generate.optionalText("SecretStringTemplate") ?? "{}");
  return JSON.stringify({ ...(template as object), [key]: password });
}

function asResourceError<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ResourceError(`${error.message} (Status Code: ${error.status}, Error Code: ${error.code})`);
  }
}

/** What the secret's value is made from. */
function valueSource({ values }: Properties): string {
  return JSON.stringify([values["SecretString"], values["GenerateSecretString"]]);
}
