import type { Account } from "../../account.ts";
import type { DynamoDb } from "../../dynamodb/dynamodb.ts";
import type { CloudWatch } from "../../cloudwatch/cloudwatch.ts";
import type { Buckets } from "../../s3/buckets.ts";
import type { SecretsManager } from "../../secrets-manager/secrets-manager.ts";
import type { ParameterStore } from "../../ssm/parameter-store.ts";
import type { ResourceType } from "./resource-type.ts";
import {
  apiType,
  authorizerType,
  type HttpApiHost,
  integrationType,
  routeType,
  stageType,
} from "./api-gateway-v2.ts";
import { alarmType } from "./cloudwatch.ts";
import { identityPoolPrincipalTagType, identityPoolRoleAttachmentType, identityPoolType } from "./cognito.ts";
import { tableType } from "./dynamodb.ts";
import { ruleType } from "./events.ts";
import { managedPolicyType, policyType, roleType } from "./iam.ts";
import { oidcProviderCustomType, oidcProviderType } from "./oidc-provider.ts";
import { type FunctionUrlHost, functionType, permissionType, urlType } from "./lambda.ts";
import {
  type RestApiHost,
  restApiType,
  restDeploymentType,
  restMethodType,
  restResourceType,
  restStageType,
} from "./api-gateway.ts";
import {
  graphqlApiKeyType,
  type GraphqlApiHost,
  graphqlApiType,
  graphqlDataSourceType,
  graphqlResolverType,
  graphqlSchemaType,
} from "./app-sync.ts";
import { recordedTypes } from "./recorded.ts";
import { autoDeleteObjectsType, bucketPolicyType, bucketType } from "./s3.ts";
import { secretPolicyType, secretType } from "./secrets-manager.ts";
import { parameterType } from "./ssm.ts";
import type { State } from "../../state.ts";

export interface DeployedServices {
  account: Account;
  /** The time of schedules. */
  now: () => Date;
  state?: State | undefined;
  buckets: Buckets;
  cloudWatch: Pick<CloudWatch, "alarms">;
  dynamoDb: Pick<DynamoDb, "run" | "redefine">;
  parameterStore: ParameterStore;
  secretsManager: SecretsManager;
  origins: HttpApiHost & FunctionUrlHost & RestApiHost & GraphqlApiHost;
}

/** Every resource type that the local cloud deploys. */
export function createResourceTypes(services: DeployedServices): ReadonlyMap<string, ResourceType> {
  const { account, buckets, cloudWatch, dynamoDb, parameterStore, secretsManager, origins } = services;
  return new Map<string, ResourceType>(
    Object.entries({
      "AWS::ApiGateway::Deployment": restDeploymentType(account),
      "AWS::ApiGateway::Method": restMethodType(account),
      "AWS::ApiGateway::Resource": restResourceType(account),
      "AWS::ApiGateway::RestApi": restApiType(account, origins),
      "AWS::ApiGateway::Stage": restStageType(account),
      "AWS::ApiGatewayV2::Api": apiType(account, origins),
      "AWS::ApiGatewayV2::Authorizer": authorizerType(account),
      "AWS::ApiGatewayV2::Integration": integrationType(account),
      "AWS::ApiGatewayV2::Route": routeType(account),
      "AWS::ApiGatewayV2::Stage": stageType(account),
      "AWS::AppSync::ApiKey": graphqlApiKeyType(account),
      "AWS::AppSync::DataSource": graphqlDataSourceType(account),
      "AWS::AppSync::GraphQLApi": graphqlApiType(account, origins),
      "AWS::AppSync::GraphQLSchema": graphqlSchemaType(account, buckets),
      "AWS::AppSync::Resolver": graphqlResolverType(account),
      "AWS::CloudWatch::Alarm": alarmType(cloudWatch.alarms),
      "AWS::Cognito::IdentityPool": identityPoolType(account),
      "AWS::Cognito::IdentityPoolPrincipalTag": identityPoolPrincipalTagType(account),
      "AWS::Cognito::IdentityPoolRoleAttachment": identityPoolRoleAttachmentType(account),
      "AWS::DynamoDB::Table": tableType(account, dynamoDb),
      "AWS::Events::Rule": ruleType(account, services.now),
      "AWS::IAM::ManagedPolicy": managedPolicyType(account),
      "AWS::IAM::OIDCProvider": oidcProviderType(account),
      "AWS::IAM::Policy": policyType(account),
      "AWS::IAM::Role": roleType(account),
      "AWS::Lambda::Function": functionType(account, buckets),
      "AWS::Lambda::Permission": permissionType(account),
      "AWS::Lambda::Url": urlType(account, origins),
      "AWS::S3::Bucket": bucketType(account, buckets),
      "AWS::S3::BucketPolicy": bucketPolicyType(buckets),
      "AWS::SSM::Parameter": parameterType(parameterStore),
      "AWS::SecretsManager::ResourcePolicy": secretPolicyType(secretsManager),
      "AWS::SecretsManager::Secret": secretType(secretsManager),
      "Custom::AWSCDKOpenIdConnectProvider": oidcProviderCustomType(account),
      "Custom::S3AutoDeleteObjects": autoDeleteObjectsType(buckets),
      ...recordedTypes(account, services.state),
    }),
  );
}
