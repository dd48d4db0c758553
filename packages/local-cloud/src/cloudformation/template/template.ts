import { isJsonObject, type JsonObject, parseJson } from "../../aws/json-protocol.ts";
import { templateRefusals } from "../stack-refusals.ts";
import { validationError } from "../validation-error.ts";
import { messageOf } from "../../error-text.ts";

export type DeletionPolicy = "Delete" | "Retain" | "RetainExceptOnCreate" | "Snapshot";

export interface TemplateResource {
  type: string;
  /** With intrinsic functions. */
  properties: JsonObject;
  dependsOn: string[];
  condition: string | undefined;
  metadata: unknown;
  deletionPolicy: DeletionPolicy;
  updateReplacePolicy: DeletionPolicy;
}

interface TemplateOutput {
  value: unknown;
  description: string | undefined;
  exportName: unknown;
  condition: string | undefined;
}

export interface TemplateParameter {
  type: string;
  definition: JsonObject;
}

/** A CloudFormation template with valid sections, not resolved. */
export interface Template {
  /** The template text. */
  body: string;
  description: string | undefined;
  metadata: unknown;
  parameters: ReadonlyMap<string, TemplateParameter>;
  mappings: JsonObject;
  conditions: JsonObject;
  rules: JsonObject;
  resources: ReadonlyMap<string, TemplateResource>;
  outputs: ReadonlyMap<string, TemplateOutput>;
}

const sections = new Set([
  "AWSTemplateFormatVersion",
  "Description",
  "Metadata",
  "Parameters",
  "Rules",
  "Mappings",
  "Conditions",
  "Transform",
  "Resources",
  "Outputs",
]);

const resourceAttributes = new Set([
  "Type",
  "Properties",
  "DependsOn",
  "Condition",
  "Metadata",
  "DeletionPolicy",
  "UpdateReplacePolicy",
  "CreationPolicy",
  "UpdatePolicy",
]);

/**
 * Parses a JSON or YAML template and validates its sections.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html}
 *
 * @throws ServiceError ValidationError, `Template format error: …`
 */
export async function parseTemplate(body: string): Promise<Template> {
  const document = body.trimStart().startsWith("{") ? parseText(body) : await parseYaml(body);
  if (!isJsonObject(document)) throw formatError("unsupported structure.");
  const unknown = Object.keys(document).filter((name) => !sections.has(name));
  templateRefusals.section.when(unknown.length > 0, unknown);
  templateRefusals.transform.when(document["Transform"] !== undefined, document["Transform"]);
  const resources = section(document, "Resources");
  templateRefusals.noResources.when(Object.keys(resources).length === 0);
  return {
    body,
    description: typeof document["Description"] === "string" ? document["Description"] : undefined,
    metadata: document["Metadata"],
    parameters: mapSection(section(document, "Parameters"), "Parameters", parseParameter),
    mappings: section(document, "Mappings"),
    conditions: section(document, "Conditions"),
    rules: section(document, "Rules"),
    resources: mapSection(resources, "Resources", parseResource),
    outputs: mapSection(section(document, "Outputs"), "Outputs", parseOutput),
  };
}

function parseText(body: string): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    throw formatError(`JSON not well-formed. (${messageOf(error)})`);
  }
}

async function parseYaml(body: string): Promise<unknown> {
  const { parseYamlTemplate } = await import("./yaml-template.ts");
  return parseYamlTemplate(body);
}

function section(document: JsonObject, name: string): JsonObject {
  const value = document[name] ?? {};
  if (!isJsonObject(value)) throw formatError(`${name} must be an object.`);
  return value;
}

function mapSection<Item>(
  items: JsonObject,
  name: string,
  parse: (logicalId: string, item: JsonObject) => Item,
): Map<string, Item> {
  return new Map(
    Object.entries(items).map(([logicalId, item]) => {
      templateRefusals.logicalId.when(!/^[A-Za-z0-9]{1,255}$/.test(logicalId), name, logicalId);
      if (!isJsonObject(item)) throw formatError(`[/${name}/${logicalId}] must be an object.`);
      return [logicalId, parse(logicalId, item)];
    }),
  );
}

function parseParameter(logicalId: string, definition: JsonObject): TemplateParameter {
  const type = definition["Type"];
  if (typeof type !== "string")
    throw formatError(`Every Parameters object must contain a Type member. (${logicalId})`);
  return { type, definition };
}

function parseResource(logicalId: string, item: JsonObject): TemplateResource {
  const path = `[/Resources/${logicalId}]`;
  const unknown = Object.keys(item).filter((name) => !resourceAttributes.has(name));
  templateRefusals.resourceAttribute.when(unknown.length > 0, unknown, path);
  const { Type } = item;
  const type = templateRefusals.noType.unless(typeof Type === "string" ? Type : undefined, path);
  const properties = item["Properties"] ?? {};
  if (!isJsonObject(properties)) throw formatError(`${path} Properties must be an object.`);
  const dependsOn = item["DependsOn"] ?? [];
  const dependencies: unknown[] = Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  if (!dependencies.every((name) => typeof name === "string")) {
    throw formatError(`${path} DependsOn must be a string or a list of strings.`);
  }
  const condition = item["Condition"];
  if (condition !== undefined && typeof condition !== "string") {
    throw formatError(`${path} Condition must be a string.`);
  }
  const deletionPolicy = parsePolicy(item["DeletionPolicy"], "DeletionPolicy", logicalId) ?? "Delete";
  return {
    type,
    properties,
    dependsOn: dependencies,
    condition,
    metadata: item["Metadata"],
    deletionPolicy,
    updateReplacePolicy:
      parsePolicy(item["UpdateReplacePolicy"], "UpdateReplacePolicy", logicalId) ?? "Delete",
  };
}

function parsePolicy(value: unknown, name: string, logicalId: string): DeletionPolicy | undefined {
  switch (value) {
    case undefined:
      return undefined;
    case "Delete":
    case "Retain":
    case "RetainExceptOnCreate":
    case "Snapshot":
      return value;
    default:
      throw formatError(`Unrecognized ${name} ${JSON.stringify(value)} for resource ${logicalId}`);
  }
}

function parseOutput(logicalId: string, item: JsonObject): TemplateOutput {
  if (item["Value"] === undefined) {
    throw formatError(`Every Outputs member must contain a Value object. (${logicalId})`);
  }
  const exported = item["Export"];
  if (exported !== undefined && (!isJsonObject(exported) || exported["Name"] === undefined)) {
    throw formatError(`Output ${logicalId} is malformed. The Export must have a Name.`);
  }
  const { Description: description, Condition: condition } = item;
  return {
    value: item["Value"],
    description: typeof description === "string" ? description : undefined,
    exportName: isJsonObject(exported) ? exported["Name"] : undefined,
    condition: typeof condition === "string" ? condition : undefined,
  };
}

function formatError(message: string) {
  return validationError(`Template format error: ${message}`);
}
