/**
 * Writes resource-schemas.br of the local cloud: the CloudFormation schema of each type that the local cloud records, from
 * @aws-cdk/aws-service-spec. Compressed, since 1800 types with their nested properties are 1.6 MB of text.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Property, PropertyType, Resource, TypeDefinition } from "@aws-cdk/service-spec-types";
import type {
  SchemaLine,
  SchemaProperties,
} from "../packages/local-cloud/src/cloudformation/resource-types/resource-schemas.ts";
import { resourceSpecifications } from "../packages/local-cloud/src/cloudformation/resource-types/resource-specifications.ts";

type SpecDatabase = ReturnType<typeof loadAwsServiceSpecSync>;

/** Types whose effect is on the stack itself. A template that needs them is not complete without it. */
const notRecorded = /^AWS::(?:Serverless::|CloudFormation::(?:CustomResource|Macro|Stack|StackSet)$)/;

export const file = join(
  import.meta.dirname,
  "../packages/local-cloud/src/cloudformation/resource-types/resource-schemas.br",
);

/** Returns the text of resource-schemas.br: a line for each type. */
export function generate(): string {
  const schemas = loadAwsServiceSpecSync();
  return schemas
    .all("resource")
    .filter(({ cloudFormationType: type }) => isRecorded(type))
    .toSorted((a, b) => (a.cloudFormationType < b.cloudFormationType ? -1 : 1))
    .map((resource) => `${resource.cloudFormationType} ${JSON.stringify(lineOf(resource, schemas))}\n`)
    .join("");
}

function isRecorded(type: string): boolean {
  if (!type.startsWith("AWS::") || notRecorded.test(type)) return false;
  // Those of WebSocket APIs are recorded.
  return !(type in resourceSpecifications) || type.startsWith("AWS::ApiGatewayV2::");
}

export function read(): string {
  return brotliDecompressSync(readFileSync(file)).toString("utf8");
}

function lineOf(resource: Resource & { arnTemplate?: string }, schemas: SpecDatabase): SchemaLine {
  const definitions = new Map<string, SchemaProperties>();
  const properties = propertiesOf(resource.properties, schemas, definitions);
  return [
    resource.primaryIdentifier ?? [],
    resource.arnTemplate ?? "",
    Object.fromEntries(
      sorted(resource.attributes).map(([name, { type }]) => [name, codeOf(type, schemas, new Map())]),
    ),
    properties,
    Object.fromEntries(definitions),
  ];
}

/** See `SchemaProperties`. */
function propertiesOf(
  properties: Readonly<Record<string, Property>>,
  schemas: SpecDatabase,
  definitions: Map<string, SchemaProperties>,
): SchemaProperties {
  return Object.fromEntries(
    sorted(properties).map(([name, { type, previousTypes = [], required, causesReplacement }]) => {
      const [code = "", ...previous] = [type, ...previousTypes].map((each) =>
        codeOf(each, schemas, definitions),
      );
      // A property whose type has changed accepts the old one too.
      const isStable = previous.every((each) => each.charAt(0) === code.charAt(0));
      return [
        name,
        `${required === true ? "!" : ""}${causesReplacement === "yes" ? "~" : ""}${isStable ? code : "j"}`,
      ];
    }),
  );
}

function codeOf(
  schema: PropertyType,
  schemas: SpecDatabase,
  definitions: Map<string, SchemaProperties>,
): string {
  switch (schema.type) {
    case "string":
    case "date-time":
      return "s";
    case "integer":
      return "i";
    case "number":
      return "n";
    case "boolean":
      return "b";
    case "tag":
      return "o";
    case "array":
      return `[${codeOf(schema.element, schemas, definitions)}`;
    case "map":
      return `{${codeOf(schema.element, schemas, definitions)}`;
    case "ref": {
      const definition: TypeDefinition = schemas.get("typeDefinition", schema.reference);
      if (!definitions.has(definition.name)) {
        definitions.set(definition.name, {});
        definitions.set(definition.name, propertiesOf(definition.properties, schemas, definitions));
      }
      return `:${definition.name}`;
    }
    default:
      return "j";
  }
}

function sorted<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

if (process.argv[1] === import.meta.filename) {
  const text = generate();
  if (text !== read()) writeFileSync(file, brotliCompressSync(text));
}
