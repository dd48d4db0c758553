import type {
  apiRefusals,
  authorizerRefusals,
  integrationRefusals,
  routeRefusals,
  stageRefusals,
} from "../../src/cloudformation/resource-types/api-gateway-v2-refusals.ts";
import { refusedTemplate, refusedUpdate, type RefusalCase, type RefusalCases } from "./refusal-case.ts";

const ApiId = { Ref: "Api" };
const api = (properties: object = {}) => ({
  Type: "AWS::ApiGatewayV2::Api",
  Properties: { Name: "api", ProtocolType: "HTTP", ...properties },
});
const stage = (properties: object = {}) => ({
  Type: "AWS::ApiGatewayV2::Stage",
  Properties: { ApiId, StageName: "live", ...properties },
});
const integration = (properties: object = {}) => ({
  Type: "AWS::ApiGatewayV2::Integration",
  Properties: {
    ApiId,
    IntegrationType: "AWS_PROXY",
    IntegrationUri: "arn:aws:lambda:us-east-1:000000000000:function:f",
    PayloadFormatVersion: "2.0",
    ...properties,
  },
});
const route = (properties: object = {}) => ({
  Type: "AWS::ApiGatewayV2::Route",
  Properties: { ApiId, RouteKey: "GET /", ...properties },
});

export const apiCases: RefusalCases<typeof apiRefusals> = {
  protocol: refusedTemplate("supports only HTTP APIs, not ProtocolType WEBSOCKET", {
    Api: api({ ProtocolType: "WEBSOCKET" }),
  }),
  property: refusedTemplate("does not support the property Body", { Api: api({ Body: {} }) }),
  credentials: refusedTemplate("allow-credentials is not supported if 'allow-origin' is *", {
    Api: api({ CorsConfiguration: { AllowCredentials: true, AllowOrigins: ["*"] } }),
  }),
  missing: refusedTemplate("Invalid API identifier specified 000000000000:gone", {
    Stage: stage({ ApiId: "gone" }),
  }),
};

const refusedStage = (says: string, properties: object): RefusalCase =>
  refusedTemplate(says, { Api: api(), Stage: stage(properties) });

export const stageCases: RefusalCases<typeof stageRefusals> = {
  name: refusedStage("Stage name only allows a-zA-Z0-9_-", { StageName: "a b" }),
  routeSettings: refusedStage("Unable to find Route by key GET /gone within the provided RouteSettings", {
    RouteSettings: { "GET /gone": { ThrottlingBurstLimit: 1 } },
  }),
  nameTaken: refusedTemplate("Stage already exists", {
    Api: api(),
    First: stage(),
    Second: { ...stage(), DependsOn: "First" },
  }),
};

const refusedIntegration = (says: string, properties: object): RefusalCase =>
  refusedTemplate(says, { Api: api(), Integration: integration(properties) });
export const integrationCases: RefusalCases<typeof integrationRefusals> = {
  type: refusedIntegration("supports only Lambda proxy integrations (AWS_PROXY), not HTTP_PROXY", {
    IntegrationType: "HTTP_PROXY",
  }),
  payloadFormat: refusedIntegration("PayloadFormatVersion is a required parameter for integration", {
    PayloadFormatVersion: "3.0",
  }),
  timeout: refusedIntegration("Timeout should be between 50 ms and 30000 ms", { TimeoutInMillis: 30_001 }),
  inUse: refusedUpdate(
    "Cannot delete Integration because it is referenced by the following Routes with Ids: [",
    { Api: api(), Integration: integration(), Route: route() },
    { Api: api(), Route: route() },
    // As the console does it: in the template CloudFormation would remove the target first.
    ({ account }) => {
      for (const { routes, integrations } of account.httpApis.values()) {
        for (const each of routes.values()) each.integrationId = [...integrations.keys()][0];
      }
    },
  ),
};

const refusedRoute = (says: string, properties: object): RefusalCase =>
  refusedTemplate(says, { Api: api(), Route: route(properties) });

export const routeCases: RefusalCases<typeof routeRefusals> = {
  key: refusedRoute("The provided route key is not formatted properly for HTTP protocol.", {
    RouteKey: "GET/private",
  }),
  pathPart: refusedRoute("One or more path parts appear to be invalid.", { RouteKey: "GET /e{id}" }),
  greedy: refusedRoute("The greedy path variable {proxy+} must be at the end of the path", {
    RouteKey: "GET /{proxy+}/x",
  }),
  variableTwice: refusedRoute("The path variable {id} is repeated", { RouteKey: "GET /{id}/{id}" }),
  keyTaken: refusedTemplate("Route with key GET / already exists for this API", {
    Api: api(),
    First: route(),
    Second: { ...route(), DependsOn: "First" },
  }),
  authorizationType: refusedRoute("Invalid authorization type: IAM", { AuthorizationType: "IAM" }),
  authorizer: refusedRoute("Unable to find Authorizer by ID gone for the route GET /", {
    AuthorizationType: "JWT",
    AuthorizerId: "gone",
  }),
  target: refusedRoute("Invalid integration target specified: integrations/gone", {
    Target: "integrations/gone",
  }),
};

export const authorizerCases: RefusalCases<typeof authorizerRefusals> = {
  type: refusedTemplate("An authorizer needs type JWT and a JwtConfiguration", {
    Api: api(),
    Authorizer: {
      Type: "AWS::ApiGatewayV2::Authorizer",
      Properties: { ApiId, Name: "users", AuthorizerType: "JWT" },
    },
  }),
};
