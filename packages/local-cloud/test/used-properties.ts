import { Properties } from "../src/cloudformation/resource-types/properties.ts";
import { recordedTypes } from "../src/cloudformation/resource-types/recorded.ts";
import { createStacksFixture } from "./stacks-fixture.ts";

const trust = (principal: object, more: object = {}) => ({
  Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal: principal, ...more },
});
const PolicyDocument = { Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "*" } };
const roleArn = { "Fn::GetAtt": ["Role", "Arn"] };
const functionArn = { "Fn::GetAtt": ["Function", "Arn"] };
const ApiId = { Ref: "Api" };
const graphqlApiId = { "Fn::GetAtt": ["GraphqlApi", "ApiId"] };

/** A resource of each type that the local cloud deploys. */
const resources = {
  Role: {
    Type: "AWS::IAM::Role",
    Properties: { AssumeRolePolicyDocument: trust({ Service: "lambda.amazonaws.com" }) },
  },
  Policy: {
    Type: "AWS::IAM::Policy",
    Properties: { PolicyName: "policy", PolicyDocument, Roles: [{ Ref: "Role" }] },
  },
  ManagedPolicy: { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument } },
  Provider: { Type: "AWS::IAM::OIDCProvider", Properties: { Url: "https://issuer.example" } },
  CustomProvider: {
    Type: "Custom::AWSCDKOpenIdConnectProvider",
    Properties: { ServiceToken: functionArn, Url: "https://another.example" },
  },
  Function: {
    Type: "AWS::Lambda::Function",
    Properties: {
      Code: { ZipFile: "exports.handler = async () => 1" },
      Handler: "index.handler",
      Runtime: "nodejs22.x",
      Role: roleArn,
    },
  },
  Permission: {
    Type: "AWS::Lambda::Permission",
    Properties: {
      Action: "lambda:InvokeFunction",
      FunctionName: { Ref: "Function" },
      Principal: "apigateway.amazonaws.com",
    },
  },
  Url: { Type: "AWS::Lambda::Url", Properties: { TargetFunctionArn: functionArn, AuthType: "AWS_IAM" } },
  Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
  Authorizer: {
    Type: "AWS::ApiGatewayV2::Authorizer",
    Properties: {
      ApiId,
      AuthorizerType: "JWT",
      JwtConfiguration: { Issuer: "https://issuer.example", Audience: ["app"] },
      Name: "users",
    },
  },
  Integration: {
    Type: "AWS::ApiGatewayV2::Integration",
    Properties: {
      ApiId,
      IntegrationType: "AWS_PROXY",
      IntegrationUri: functionArn,
      PayloadFormatVersion: "2.0",
    },
  },
  Route: { Type: "AWS::ApiGatewayV2::Route", Properties: { ApiId, RouteKey: "GET /private" } },
  Stage: { Type: "AWS::ApiGatewayV2::Stage", Properties: { ApiId, StageName: "$default" } },
  RestApi: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "api" } },
  RestResource: {
    Type: "AWS::ApiGateway::Resource",
    Properties: {
      RestApiId: { Ref: "RestApi" },
      ParentId: { "Fn::GetAtt": ["RestApi", "RootResourceId"] },
      PathPart: "private",
    },
  },
  RestMethod: {
    Type: "AWS::ApiGateway::Method",
    Properties: {
      RestApiId: { Ref: "RestApi" },
      ResourceId: { Ref: "RestResource" },
      HttpMethod: "GET",
      AuthorizationType: "AWS_IAM",
    },
  },
  RestDeployment: {
    Type: "AWS::ApiGateway::Deployment",
    Properties: { RestApiId: { Ref: "RestApi" } },
    DependsOn: "RestMethod",
  },
  RestStage: {
    Type: "AWS::ApiGateway::Stage",
    Properties: {
      RestApiId: { Ref: "RestApi" },
      StageName: "live",
      DeploymentId: { Ref: "RestDeployment" },
    },
  },
  GraphqlApi: {
    Type: "AWS::AppSync::GraphQLApi",
    Properties: { Name: "api", AuthenticationType: "AWS_IAM" },
  },
  GraphqlKey: { Type: "AWS::AppSync::ApiKey", Properties: { ApiId: graphqlApiId } },
  GraphqlSchema: {
    Type: "AWS::AppSync::GraphQLSchema",
    Properties: { ApiId: graphqlApiId, Definition: "type Query { a: Int }" },
  },
  GraphqlSource: {
    Type: "AWS::AppSync::DataSource",
    Properties: {
      ApiId: graphqlApiId,
      Name: "source",
      Type: "AWS_LAMBDA",
      LambdaConfig: { LambdaFunctionArn: functionArn },
      ServiceRoleArn: roleArn,
    },
  },
  GraphqlResolver: {
    Type: "AWS::AppSync::Resolver",
    DependsOn: ["GraphqlSchema", "GraphqlSource"],
    Properties: { ApiId: graphqlApiId, TypeName: "Query", FieldName: "a", DataSourceName: "source" },
  },
  Rule: { Type: "AWS::Events::Rule", Properties: { ScheduleExpression: "rate(1 minute)", Targets: [] } },
  Pool: {
    Type: "AWS::Cognito::IdentityPool",
    Properties: {
      IdentityPoolName: "pool",
      AllowUnauthenticatedIdentities: false,
      AllowClassicFlow: true,
      CognitoIdentityProviders: [],
      DeveloperProviderName: "developers",
      OpenIdConnectProviderARNs: [{ Ref: "Provider" }],
      SamlProviderARNs: [],
      SupportedLoginProviders: { "api.twitter.com": "key;secret" },
    },
  },
  PoolRoles: {
    Type: "AWS::Cognito::IdentityPoolRoleAttachment",
    Properties: { IdentityPoolId: { Ref: "Pool" }, Roles: { authenticated: roleArn } },
  },
  PrincipalTags: {
    Type: "AWS::Cognito::IdentityPoolPrincipalTag",
    Properties: {
      IdentityPoolId: { Ref: "Pool" },
      IdentityProviderName: "api.twitter.com",
      PrincipalTags: {},
      UseDefaults: false,
    },
  },
  Bucket: { Type: "AWS::S3::Bucket", Properties: {} },
  BucketPolicy: {
    Type: "AWS::S3::BucketPolicy",
    Properties: { Bucket: { Ref: "Bucket" }, PolicyDocument },
  },
  AutoDelete: {
    Type: "Custom::S3AutoDeleteObjects",
    Properties: { ServiceToken: functionArn, BucketName: { Ref: "Bucket" } },
  },
  Table: {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    },
  },
  Alarm: {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      Namespace: "canary",
      MetricName: "Failed",
      Statistic: "Maximum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
    },
  },
  Parameter: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: "value" } },
  Secret: { Type: "AWS::SecretsManager::Secret", Properties: {} },
  SecretPolicy: {
    Type: "AWS::SecretsManager::ResourcePolicy",
    Properties: {
      SecretId: { Ref: "Secret" },
      ResourcePolicy: {
        Statement: {
          Effect: "Allow",
          Action: "secretsmanager:GetSecretValue",
          Principal: { AWS: roleArn },
          Resource: "*",
        },
      },
    },
  },
};

/**
 * Deploys a resource of each type and watches what it reads.
 *
 * @returns the names of the properties that have an effect, by type
 */
export async function usedProperties(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const used = new Map<string, Set<string>>();
  const types = new Set<string>();
  const fixture = createStacksFixture((type, name) => {
    types.add(name);
    return {
      ...type,
      create(properties, context) {
        const names = new Set<string>();
        used.set(name, names);
        return type.create(new Properties(watched(properties.values, names)), context);
      },
    };
  });
  const stack = await fixture.deploy({ Resources: resources });
  if (stack.status !== "CREATE_COMPLETE") throw new Error(fixture.events(stack).join("\n"));
  const recorded = recordedTypes(fixture.account);
  const missing = [...types].filter((name) => !used.has(name) && !Object.hasOwn(recorded, name));
  if (missing.length > 0) throw new Error(`add an example of ${missing.join(", ")}`);
  return used;
}

/** The same properties, which add the names of those that are read. */
function watched(values: Properties["values"], names: Set<string>): Properties["values"] {
  return new Proxy(values, {
    get(target, property) {
      if (typeof property === "string") names.add(property);
      return Reflect.get(target, property);
    },
  });
}
