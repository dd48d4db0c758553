import { describe, expect, it } from "vitest";
import { routesOfTemplates } from "./template-routes.ts";

const api = { Type: "AWS::ApiGatewayV2::Api", Properties: { ProtocolType: "HTTP" } };
const route = (key: string, authorization?: string, apiId = "Api"): object => ({
  Type: "AWS::ApiGatewayV2::Route",
  Properties: {
    ApiId: { Ref: apiId },
    RouteKey: key,
    ...(authorization === undefined ? {} : { AuthorizationType: authorization }),
  },
});
const template = (resources: object, endpoint?: unknown): string =>
  JSON.stringify({
    Resources: resources,
    ...(endpoint === undefined ? {} : { Outputs: { ApiEndpoint: { Value: endpoint } } }),
  });

const resource = (part: string, parent: object): object => ({
  Type: "AWS::ApiGateway::Resource",
  Properties: { PathPart: part, ParentId: parent, RestApiId: { Ref: "Rest" } },
});
const method = (name: string, at: object, authorization: string): object => ({
  Type: "AWS::ApiGateway::Method",
  Properties: {
    HttpMethod: name,
    ResourceId: at,
    RestApiId: { Ref: "Rest" },
    AuthorizationType: authorization,
  },
});

describe("routesOfTemplates", () => {
  it("reads the routes of the API behind the output ApiEndpoint", () => {
    const resources = {
      Other: api,
      Api: api,
      A: route("GET /private", "AWS_IAM"),
      B: route("GET /public", "NONE"),
      C: route("GET /open"),
      D: route("GET /elsewhere", "NONE", "Other"),
      E: { Type: "AWS::Lambda::Function", Properties: {} },
    };
    const routes = [
      { key: "GET /private", authorization: "AWS_IAM" },
      { key: "GET /public", authorization: "NONE" },
      { key: "GET /open", authorization: "NONE" },
    ];
    for (const endpoint of [
      { "Fn::GetAtt": ["Api", "ApiEndpoint"] },
      { "Fn::GetAtt": "Api.ApiEndpoint" },
      { "Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com" },
      { "Fn::Join": ["", ["https://", { Ref: "Api" }, ".execute-api.us-east-1.amazonaws.com"]] },
    ]) {
      expect(routesOfTemplates([template({}), template(resources, endpoint)])).toEqual(routes);
    }
  });

  it.each<[string, string, object]>([
    ["an HTTP API", "https://api.example.com", { ApiId: { Ref: "Api" }, DomainName: { Ref: "Domain" } }],
    [
      "a domain's path",
      "https://api.example.com/v1/",
      { ApiId: { Ref: "Api" }, DomainName: "api.example.com", ApiMappingKey: "v1" },
    ],
    [
      "a REST API",
      "https://api.example.com/v1",
      { RestApiId: { Ref: "Api" }, DomainName: { Ref: "Domain" }, BasePath: "v1" },
    ],
  ])("reads the routes of the API behind a custom domain: %s", (_name, address, mapping) => {
    const isRest = "RestApiId" in mapping;
    const resources = {
      Other: api,
      Api: api,
      A: route("GET /notes", "AWS_IAM"),
      B: route("GET /elsewhere", "NONE", "Other"),
      Domain: { Type: "AWS::ApiGatewayV2::DomainName", Properties: { DomainName: "api.example.com" } },
      Elsewhere: {
        Type: "AWS::ApiGatewayV2::ApiMapping",
        Properties: { ApiId: { Ref: "Other" }, DomainName: { Ref: "Domain" }, ApiMappingKey: "v2" },
      },
      Mapping: {
        Type: isRest ? "AWS::ApiGateway::BasePathMapping" : "AWS::ApiGatewayV2::ApiMapping",
        Properties: mapping,
      },
    };
    const templates = [template(resources)];
    expect(routesOfTemplates(templates, { apiEndpoint: new URL(address) })).toEqual([
      { key: "GET /notes", authorization: "AWS_IAM" },
    ]);
    expect(
      routesOfTemplates(templates, { apiEndpoint: new URL("https://other.example.com") }),
    ).toBeUndefined();
  });

  it("reads the routes of the only API when the output refers to none", () => {
    const routes = [{ key: "GET /private", authorization: "AWS_IAM" }];
    const resources = { Api: api, A: route("GET /private", "AWS_IAM") };
    expect(routesOfTemplates([template(resources, "https://api.example.com")])).toEqual(routes);
    expect(routesOfTemplates([template(resources)])).toEqual(routes);
  });

  it.each([
    ["the stage has no template", []],
    ["the templates have no API", [template({})]],
    ["the templates have several APIs", [template({ Api: api, Other: api })]],
    ["a template is not JSON", ["Resources:\n  Api: {}"]],
    ["a template is not an object", ["null", "[]", '"x"', '{"Resources":[null,1]}']],
  ])("returns undefined when %s", (_why, templates) => {
    expect(routesOfTemplates(templates)).toBeUndefined();
  });

  it("reads the only API that an output refers to, whatever the output is called", () => {
    const resources = { Other: api, Api: api, A: route("GET /notes", "AWS_IAM") };
    const Outputs = { HttpApiUrl: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } };
    expect(routesOfTemplates([JSON.stringify({ Resources: resources, Outputs })])).toEqual([
      { key: "GET /notes", authorization: "AWS_IAM" },
    ]);
  });

  it("reads the methods of a REST API", () => {
    const root = { "Fn::GetAtt": ["Rest", "RootResourceId"] };
    const resources = {
      Rest: { Type: "AWS::ApiGateway::RestApi" },
      Notes: resource("notes", root),
      Note: resource("{id}", { Ref: "Notes" }),
      A: method("GET", { Ref: "Notes" }, "AWS_IAM"),
      B: method("DELETE", { Ref: "Note" }, "AWS_IAM"),
      C: method("GET", root, "NONE"),
      D: method("OPTIONS", { Ref: "Notes" }, "NONE"),
    };
    expect(routesOfTemplates([template(resources)])).toEqual([
      { key: "GET /notes", authorization: "AWS_IAM" },
      { key: "DELETE /notes/{id}", authorization: "AWS_IAM" },
      { key: "GET /", authorization: "NONE" },
    ]);
  });

  it("reads a template whose resources refer to themselves", () => {
    const resources = {
      Rest: { Type: "AWS::ApiGateway::RestApi" },
      Notes: resource("notes", { Ref: "Notes" }),
      A: method("GET", { Ref: "Notes" }, "AWS_IAM"),
    };
    expect(routesOfTemplates([template(resources)])).toEqual([
      { key: "GET /notes", authorization: "AWS_IAM" },
    ]);
  });

  it("reads a function URL", () => {
    const resources = { Url: { Type: "AWS::Lambda::Url", Properties: { AuthType: "AWS_IAM" } } };
    expect(routesOfTemplates([template(resources)])).toEqual([{ key: "GET /", authorization: "AWS_IAM" }]);
  });
});
