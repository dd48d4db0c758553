import { describe, expect, it } from "vitest";

import { type HttpApi, unthrottled } from "../account.ts";
import { chooseRoute } from "./route-choice.ts";

function createApi(routeKeys: string[], stages = ["$default"]): HttpApi {
  return {
    apiId: "a",
    name: "a",
    endpoint: "",
    corsConfiguration: undefined,
    integrations: new Map(),
    authorizers: new Map(),
    stages: new Map(
      stages.map((name) => [name, { defaultThrottle: unthrottled, routeThrottles: new Map() }]),
    ),
    routes: new Map(
      routeKeys.map((routeKey) => [
        routeKey,
        {
          routeId: routeKey,
          routeKey,
          authorizationType: "NONE",
          integrationId: undefined,
          authorizerId: undefined,
          authorizationScopes: [],
        },
      ]),
    ),
  };
}

describe("chooseRoute", () => {
  // The first five are the example of AWS's page on routes.
  const routeKeys = [
    "GET /pets/dog/1",
    "GET /pets/dog/{id}",
    "GET /pets/{proxy+}",
    "ANY /{proxy+}",
    "$default",
    "POST /pets/dog/1",
    "ANY /pets/{id}",
    "GET /sp%20ce",
    "GET /",
  ];
  it.each<[string, string, string, Record<string, string>]>([
    ["GET", "/pets/dog/1", "GET /pets/dog/1", {}],
    ["GET", "/pets/dog/2", "GET /pets/dog/{id}", { id: "2" }],
    ["GET", "/pets/cat/1", "GET /pets/{proxy+}", { proxy: "cat/1" }],
    ["POST", "/test/5", "ANY /{proxy+}", { proxy: "test/5" }],
    ["POST", "/", "$default", {}],
    ["GET", "/", "GET /", {}],
    ["POST", "/pets/dog/1", "POST /pets/dog/1", {}],
    ["DELETE", "/pets/dog/1", "ANY /{proxy+}", { proxy: "pets/dog/1" }],
    ["GET", "/pets/dog", "ANY /pets/{id}", { id: "dog" }],
    ["GET", "/pets/dog/1/", "GET /pets/{proxy+}", { proxy: "dog/1/" }],
    ["GET", "/pets/dog/%C3%A9%2F", "GET /pets/dog/{id}", { id: "é/" }],
    ["GET", "/pets/d%6Fg/1", "GET /pets/dog/1", {}],
    ["GET", "/pets//", "GET /pets/{proxy+}", { proxy: "/" }],
  ])("%s %s matches %s", (method, path, routeKey, pathParameters) => {
    const choice = chooseRoute(createApi(routeKeys), method, path);
    expect(choice?.route.routeKey).toBe(routeKey);
    expect(choice?.pathParameters).toEqual(pathParameters);
  });

  it("does not depend on the order of deployment", () => {
    const choice = chooseRoute(createApi(routeKeys.toReversed()), "GET", "/pets/dog/1");
    expect(choice?.route.routeKey).toBe("GET /pets/dog/1");
  });

  it("requires a stage, and removes a named stage from the path", () => {
    expect(chooseRoute(createApi(["$default"], []), "GET", "/a")).toBeUndefined();
    expect(chooseRoute(createApi(["GET /a"], ["dev"]), "GET", "/a")).toBeUndefined();
    expect(chooseRoute(createApi(["GET /a"], ["dev"]), "GET", "/dev/a")).toMatchObject({
      stage: "dev",
      path: "/a",
    });
    expect(chooseRoute(createApi(["GET /a"], ["$default"]), "GET", "/$default/a")).toBeUndefined();
  });
});
