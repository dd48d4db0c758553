/**
 * Writes resource-specifications.ts of the local cloud from the CloudFormation resource schemas in
 * @aws-cdk/aws-service-spec. To deploy another type, add it to `deployedTypes` and run `npm run generate`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Property, PropertyType as SchemaType, Resource } from "@aws-cdk/service-spec-types";
import { format, resolveConfig } from "prettier";
import type {
  PropertySpecification,
  PropertyType,
  ResourceSpecification,
} from "../packages/local-cloud/src/cloudformation/resource-types/properties.ts";

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

/** Types that CDK makes up, which have no schema. */
const withoutSchema: Record<string, ResourceSpecification> = {
  "AWS::CDK::Metadata": { attributes: [], properties: { Analytics: { type: "string" } } },
};

export const file = join(
  import.meta.dirname,
  "../packages/local-cloud/src/cloudformation/resource-types/resource-specifications.ts",
);

/** Returns the text of resource-specifications.ts. */
export async function generate(): Promise<string> {
  const schemas = loadAwsServiceSpecSync();
  const specifications = Object.fromEntries(
    deployedTypes.map((type) => [
      type,
      specificationOf(schemas.lookup("resource", "cloudFormationType", "equals", type).only()),
    ]),
  );
  const text = `
    /** Generated from the CloudFormation resource schemas by scripts/generate-resource-specifications.ts. */
    import type { ResourceSpecification } from "./properties.ts";

    export const resourceSpecifications: Readonly<Record<string, ResourceSpecification>> =
      ${JSON.stringify({ ...specifications, ...withoutSchema })};
  `;
  return format(text, { ...(await resolveConfig(file)), filepath: file, objectWrap: "collapse" });
}

function specificationOf({ attributes, properties }: Resource): ResourceSpecification {
  return {
    attributes: Object.keys(attributes).toSorted(),
    properties: Object.fromEntries(
      Object.entries(properties)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, property]) => [name, propertyOf(property)]),
    ),
  };
}

function propertyOf({ type, required, causesReplacement }: Property): PropertySpecification {
  return {
    type: typeOf(type),
    ...(required === true && { required }),
    ...(causesReplacement === "yes" && { replaces: true }),
  };
}

function typeOf(schema: SchemaType): PropertyType {
  switch (schema.type) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "json":
      return schema.type;
    case "date-time":
      return "string";
    case "array":
      return "list";
    case "map":
    case "ref":
    case "tag":
      return "object";
    default:
      return "json";
  }
}

if (process.argv[1] === import.meta.filename) writeFileSync(file, await generate());
