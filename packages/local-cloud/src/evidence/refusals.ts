import {
  restApiRefusals,
  restDeploymentRefusals,
  restResourceRefusals,
  restStageRefusals,
} from "../cloudformation/resource-types/api-gateway-refusals.ts";
import {
  apiRefusals,
  authorizerRefusals,
  integrationRefusals,
  routeRefusals,
  stageRefusals,
} from "../cloudformation/resource-types/api-gateway-v2-refusals.ts";
import {
  graphqlApiRefusals,
  graphqlResolverRefusals,
  graphqlSchemaRefusals,
} from "../cloudformation/resource-types/app-sync-refusals.ts";
import { ruleRefusals } from "../cloudformation/resource-types/events-refusals.ts";
import {
  attachmentRefusals,
  oidcProviderRefusals,
  roleRefusals,
} from "../cloudformation/resource-types/iam-refusals.ts";
import {
  functionRefusals,
  permissionRefusals,
  urlRefusals,
} from "../cloudformation/resource-types/lambda-refusals.ts";
import { resourceRefusals } from "../cloudformation/resource-types/resource-refusals.ts";
import { stackRefusals, templateRefusals } from "../cloudformation/stack-refusals.ts";
import { cloudWatchRefusals } from "../cloudwatch/cloudwatch-refusals.ts";
import {
  identityRefusals,
  poolRefusals,
  principalTagRefusals,
  roleAttachmentRefusals,
} from "../cognito-identity/refusals.ts";
import { httpApiRefusals } from "../http-api/gateway-refusals.ts";
import { policyRefusals } from "../iam/policy-refusals.ts";
import { invocationRefusals } from "../lambda/lambda-refusals.ts";
import { s3Refusals } from "../s3/s3-refusals.ts";
import { secretRefusals } from "../secrets-manager/secret-refusals.ts";
import { signatureRefusals } from "../sigv4/signature-refusals.ts";
import { parameterRefusals } from "../ssm/parameter-refusals.ts";
import { stsRefusals } from "../sts/refusals.ts";
import { callbackRefusals } from "../twitter/callback-refusals.ts";
import { oauthRefusals } from "../twitter/oauth-refusals.ts";

/** Every refusal of the local cloud. docs/local-cloud.md and the tests of the refusals are generated from it. */
export const refusals = {
  stackRefusals,
  templateRefusals,
  resourceRefusals,
  apiRefusals,
  authorizerRefusals,
  integrationRefusals,
  routeRefusals,
  stageRefusals,
  functionRefusals,
  permissionRefusals,
  invocationRefusals,
  policyRefusals,
  roleRefusals,
  attachmentRefusals,
  oidcProviderRefusals,
  urlRefusals,
  ruleRefusals,
  restApiRefusals,
  restResourceRefusals,
  restDeploymentRefusals,
  restStageRefusals,
  graphqlApiRefusals,
  graphqlSchemaRefusals,
  graphqlResolverRefusals,
  oauthRefusals,
  callbackRefusals,
  identityRefusals,
  poolRefusals,
  roleAttachmentRefusals,
  principalTagRefusals,
  stsRefusals,
  httpApiRefusals,
  signatureRefusals,
  s3Refusals,
  secretRefusals,
  cloudWatchRefusals,
  parameterRefusals,
};
