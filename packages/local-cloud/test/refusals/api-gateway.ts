import type {
  restApiRefusals,
  restDeploymentRefusals,
  restResourceRefusals,
  restStageRefusals,
} from "../../src/cloudformation/resource-types/api-gateway-refusals.ts";
import { refusedTemplate, type RefusalCase, type RefusalCases } from "./refusal-case.ts";

const resource = (type: string, properties: object, more: object = {}) => ({
  Type: `AWS::ApiGateway::${type}`,
  Properties: properties,
  ...more,
});
const api = { Ref: "Api" };
const root = { "Fn::GetAtt": ["Api", "RootResourceId"] };
const method = resource("Method", {
  RestApiId: api,
  ResourceId: root,
  HttpMethod: "GET",
  AuthorizationType: "AWS_IAM",
});
const deployment = resource("Deployment", { RestApiId: api }, { DependsOn: "Method" });
const stage = resource("Stage", { RestApiId: api, StageName: "prod", DeploymentId: { Ref: "Deployment" } });

const refused = (says: string, resources: object, apiProperties: object = {}): RefusalCase =>
  refusedTemplate(says, { Api: resource("RestApi", { Name: "api", ...apiProperties }), ...resources });
const path = (pathPart: string, more: object = {}) =>
  resource("Resource", { RestApiId: api, ParentId: root, PathPart: pathPart }, more);

export const restApiCases: RefusalCases<typeof restApiRefusals> = {
  property: refused("does not support the property Body", {}, { Body: {} }),
  missing: refused("Invalid API identifier specified", {
    Resource: resource("Resource", { RestApiId: "nothing", ParentId: "x", PathPart: "a" }),
  }),
};

export const restResourceCases: RefusalCases<typeof restResourceRefusals> = {
  pathPart: refused("Resource's path part only allow", { Resource: path("a b") }),
  taken: refused("Another resource with the same parent already has this name: a", {
    One: path("a"),
    Two: path("a", { DependsOn: "One" }),
  }),
  sibling: refused("A sibling ({id}) of this resource already has a variable path part", {
    One: path("{id}"),
    Two: path("{name+}", { DependsOn: "One" }),
  }),
};

export const restDeploymentCases: RefusalCases<typeof restDeploymentRefusals> = {
  empty: refused("The REST API doesn't contain any methods", {
    Deployment: resource("Deployment", { RestApiId: api }),
  }),
};

export const restStageCases: RefusalCases<typeof restStageRefusals> = {
  taken: refused("Stage already exists", {
    Method: method,
    Deployment: deployment,
    Stage: stage,
    Another: { ...stage, DependsOn: "Stage" },
  }),
};
