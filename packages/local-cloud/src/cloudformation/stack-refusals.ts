import { ServiceError } from "../aws/service-error.ts";
import { documented, ownLimit, reported } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";
import { validationError } from "./validation-error.ts";

const reference = "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference";
const guide = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide";
const anatomy = `${guide}/template-anatomy.html` as const;
const exporting = `${guide}/using-cfn-stack-exports.html` as const;
const parameters = `${guide}/parameters-section-structure.html` as const;

export const stackRefusals = defineRefusals("CloudFormation", {
  stackName: {
    refuses: "a stack name other than 1 to 128 letters, digits and hyphens, a letter first",
    evidence: documented(`${reference}/API_CreateStack.html`),
    error: (name: string) =>
      validationError(
        `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      ),
  },
  nameTaken: {
    refuses: "creating a stack that exists",
    evidence: documented(`${reference}/API_CreateStack.html`),
    error: (name: string) => new ServiceError("AlreadyExistsException", `Stack [${name}] already exists`),
  },
  missing: {
    refuses: "a stack that does not exist",
    evidence: documented(`${reference}/API_DescribeStacks.html`),
    error: (name: string) => validationError(`Stack with id ${name} does not exist`),
  },
  noUpdates: {
    refuses: "an update that changes nothing",
    evidence: reported("https://github.com/aws/aws-sdk-js/issues/3097"),
    error: () => validationError("No updates are to be performed."),
  },
  state: {
    refuses: "an update of a stack whose last operation failed or runs",
    evidence: documented(`${guide}/view-stack-events.html`),
    error: (stackId: string, status: string) =>
      validationError(`Stack:${stackId} is in ${status} state and can not be updated.`),
  },
  rollback: {
    refuses: "`RollbackStack` of a stack whose last operation has not failed without a rollback",
    evidence: documented(`${reference}/API_RollbackStack.html`),
    error: (name: string, status: string) =>
      validationError(`Rollback is not supported for stack [${name}] in status [${status}]`),
  },
  protection: {
    refuses: "deleting a stack with termination protection",
    evidence: documented(`${guide}/using-cfn-protect-stacks.html`),
    error: (name: string) =>
      validationError(`Stack [${name}] cannot be deleted while TerminationProtection is enabled`),
  },
  capabilities: {
    refuses: "IAM resources without the capability for them",
    evidence: documented(`${reference}/API_CreateStack.html`),
    error: (required: string) =>
      new ServiceError("InsufficientCapabilitiesException", `Requires capabilities : [${required}]`),
  },
  exportTaken: {
    refuses: "an export name that another stack has",
    evidence: documented(exporting),
    error: (name: string, owner: string) =>
      validationError(`Export with name ${name} is already exported by stack ${owner}`),
  },
  exportInUse: {
    refuses: "changing or deleting an export that another stack imports",
    evidence: documented(exporting),
    error: (name: string, verb: string, users: readonly string[]) =>
      validationError(`Export ${name} cannot be ${verb} as it is in use by ${users.join(", ")}`),
  },
  noExport: {
    refuses: "an import of a name that no stack exports",
    evidence: documented(exporting),
    error: (name: string) => validationError(`No export named ${name} found.`),
  },
  unknownParameters: {
    refuses: "values for parameters that the template does not have",
    evidence: documented(parameters),
    error: (names: readonly string[]) =>
      validationError(`Parameters: [${names.join(", ")}] do not exist in the template`),
  },
  missingParameters: {
    refuses: "parameters without a value",
    evidence: documented(parameters),
    error: (names: readonly string[]) =>
      validationError(`Parameters: [${names.join(", ")}] must have values`),
  },
});

export const templateRefusals = defineRefusals("CloudFormation template", {
  section: {
    refuses: "a section that CloudFormation does not know",
    evidence: documented(anatomy),
    error: (names: readonly string[]) =>
      validationError(`Template format error: Invalid template property or properties [${names.join(", ")}]`),
  },
  noResources: {
    refuses: "a template without resources",
    evidence: documented(anatomy),
    error: () => validationError("Template format error: At least one Resources member must be defined."),
  },
  resourceAttribute: {
    refuses: "a resource with an attribute that CloudFormation does not know",
    evidence: documented(anatomy),
    error: (names: readonly string[], path: string) =>
      validationError(`Invalid template resource property '${names.join("', '")}' ${path}`),
  },
  typeName: {
    refuses: "an invalid resource type, such as `AWS::Lambda`",
    evidence: documented(anatomy),
    error: (types: readonly string[]) =>
      validationError(`Template format error: Unrecognized resource types: [${types.join(", ")}]`),
  },
  references: {
    refuses: "a reference to a resource or parameter that the template does not have",
    evidence: documented(anatomy),
    error: (names: Iterable<string>, block: string) =>
      validationError(
        `Template format error: Unresolved resource dependencies [${[...names].join(", ")}] in the ${block} block of the template`,
      ),
  },
  circle: {
    refuses: "resources that depend on each other",
    evidence: documented(`${guide}/troubleshooting.html`),
    error: (names: Iterable<string>) =>
      validationError(`Circular dependency between resources: [${[...names].join(", ")}]`),
  },
  rule: {
    refuses: "parameters for which an assertion of the template's `Rules` fails",
    evidence: documented(`${guide}/rules-section-structure.html`),
    error: (name: string, description: string) =>
      validationError(`Template validation error: Rule ${name}: ${description}`),
  },
  logicalId: {
    refuses: "a logical id other than 1 to 255 letters and digits",
    evidence: documented(`${guide}/resources-section-structure.html`),
    error: (section: string, name: string) =>
      validationError(`Template format error: ${section} name ${name} is non alphanumeric.`),
  },
  noType: {
    refuses: "a resource without `Type`",
    evidence: documented(`${guide}/resources-section-structure.html`),
    error: (path: string) =>
      validationError(`Template format error: ${path} Every Resources object must contain a Type member.`),
  },
  condition: {
    refuses: "a condition that the template does not have",
    evidence: documented(`${guide}/conditions-section-structure.html`),
    error: (name: string) =>
      validationError(`Template format error: Unresolved condition dependency ${name} in the template`),
  },
  mapping: {
    refuses: "an `Fn::FindInMap` of a key that the mapping does not have",
    evidence: documented(`${guide}/mappings-section-structure.html`),
    error: (keys: readonly string[]) =>
      validationError(`Template error: Unable to get mapping for ${keys.join("::")}`),
  },
  attribute: {
    refuses: "an `Fn::GetAtt` of an attribute that the resource does not have",
    evidence: documented(`${guide}/resources-section-structure.html`),
    error: (logicalId: string, name: string, hasSchema: boolean, notRun?: string) =>
      validationError(
        hasSchema
          ? `Template error: resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt`
          : `CustomResource attribute error: Vendor response doesn't contain ${name} attribute in object ${logicalId}${notRun === undefined ? "" : `. The local cloud did not run its function: ${notRun}`}`,
      ),
  },
  constraint: {
    refuses: "a parameter's value that its constraints forbid",
    evidence: documented(parameters),
    error: (message: string) => validationError(message),
  },
  function: {
    refuses: "intrinsic functions other than those of CloudFormation without macros",
    evidence: ownLimit,
    error: (name: string) => validationError(`Template error: the local cloud does not support ${name}`),
  },
  transform: {
    refuses: "macros (`Transform`)",
    evidence: ownLimit,
    error: (transform: unknown) =>
      validationError(
        `The local cloud does not support macros: the template has the Transform ${JSON.stringify(transform)}.`,
      ),
  },
});
