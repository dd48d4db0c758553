import { isJsonObject, type JsonObject, parseJsonObject } from "../../aws/json-protocol.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import { textOf } from "../template/values.ts";

export type PropertyType = "string" | "integer" | "number" | "boolean" | "list" | "object" | "json";

export interface PropertySpecification {
  type: PropertyType;
  required?: true;
  /** A change gives the resource a new physical id. */
  replaces?: true;
  /** The type of each item of a list, or of each value of a map. */
  item?: PropertySpecification;
  /** The properties of an object. */
  members?: () => PropertySpecifications;
}

type PropertySpecifications = Readonly<Record<string, PropertySpecification>>;

/** The parts of a CloudFormation resource schema that a deployment needs. */
export interface ResourceSpecification {
  properties: PropertySpecifications;
  /** The names that `Fn::GetAtt` accepts. */
  attributes: readonly string[];
}

/** Resolved properties of a resource, with the types of its schema. */
export class Properties {
  readonly values: Readonly<JsonObject>;

  constructor(values: Readonly<JsonObject>) {
    this.values = values;
  }

  text(name: string): string {
    return resourceRefusals.empty.unless(this.optionalText(name), name);
  }

  optionalText(name: string): string | undefined {
    return optionalText(this.values[name]);
  }

  number(name: string, otherwise: number): number {
    const value = this.values[name];
    return value === undefined ? otherwise : Number(value);
  }

  flag(name: string): boolean | undefined {
    const value = this.values[name];
    return value === undefined ? undefined : value === true || value === "true";
  }

  textList(name: string): string[] {
    const value = this.values[name] ?? [];
    resourceRefusals.shape.when(!Array.isArray(value), name, "a list");
    return (value as unknown[]).map(String);
  }

  object(name: string): Properties | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    resourceRefusals.shape.when(!isJsonObject(value), name, "an object");
    return new Properties(value as JsonObject);
  }

  objects(name: string): Properties[] {
    const value = this.values[name] ?? [];
    const isList = Array.isArray(value) && value.every(isJsonObject);
    resourceRefusals.shape.when(!isList, name, "a list of objects");
    return (value as JsonObject[]).map((item) => new Properties(item));
  }

  /** A JSON document, given as an object or as text. */
  document(name: string): JsonObject {
    const value = this.values[name];
    if (isJsonObject(value)) return value;
    const parsed = typeof value === "string" ? parseJsonObject(value) : undefined;
    return resourceRefusals.shape.unless(parsed, name, "a JSON document");
  }

  textMap(name: string): Record<string, string> {
    const value = this.values[name] ?? {};
    resourceRefusals.shape.when(!isJsonObject(value), name, "an object");
    return Object.fromEntries(Object.entries(value as JsonObject).map(([key, item]) => [key, textOf(item)]));
  }
}

function optionalText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value);
}

/**
 * Validates properties against the resource's schema. Converts text to numbers and booleans, since `Ref` of a parameter
 * is always text.
 *
 * @throws ResourceError in CloudFormation's words
 */
export function validateProperties(
  logicalId: string,
  values: JsonObject,
  specification: ResourceSpecification,
): Properties {
  const problems: string[] = [];
  const coerced = checkMembers(values, specification.properties, "#", problems);
  resourceRefusals.schema.when(problems.length > 0, logicalId, problems);
  return new Properties(coerced);
}

/** Adds what the schema forbids to `problems`. @returns the values with the types of the schema */
function checkMembers(
  values: JsonObject,
  specifications: PropertySpecifications,
  path: string,
  problems: string[],
): JsonObject {
  for (const [name, { required }] of Object.entries(specifications)) {
    if (required && values[name] === undefined) problems.push(`${path}: required key [${name}] not found`);
  }
  const coerced: JsonObject = {};
  for (const [name, value] of Object.entries(values)) {
    const property = Object.hasOwn(specifications, name) ? specifications[name] : undefined;
    if (property === undefined) problems.push(`${path}: extraneous key [${name}] is not permitted`);
    else coerced[name] = coerce(value, property, `${path}/${name}`, problems);
  }
  return coerced;
}

function coerce(value: unknown, property: PropertySpecification, path: string, problems: string[]): unknown {
  const { type, item, members } = property;
  const accepted = coerceType(value, type);
  if (accepted === undefined) {
    problems.push(`${path}: expected type: ${capitalize(type)}, found: ${kindOf(value)}`);
  } else if (item !== undefined && Array.isArray(accepted)) {
    return accepted.map((each, index) => coerce(each, item, `${path}/${index}`, problems));
  } else if (members !== undefined) {
    return checkMembers(accepted as JsonObject, members(), path, problems);
  } else if (item !== undefined) {
    return Object.fromEntries(
      Object.entries(accepted as JsonObject).map(([name, each]) => [
        name,
        coerce(each, item, `${path}/${name}`, problems),
      ]),
    );
  }
  return accepted;
}

/** @returns undefined for a value that is not of the type */
export function coerceType(value: unknown, type: PropertyType): unknown {
  switch (type) {
    case "string":
      return isScalar(value) ? String(value) : undefined;
    case "integer":
      return isScalar(value) && value !== "" && Number.isInteger(Number(value)) ? Number(value) : undefined;
    case "number":
      return isScalar(value) && value !== "" && !Number.isNaN(Number(value)) ? Number(value) : undefined;
    case "boolean":
      if (value === true || value === "true") return true;
      return value === false || value === "false" ? false : undefined;
    case "list":
      return Array.isArray(value) ? value : undefined;
    case "object":
      return isJsonObject(value) ? value : undefined;
    case "json":
    default:
      return value;
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "List";
  return capitalize(value === null ? "null" : typeof value);
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
