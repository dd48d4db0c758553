import type { refusals } from "../../src/evidence/refusals.ts";
import { cloudWatchCases } from "./cloudwatch.ts";
import { apiCases, authorizerCases, integrationCases, routeCases, stageCases } from "./api-gateway-v2.ts";
import { restApiCases, restDeploymentCases, restResourceCases, restStageCases } from "./api-gateway.ts";
import { graphqlApiCases, graphqlResolverCases, graphqlSchemaCases } from "./app-sync.ts";
import { resourceCases, stackCases, templateCases } from "./cloudformation.ts";
import { identityCases, poolCases, principalTagCases, roleAttachmentCases } from "./cognito.ts";
import { ruleCases } from "./events.ts";
import { httpApiCases } from "./http-api.ts";
import { policyCases } from "./iam-policy.ts";
import { attachmentCases, oidcProviderCases, roleCases } from "./iam.ts";
import { functionCases, invocationCases, permissionCases, urlCases } from "./lambda.ts";
import type { RefusalCases } from "./refusal-case.ts";
import { signatureCases } from "./signature.ts";
import { parameterCases, s3Cases, secretCases } from "./storage.ts";
import { stsCases } from "./sts.ts";
import { callbackCases, oauthCases } from "./x.ts";

type Catalog = typeof refusals;

/** A case for each rule of the catalog. */
export const cases: { readonly [Group in keyof Catalog]: RefusalCases<Catalog[Group]> } = {
  stackRefusals: stackCases,
  templateRefusals: templateCases,
  resourceRefusals: resourceCases,
  apiRefusals: apiCases,
  authorizerRefusals: authorizerCases,
  integrationRefusals: integrationCases,
  routeRefusals: routeCases,
  stageRefusals: stageCases,
  functionRefusals: functionCases,
  permissionRefusals: permissionCases,
  invocationRefusals: invocationCases,
  policyRefusals: policyCases,
  roleRefusals: roleCases,
  attachmentRefusals: attachmentCases,
  oidcProviderRefusals: oidcProviderCases,
  urlRefusals: urlCases,
  ruleRefusals: ruleCases,
  restApiRefusals: restApiCases,
  restResourceRefusals: restResourceCases,
  restDeploymentRefusals: restDeploymentCases,
  restStageRefusals: restStageCases,
  graphqlApiRefusals: graphqlApiCases,
  graphqlSchemaRefusals: graphqlSchemaCases,
  graphqlResolverRefusals: graphqlResolverCases,
  oauthRefusals: oauthCases,
  callbackRefusals: callbackCases,
  identityRefusals: identityCases,
  poolRefusals: poolCases,
  roleAttachmentRefusals: roleAttachmentCases,
  principalTagRefusals: principalTagCases,
  stsRefusals: stsCases,
  httpApiRefusals: httpApiCases,
  signatureRefusals: signatureCases,
  s3Refusals: s3Cases,
  secretRefusals: secretCases,
  cloudWatchRefusals: cloudWatchCases,
  parameterRefusals: parameterCases,
};
