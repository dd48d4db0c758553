import { describe, expect, it } from "vitest";
import { readDeployedRoutes } from "./deployed-routes.ts";

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

describe("the routes of a template", () => {
  it("are those of the API that the output ApiEndpoint names", () => {
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
      expect(readDeployedRoutes([template({}), template(resources, endpoint)])).toEqual(routes);
    }
  });

  it("are those of the only API, when the output names none", () => {
    const routes = [{ key: "GET /private", authorization: "AWS_IAM" }];
    const resources = { Api: api, A: route("GET /private", "AWS_IAM") };
    expect(readDeployedRoutes([template(resources, "https://api.example.com")])).toEqual(routes);
    expect(readDeployedRoutes([template(resources)])).toEqual(routes);
  });

  it.each([
    ["there is no template", []],
    ["there is no API", [template({})]],
    ["one of several APIs is meant", [template({ Api: api, Other: api })]],
    ["it is no JSON", ["Resources:\n  Api: {}"]],
    ["it is no object", ["null", "[]", '"x"', '{"Resources":[null,1]}']],
  ])("are not known when %s", (_why, templates) => {
    expect(readDeployedRoutes(templates)).toBeUndefined();
  });
});
