import { isJsonObject, type JsonObject } from "../../aws/json-protocol.ts";
import { substitutionPattern } from "./references.ts";
import { textOf } from "./values.ts";
import { templateRefusals } from "../stack-refusals.ts";
import { validationError } from "../validation-error.ts";

/** The values that intrinsic functions refer to. */
export interface Scope {
  /** Values of parameters and pseudo parameters, without AWS::NoValue. */
  parameters: ReadonlyMap<string, string | string[]>;
  mappings: JsonObject;
  /** As written. */
  conditions: JsonObject;
  availabilityZones: readonly string[];
  /** The physical id of a resource. @throws ServiceError when it does not exist */
  ref(logicalId: string): string;
  /** @throws ServiceError when the resource or attribute does not exist */
  attribute(logicalId: string, name: string): unknown;
  /** Whether outputs do not show the attributes of a resource. */
  isSecret?(logicalId: string): boolean;
  /** @throws ServiceError when no stack exports the name */
  importValue(name: string): string;
  /** Replaces the addresses that AWS gives to APIs, which templates put together, by those of the local cloud. */
  localAddresses?(text: string): string;
}

/** `AWS::NoValue` removes the property that holds it. */
const noValue = Symbol("AWS::NoValue");

/**
 * Resolves every intrinsic function in a template value.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html}
 *
 * @returns undefined for `AWS::NoValue`
 * @throws ServiceError ValidationError with the function
 */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = resolveValue(value, scope);
  return resolved === noValue ? undefined : resolved;
}

/** Whether a condition is true. @throws ServiceError for an unknown or circular condition */
export function evaluateCondition(name: string, scope: Scope, path: readonly string[] = []): boolean {
  const condition = templateRefusals.condition.unless(scope.conditions[name], name);
  if (path.includes(name)) {
    throw validationError(`Template error: circular dependency between conditions: [${path.join(", ")}]`);
  }
  return evaluate(condition, scope, [...path, name]);
}

function resolveValue(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveValue(item, scope)).filter((item) => item !== noValue);
  }
  if (!isJsonObject(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0) {
    if (name === "Ref") return ref(value["Ref"], scope);
    if (name.startsWith("Fn::")) {
      return templateRefusals.function.unless(functions[name], name)(value[name], scope);
    }
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const resolved = resolveValue(item, scope);
      return resolved === noValue ? [] : [[key, resolved]];
    }),
  );
}

function ref(argument: unknown, scope: Scope): unknown {
  if (typeof argument !== "string") throw validationError("Template error: Ref must be a string");
  if (argument === "AWS::NoValue") return noValue;
  return scope.parameters.get(argument) ?? scope.ref(argument);
}

type IntrinsicFunction = (argument: unknown, scope: Scope) => unknown;

