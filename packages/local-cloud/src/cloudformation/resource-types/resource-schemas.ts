import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import type { PropertySpecification, PropertyType, ResourceSpecification } from "./properties.ts";
import deployedTypes from "./deployed-types.json" with { type: "json" };

/**
 * Types by property name. `!` marks a required property, `~` one whose change replaces the resource. Then the type: `s`
 * string, `i` integer, `n` number, `b` boolean, `l` list, `o` object, `j` anything, `[` a list of, `{` a map of, `:` a
 * definition.
 */
export type SchemaProperties = Record<string, string>;

/** A type that the local cloud deploys, as deployed-types.json has it. */
export interface DeployedType {
  attributes: string[];
  properties: SchemaProperties;
}

/** The schema of a type as resource-schemas.br has it. */
export type SchemaLine = [
  primaryIdentifier: string[],
  arnTemplate: string,
  attributes: Record<string, string>,
  properties: SchemaProperties,
  definitions: Record<string, SchemaProperties>,
];

/** The schema of a resource type that the local cloud records. */
export interface ResourceSchema extends ResourceSpecification {
  /** The properties and attributes that `Ref` is made of. */
  primaryIdentifier: readonly string[];
  /** With `${Partition}`, `${Region}`, `${Account}` and parts of the resource's own; may be empty. */
  arnTemplate: string;
  attributeTypes: Readonly<Record<string, PropertyType>>;
}

const scalars: Readonly<Record<string, PropertyType>> = {
  s: "string",
  i: "integer",
  n: "number",
  b: "boolean",
  l: "list",
  o: "object",
};

const deployed = new Map(
  Object.entries<DeployedType>(deployedTypes).map(([type, { attributes, properties }]) => [
    type,
    { attributes, properties: parseProperties(properties, {}) },
  ]),
);
let lines: ReadonlyMap<string, string> | undefined;
const parsed = new Map<string, ResourceSchema>();

/** The schema of a type that the local cloud records; undefined for all other types. Reads the schemas at the first use. */
export function findSchema(type: string): ResourceSchema | undefined {
  if (!type.startsWith("AWS::")) return undefined;
  const known = parsed.get(type);
  if (known !== undefined) return known;
  lines ??= readLines();
  const line = lines.get(type);
  if (line === undefined) return undefined;
  const schema = parseSchema(JSON.parse(line) as SchemaLine);
  parsed.set(type, schema);
  return schema;
}

/** The specification of a type that the local cloud deploys or records. */
export function findSpecification(type: string): ResourceSpecification | undefined {
  return deployed.get(type) ?? findSchema(type);
}

/** Every type that the local cloud records by its schema. */
export function schemaTypes(): string[] {
  return [...(lines ??= readLines()).keys()];
}

function readLines(): ReadonlyMap<string, string> {
  const text = brotliDecompressSync(readFileSync(new URL("resource-schemas.br", import.meta.url)));
  return new Map(
    text
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => {
        const space = line.indexOf(" ");
        return [line.slice(0, space), line.slice(space + 1)] as const;
      }),
  );
}

function parseSchema([
  primaryIdentifier,
  arnTemplate,
  attributes,
  properties,
  definitions,
]: SchemaLine): ResourceSchema {
  return {
    primaryIdentifier,
    arnTemplate,
    attributes: Object.keys(attributes),
    attributeTypes: Object.fromEntries(
      Object.entries(attributes).map(([name, code]) => [name, parseType(code, {}).type]),
    ),
    properties: parseProperties(properties, definitions),
  };
}

type Definitions = Readonly<Record<string, SchemaProperties>>;

function parseProperties(
  properties: SchemaProperties,
  definitions: Definitions,
): Readonly<Record<string, PropertySpecification>> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, code]) => {
      const [, required, replaces, type = "j"] = /^(!?)(~?)(.*)$/.exec(code) ?? [];
      return [
        name,
        {
          ...parseType(type, definitions),
          ...(required === "!" && { required: true as const }),
          ...(replaces === "~" && { replaces: true as const }),
        },
      ];
    }),
  );
}

function parseType(code: string, definitions: Definitions): PropertySpecification {
  const rest = code.slice(1);
  switch (code.charAt(0)) {
    case "[":
      return { type: "list", item: parseType(rest, definitions) };
    case "{":
      return { type: "object", item: parseType(rest, definitions) };
    case ":":
      return {
        type: "object",
        // Definitions may contain themselves, so each is parsed when a value needs it.
        members: () => parseProperties(definitions[rest] ?? {}, definitions),
      };
    default:
      return { type: scalars[code] ?? "json" };
  }
}
