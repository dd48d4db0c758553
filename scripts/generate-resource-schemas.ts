/**
 * Writes what the local cloud knows of CloudFormation's schemas, from @aws-cdk/aws-service-spec: deployed-types.json has the
 * properties and attributes of the types that it deploys, resource-schemas.br all of those that it records. That one is
 * compressed, since 1800 types with their nested properties are 1.6 MB of text. To deploy another type, add it to
 * `deployedTypes` and run `npm run generate`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Property, PropertyType, Resource, TypeDefinition } from "@aws-cdk/service-spec-types";
import { format, resolveConfig } from "prettier";
import type {
  DeployedType,
  SchemaLine,
  SchemaProperties,
} from "../packages/local-cloud/src/cloudformation/resource-types/resource-schemas.ts";

type SpecDatabase = ReturnType<typeof loadAwsServiceSpecSync>;

/** Types whose effect is on the stack itself. A template that needs them is not complete without it. */
const notRecorded = /^AWS::(?:Serverless::|CloudFormation::(?:CustomResource|Macro|Stack|StackSet)$)/;

const deployedTypes = [
  "AWS::ApiGateway::Account",
  "AWS::ApiGateway::Deployment",
  "AWS::ApiGateway::Method",
  "AWS::ApiGateway::Resource",
  "AWS::ApiGateway::RestApi",
  "AWS::ApiGateway::Stage",
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Authorizer",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGatewayV2::Stage",
  "AWS::AppSync::ApiKey",
  "AWS::AppSync::DataSource",
  "AWS::AppSync::GraphQLApi",
  "AWS::AppSync::GraphQLSchema",
  "AWS::AppSync::Resolver",
  "AWS::CloudFormation::Stack",
  "AWS::CloudWatch::Alarm",
  "AWS::Cognito::IdentityPool",
  "AWS::Cognito::IdentityPoolPrincipalTag",
  "AWS::Cognito::IdentityPoolRoleAttachment",
  "AWS::Cognito::UserPool",
  "AWS::Cognito::UserPoolClient",
  "AWS::Cognito::UserPoolDomain",
  "AWS::DynamoDB::Table",
  "AWS::Events::Rule",
  "AWS::IAM::ManagedPolicy",
  "AWS::IAM::OIDCProvider",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Lambda::Url",
  "AWS::Logs::LogGroup",
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
  "AWS::SSM::Parameter",
  "AWS::SecretsManager::ResourcePolicy",
  "AWS::SecretsManager::Secret",
];

const folder = join(import.meta.dirname, "../packages/local-cloud/src/cloudformation/resource-types");
export const deployedFile = join(folder, "deployed-types.json");
const recordedFile = join(folder, "resource-schemas.br");

/** Returns the text of deployed-types.json. */
export async function generateDeployed(): Promise<string> {
  const schemas = loadAwsServiceSpecSync();
  const deployed: Record<string, DeployedType> = Object.fromEntries(
    deployedTypes.map((type) => {
      const { attributes, properties } = schemas
        .lookup("resource", "cloudFormationType", "equals", type)
        .only();
      const codes = sorted(properties).map(([name, property]) => [
        name,
        marked(property, codeOfKind(property.type)),
      ]);
      return [
        type,
        { attributes: Object.keys(attributes).toSorted(), properties: Object.fromEntries(codes) },
      ];
    }),
  );
  // CDK makes this type up, so it has no schema.
  const metadata: DeployedType = { attributes: [], properties: { Analytics: "s" } };
  const text = JSON.stringify({ ...deployed, "AWS::CDK::Metadata": metadata });
  return format(text, {
    ...(await resolveConfig(deployedFile)),
    filepath: deployedFile,
    objectWrap: "collapse",
  });
}

/** Deployed types check what is in lists and objects themselves. */
function codeOfKind({ type }: PropertyType): string {
  switch (type) {
    case "array":
      return "l";
    case "map":
    case "ref":
      return "o";
    default:
      return scalarCode(type);
  }
}

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
  return !deployedTypes.includes(type) || type.startsWith("AWS::ApiGatewayV2::");
}

export function read(): string {
  return brotliDecompressSync(readFileSync(recordedFile)).toString("utf8");
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
    sorted(properties).map(([name, property]) => {
      const { type, previousTypes = [] } = property;
      const [code = "", ...previous] = [type, ...previousTypes].map((each) =>
        codeOf(each, schemas, definitions),
      );
      // A property whose type has changed accepts the old one too.
      const isStable = previous.every((each) => each.charAt(0) === code.charAt(0));
      return [name, marked(property, isStable ? code : "j")];
    }),
  );
}

function codeOf(
  schema: PropertyType,
  schemas: SpecDatabase,
  definitions: Map<string, SchemaProperties>,
): string {
  switch (schema.type) {
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
      return scalarCode(schema.type);
  }
}

function scalarCode(type: PropertyType["type"]): string {
  switch (type) {
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
    default:
      return "j";
  }
}

function marked({ required, causesReplacement }: Property, code: string): string {
  return `${required === true ? "!" : ""}${causesReplacement === "yes" ? "~" : ""}${code}`;
}

function sorted<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(deployedFile, await generateDeployed());
  const text = generate();
  if (text !== read()) writeFileSync(recordedFile, brotliCompressSync(text));
}
