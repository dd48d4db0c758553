import type { JsonObject } from "../../aws/json-protocol.ts";
import type { ParameterStore } from "../../ssm/parameter-store.ts";
import type { Template, TemplateParameter } from "./template.ts";
import { textOf } from "./values.ts";
import { stackRefusals, templateRefusals } from "../stack-refusals.ts";
import { validationError } from "../validation-error.ts";

/** A parameter of a request: a value, or `UsePreviousValue`. */
export interface ParameterInput {
  key: string;
  value: string | undefined;
  usePreviousValue: boolean;
}

/** A parameter of a stack. */
export interface StackParameter {
  /** The given or default value; for an SSM parameter its name. */
  value: string;
  /** The value of `Ref`; for an SSM parameter its content at deployment. */
  resolved: string | string[];
  /** `NoEcho`: described as asterisks. */
  hidden: boolean;
  isSsm: boolean;
}

const ssmType = /^AWS::SSM::Parameter::Value<(.+)>$/;

/**
 * Resolves a template's parameters and checks their constraints.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html}
 *
 * @throws ServiceError ValidationError with the parameters
 */
export function resolveParameters(
  template: Template,
  inputs: readonly ParameterInput[],
  previous: ReadonlyMap<string, StackParameter>,
  parameterStore: Pick<ParameterStore, "find">,
): Map<string, StackParameter> {
  const unknown = inputs.map(({ key }) => key).filter((key) => !template.parameters.has(key));
  stackRefusals.unknownParameters.when(unknown.length > 0, unknown);
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, { definition }] of template.parameters) {
    const input = inputs.find(({ key }) => key === name);
    const value =
      input?.usePreviousValue === true ? previous.get(name)?.value : (input?.value ?? defaultOf(definition));
    if (value === undefined) missing.push(name);
    else values.set(name, value);
  }
  stackRefusals.missingParameters.when(missing.length > 0, missing);

  return new Map(
    [...template.parameters].map(([name, parameter]) => {
      const value = values.get(name) ?? "";
      checkConstraints(name, value, parameter.definition);
      return [name, resolveParameter(name, value, parameter, parameterStore)];
    }),
  );
}

function defaultOf(definition: JsonObject): string | undefined {
  const value = definition["Default"];
  return value === undefined ? undefined : textOf(value);
}

function resolveParameter(
  name: string,
  value: string,
  { type, definition }: TemplateParameter,
  parameterStore: Pick<ParameterStore, "find">,
): StackParameter {
  const hidden = definition["NoEcho"] === true || definition["NoEcho"] === "true";
  const inner = ssmType.exec(type)?.[1];
  if (inner !== undefined) {
    const stored = parameterStore.find(value);
    if (stored === undefined) {
      throw validationError(`Unable to fetch parameters [${value}] from parameter store for this account.`);
    }
    if (stored.type === "SecureString") {
      throw validationError(
        `Parameters [${value}] referenced by template have types not supported by CloudFormation.`,
      );
    }
    return { value, resolved: isList(inner) ? split(stored.value) : stored.value, hidden, isSsm: true };
  }
  if (type === "Number" && (value.trim() === "" || Number.isNaN(Number(value)))) {
    throw validationError(`Parameter '${name}' must be a number.`);
  }
  if (type === "List<Number>" && split(value).some((item) => Number.isNaN(Number(item)))) {
    throw validationError(`Parameter '${name}' must be a list of numbers.`);
  }
  const known = ["String", "Number"].includes(type) || isList(type) || type.startsWith("AWS::");
  if (!known) throw validationError(`Template format error: Unrecognized parameter type: ${type}`);
  return { value, resolved: isList(type) ? split(value) : value, hidden, isSsm: false };
}

function isList(type: string): boolean {
  return type === "CommaDelimitedList" || type.startsWith("List<");
}

function split(value: string): string[] {
  return value.split(",").map((item) => item.trim());
}

function checkConstraints(name: string, value: string, definition: JsonObject): void {
  const { AllowedValues: allowed, AllowedPattern: pattern } = definition;
  const description = definition["ConstraintDescription"];
  const check = (isBroken: boolean, message: string): void =>
    templateRefusals.constraint.when(
      isBroken,
      typeof description === "string"
        ? `Parameter ${name} failed to satisfy constraint: ${description}`
        : message,
    );
  check(
    Array.isArray(allowed) && !allowed.some((each) => textOf(each) === value),
    `Parameter '${name}' must be one of AllowedValues`,
  );
  if (typeof pattern === "string") {
    check(!expressionOf(name, pattern).test(value), `Parameter '${name}' must match pattern ${pattern}`);
  }
  const bounds: [string, (bound: number) => boolean][] = [
    ["MinLength", (bound) => value.length >= bound],
    ["MaxLength", (bound) => value.length <= bound],
    ["MinValue", (bound) => Number(value) >= bound],
    ["MaxValue", (bound) => Number(value) <= bound],
  ];
  for (const [constraint, holds] of bounds) {
    const bound = definition[constraint];
    const isBroken = bound !== undefined && !holds(Number(textOf(bound)));
    check(isBroken, `Parameter '${name}' does not satisfy ${constraint} ${textOf(bound ?? "")}`);
  }
}

/** @throws ServiceError ValidationError */
function expressionOf(name: string, pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    throw validationError(
      `Template error: the AllowedPattern of the parameter ${name} is not a regular expression`,
    );
  }
}