const functions: Record<string, IntrinsicFunction> = {
  "Fn::GetAtt": (argument, scope) => {
    if (typeof argument === "string" && argument.includes(".")) {
      const dot = argument.indexOf(".");
      return scope.attribute(argument.slice(0, dot), argument.slice(dot + 1));
    }
    const [logicalId, attribute] = listOf(argument, "Fn::GetAtt", 2);
    return scope.attribute(
      stringOf(logicalId, "Fn::GetAtt"),
      stringOf(resolveValue(attribute, scope), "Fn::GetAtt"),
    );
  },
  "Fn::Join": (argument, scope) => {
    const [delimiter, values] = listOf(argument, "Fn::Join", 2);
    const list = listOf(resolveValue(values, scope), "Fn::Join");
    const joined = list.map((item) => stringOf(item, "Fn::Join")).join(stringOf(delimiter, "Fn::Join"));
    return scope.localAddresses?.(joined) ?? joined;
  },
  "Fn::Split": (argument, scope) => {
    const [delimiter, source] = listOf(argument, "Fn::Split", 2);
    const separator = stringOf(delimiter, "Fn::Split");
    if (separator === "") throw validationError("Template error: Fn::Split delimiter must not be empty");
    return stringOf(resolveValue(source, scope), "Fn::Split").split(separator);
  },
  "Fn::Select": (argument, scope) => {
    const [index, values] = listOf(argument, "Fn::Select", 2);
    const number = Number(stringOf(resolveValue(index, scope), "Fn::Select"));
    const list = listOf(resolveValue(values, scope), "Fn::Select");
    const item: unknown = list[number];
    if (item === undefined) {
      throw validationError(`Template error: Fn::Select cannot select nonexistent value at index ${number}`);
    }
    return item;
  },
  "Fn::Sub": (argument, scope) => {
    const [template, variables] = Array.isArray(argument) ? listOf(argument, "Fn::Sub", 2) : [argument, {}];
    if (typeof template !== "string" || !isJsonObject(variables)) {
      throw validationError(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
      );
    }
    const replaced = template.replace(substitutionPattern, (_match, spaced: string) => {
      const name = spaced.trim();
      if (name in variables) return stringOf(resolveValue(variables[name], scope), "Fn::Sub");
      const dot = name.indexOf(".");
      const value = dot === -1 ? ref(name, scope) : scope.attribute(name.slice(0, dot), name.slice(dot + 1));
      return stringOf(value, "Fn::Sub");
    });
    const text = replaced.replace(/\$\{!([^}]*)\}/g, "${$1}");
    return scope.localAddresses?.(text) ?? text;
  },
  "Fn::If": (argument, scope) => {
    const [condition, then, otherwise] = listOf(argument, "Fn::If", 3);
    return resolveValue(evaluateCondition(stringOf(condition, "Fn::If"), scope) ? then : otherwise, scope);
  },
  "Fn::FindInMap": (argument, scope) => {
    const [map, first, second] = listOf(argument, "Fn::FindInMap", 3).map((item) =>
      stringOf(resolveValue(item, scope), "Fn::FindInMap"),
    ) as [string, string, string];
    const top = scope.mappings[map];
    const row = isJsonObject(top) ? top[first] : undefined;
    const value = isJsonObject(row) ? row[second] : undefined;
    return templateRefusals.mapping.unless(value, [map, first, second]);
  },
  "Fn::ImportValue": (argument, scope) =>
    scope.importValue(stringOf(resolveValue(argument, scope), "Fn::ImportValue")),
  "Fn::GetAZs": (_argument, scope) => [...scope.availabilityZones],
  "Fn::Base64": (argument, scope) =>
    Buffer.from(stringOf(resolveValue(argument, scope), "Fn::Base64")).toString("base64"),
  // A boolean property may hold a condition function.
  "Fn::Equals": (argument, scope) => evaluate({ "Fn::Equals": argument }, scope, []),
  "Fn::And": (argument, scope) => evaluate({ "Fn::And": argument }, scope, []),
  "Fn::Or": (argument, scope) => evaluate({ "Fn::Or": argument }, scope, []),
  "Fn::Not": (argument, scope) => evaluate({ "Fn::Not": argument }, scope, []),
};

/** Evaluates the functions of conditions and rules. */
export function evaluate(expression: unknown, scope: Scope, path: readonly string[]): boolean {
  if (typeof expression === "boolean") return expression;
  if (expression === "true" || expression === "false") return expression === "true";
  if (!isJsonObject(expression) || Object.keys(expression).length !== 1) throw malformedCondition();
  const [[name, argument]] = Object.entries(expression) as [[string, unknown]];
  const each = (function_: string, least: number, most: number): boolean[] => {
    const list = listOf(argument, function_);
    if (list.length < least || list.length > most) throw malformedCondition();
    return list.map((item) => evaluate(item, scope, path));
  };
  switch (name) {
    case "Condition":
      return evaluateCondition(stringOf(argument, "Condition"), scope, path);
    case "Fn::Equals": {
      const [left, right] = listOf(argument, name, 2).map((item) => resolveValue(item, scope));
      return textOf(left) === textOf(right);
    }
    case "Fn::Not":
      return !each(name, 1, 1)[0];
    case "Fn::And":
      return each(name, 2, 10).every(Boolean);
    case "Fn::Or":
      return each(name, 2, 10).some(Boolean);
    case "Fn::Contains": {
      const [list, item] = listOf(argument, name, 2).map((part) => resolveValue(part, scope));
      return listOf(list, name).some((member) => textOf(member) === textOf(item));
    }
    case "Fn::EachMemberEquals": {
      const [list, item] = listOf(argument, name, 2).map((part) => resolveValue(part, scope));
      return listOf(list, name).every((member) => textOf(member) === textOf(item));
    }
    case "Fn::EachMemberIn": {
      const [list, allowed] = listOf(argument, name, 2).map((part) => resolveValue(part, scope));
      const values = new Set(listOf(allowed, name).map(textOf));
      return listOf(list, name).every((member) => values.has(textOf(member)));
    }
    default:
      throw validationError(`Template error: ${name} is not a condition function`);
  }
}

function listOf(value: unknown, name: string, length?: number): unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    throw validationError(
      `Template error: ${name} expects a list${length === undefined ? "" : ` of ${length} elements`}`,
    );
  }
  return value;
}

function stringOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw validationError(`Template error: every ${name} argument must resolve to a string`);
}

function malformedCondition() {
  return validationError("Template error: every Condition member must be a condition function");
}
