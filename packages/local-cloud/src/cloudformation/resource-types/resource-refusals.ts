import { documented, ownLimit } from "../../evidence/evidence.ts";
import { defineRefusals } from "../../evidence/refusal.ts";
import { ResourceError } from "./resource-error.ts";

const reference = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference";

export const resourceRefusals = defineRefusals("CloudFormation resource", {
  schema: {
    refuses:
      "a property that is required and missing, unknown, or of another type, by CloudFormation's schemas",
    evidence: documented(`${reference}/aws-template-resource-type-ref.html`),
    error: (logicalId: string, problems: readonly string[]) =>
      new ResourceError(
        `Properties validation failed for resource ${logicalId} with message:\n${problems.join("\n")}`,
      ),
  },
  empty: {
    refuses: "an empty property that the service requires",
    evidence: documented(`${reference}/aws-template-resource-type-ref.html`),
    error: (name: string) => new ResourceError(`Property ${name} cannot be empty.`),
  },
  shape: {
    refuses: "a nested property of another shape than the service's",
    evidence: documented(`${reference}/aws-template-resource-type-ref.html`),
    error: (name: string, shape: string) => new ResourceError(`Property ${name} must be ${shape}.`),
  },
  serviceToken: {
    refuses: "a custom resource whose `ServiceToken` is not a function",
    evidence: documented(`${reference}/aws-resource-cloudformation-customresource.html`),
    error: (token: string) => new ResourceError(`Invalid service token: no function ${token} exists.`),
  },
  nameTaken: {
    refuses: "a rule or recorded resource with a name that another has",
    evidence: documented(`${reference}/aws-resource-logs-loggroup.html`),
    error: (noun: string, name: string) => new ResourceError(`${noun} ${name} already exists.`),
  },
  parameterType: {
    refuses: "an AWS::SSM::Parameter of a `Type` other than `String` and `StringList`",
    evidence: documented(`${reference}/aws-resource-ssm-parameter.html`),
    error: (type: string) =>
      new ResourceError(`AWS::SSM::Parameter supports the types String and StringList, not ${type}.`),
  },
  twoSecrets: {
    refuses: "an AWS::SecretsManager::Secret with both `SecretString` and `GenerateSecretString`",
    evidence: documented(`${reference}/aws-resource-secretsmanager-secret.html`),
    error: () => new ResourceError("You can't specify both SecretString and GenerateSecretString."),
  },
  secretTemplate: {
    refuses:
      "a `GenerateSecretString` with only one of `GenerateStringKey` and `SecretStringTemplate`, or a template that is not a JSON object",
    evidence: documented(`${reference}/aws-properties-secretsmanager-secret-generatesecretstring.html`),
    error: () =>
      new ResourceError(
        "GenerateStringKey and SecretStringTemplate must be specified together, and SecretStringTemplate must be a JSON object.",
      ),
  },
  type: {
    refuses:
      "a resource type that no CloudFormation schema describes; with `--strict`, each outside the table above",
    evidence: ownLimit,
    error: (type: string) => new ResourceError(`The local cloud does not support the resource type ${type}.`),
  },
});
