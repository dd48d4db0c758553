import { isJsonObject } from "../../aws/json-protocol.ts";
import { dependenciesOf, inDependencyOrder } from "./dependencies.ts";
import { evaluate, evaluateCondition, type Scope } from "./intrinsics.ts";
import { referencesOf } from "./references.ts";
import type { Template, TemplateResource } from "./template.ts";
import { stackRefusals, templateRefusals } from "../stack-refusals.ts";
import { validationError } from "../validation-error.ts";

const typePattern = /^(?:AWS::[A-Za-z0-9]+::[A-Za-z0-9]+|Custom::[\w@-]{1,60})$/;

/**
 * Validates a template before any resource is touched.
 *
 * @throws ServiceError ValidationError or InsufficientCapabilitiesException
 */
export function validateTemplate(template: Template, scope: Scope, capabilities: readonly string[]): void {
  const types = [...new Set([...template.resources.values()].map(({ type }) => type))];
  const unrecognized = types.filter((type) => !typePattern.test(type));
  templateRefusals.typeName.when(unrecognized.length > 0, unrecognized);
  checkReferences(template, scope);
  inDependencyOrder(dependenciesOf(template));
  for (const name of Object.keys(template.conditions)) evaluateCondition(name, scope);
  checkRules(template, scope);
  checkCapabilities(template, capabilities);
}

function checkReferences(template: Template, scope: Scope): void {
  const isKnown = (name: string): boolean =>
    template.resources.has(name) || scope.parameters.has(name) || name === "AWS::NoValue";
  const unresolved = new Set<string>();
  for (const { properties, dependsOn } of template.resources.values()) {
    for (const name of referencesOf(properties)) if (!isKnown(name)) unresolved.add(name);
    for (const name of dependsOn) if (!template.resources.has(name)) unresolved.add(name);
  }
  templateRefusals.references.when(unresolved.size > 0, unresolved, "Resources");
  for (const { value, exportName } of template.outputs.values()) {
    for (const name of referencesOf([value, exportName])) if (!isKnown(name)) unresolved.add(name);
  }
  templateRefusals.references.when(unresolved.size > 0, unresolved, "Outputs");
}

/**
 * Checks the assertions of the Rules section.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html}
 *
 * @throws ServiceError ValidationError with the assertion's description
 */
function checkRules({ rules }: Template, scope: Scope): void {
  for (const [name, rule] of Object.entries(rules)) {
    if (!isJsonObject(rule)) throw validationError(`Template format error: Rule ${name} must be an object.`);
    if (rule["RuleCondition"] !== undefined && !evaluate(rule["RuleCondition"], scope, [])) continue;
    const assertions: unknown = rule["Assertions"];
    for (const assertion of Array.isArray(assertions) ? (assertions as unknown[]) : []) {
      if (!isJsonObject(assertion))
        throw validationError(`Template format error: Rule ${name} is malformed.`);
      const description = assertion["AssertDescription"];
      templateRefusals.rule.when(
        !evaluate(assertion["Assert"], scope, []),
        name,
        typeof description === "string" ? description : "an assertion failed",
      );
    }
  }
}

/** {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html} Capabilities */
function checkCapabilities(template: Template, capabilities: readonly string[]): void {
  const iam = [...template.resources.values()].filter(({ type }) => type.startsWith("AWS::IAM::"));
  if (iam.length === 0) return;
  const required = iam.some(hasName) ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";
  const given = capabilities.includes("CAPABILITY_NAMED_IAM") || capabilities.includes(required);
  stackRefusals.capabilities.when(!given, required);
}

function hasName({ type, properties }: TemplateResource): boolean {
  const name = { "AWS::IAM::Role": "RoleName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName" }[type];
  return name !== undefined && properties[name] !== undefined;
}
