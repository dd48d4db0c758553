import { describe, expect, it } from "vitest";
import { readKnownRoutes } from "./known-routes.ts";

const ref = (Ref: string): object => ({ Ref });
const method = (HttpMethod: string, ResourceId: object): object => ({
  Type: "AWS::ApiGateway::Method",
  Properties: { RestApiId: ref("Rest"), HttpMethod, ResourceId, AuthorizationType: "AWS_IAM" },
});
const template = {
  Resources: {
    Route: { Type: "AWS::ApiGatewayV2::Route", Properties: { RouteKey: "GET /public" } },
    Rest: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "notes" } },
    Notes: {
      Type: "AWS::ApiGateway::Resource",
      Properties: { ParentId: { "Fn::GetAtt": ["Rest", "RootResourceId"] }, PathPart: "notes" },
    },
    Note: { Type: "AWS::ApiGateway::Resource", Properties: { ParentId: ref("Notes"), PathPart: "{id}" } },
    List: method("GET", ref("Notes")),
    Preflight: method("OPTIONS", ref("Notes")),
    Put: method("PUT", ref("Note")),
  },
};

describe("readKnownRoutes", () => {
  it("finds routes of HTTP APIs and methods of REST APIs", () => {
    const contents: Record<string, unknown> = {
      "/project/cdk.out/manifest.json": {
        artifacts: { notes: { properties: { templateFile: "notes.json" } } },
      },
      "/project/cdk.out/notes.json": template,
    };
    const readText = (path: string): string | undefined =>
      contents[path] === undefined ? undefined : JSON.stringify(contents[path]);
    const files = { readText } as Parameters<typeof readKnownRoutes>[0]["files"];
    expect(readKnownRoutes({ files }, "/project")).toEqual([
      { method: "GET", path: "/public" },
      { method: "GET", path: "/notes" },
      { method: "PUT", path: "/notes/{id}" },
    ]);
  });
});
