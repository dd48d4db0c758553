import { describe, expect, it } from "vitest";
import type { DeployedRoute } from "./deployed-routes.ts";
import { type NamedRoute, parseRoute } from "./named-route.ts";
import { planRoutes, type RoutePlan } from "./choose-routes.ts";

const named = (access: NamedRoute["access"], text: string, expected = {}): NamedRoute => ({
  ...parseRoute("--route", access, text),
  expected,
});

const deployed = (...routes: [key: string, authorization: string][]): DeployedRoute[] =>
  routes.map(([key, authorization]) => ({ key, authorization }));

/** `!` marks routes with unsigned requests only, `*` the route of identity.match. */
const summary = ({ open, protected: guarded, identity }: RoutePlan): string[][] => [
  open.map(({ key }) => key),
  guarded.map((route) => `${route.signed ? "" : "!"}${route.key}${route === identity ? "*" : ""}`),
];

describe("planRoutes", () => {
  it("chooses the guide's routes by default, without labels", () => {
    const plan = planRoutes({});
    expect(summary(plan)).toEqual([["GET /public"], ["GET /private*"]]);
    expect([...plan.open, ...plan.protected].map(({ label }) => label)).toEqual([undefined, undefined]);
  });

  it.each<[string, DeployedRoute[], string[][]]>([
    [
      "the routes of the template, without parameters and other authorizers",
      deployed(
        ["GET /notes", "AWS_IAM"],
        ["GET /private", "AWS_IAM"],
        ["GET /notes/{id}", "AWS_IAM"],
        ["GET /{proxy+}", "AWS_IAM"],
        ["$default", "AWS_IAM"],
        ["GET /jwt", "JWT"],
        ["GET /health", "NONE"],
        ["GET /public", "NONE"],
      ),
      [
        ["GET /health", "GET /public"],
        ["GET /notes", "GET /private*"],
      ],
    ],
    [
      "unsafe methods for unsigned requests only, and never as open routes",
      deployed(
        ["POST /notes", "AWS_IAM"],
        ["ANY /any", "AWS_IAM"],
        ["HEAD /head", "AWS_IAM"],
        ["POST /webhook", "NONE"],
      ),
      [[], ["!POST /notes", "!ANY /any", "HEAD /head"]],
    ],
    [
      "the guide's two routes in the guide's meaning, despite the template",
      deployed(["GET /private", "NONE"], ["GET /public", "AWS_IAM"]),
      [["GET /public"], ["GET /private*"]],
    ],
    [
      "the guide's /private when the template has no protected route",
      deployed(["GET /x", "NONE"]),
      [["GET /x"], ["GET /private*"]],
    ],
  ])("chooses %s", (_name, routes, expected) => {
    expect(summary(planRoutes({}, routes))).toEqual(expected);
  });

  it("chooses only the named routes, in their order, with labels", () => {
    const routes = [
      named("private", "GET /b"),
      named("public", "GET /health"),
      named("private", "POST /a"),
      named("private", "GET /b", { status: 204 }),
    ];
    const plan = planRoutes({ routes }, deployed(["GET /private", "AWS_IAM"]));
    expect(summary(plan)).toEqual([["GET /health"], ["GET /b*", "POST /a"]]);
    expect(plan.protected.map(({ label }) => label)).toEqual(["GET /b", "POST /a"]);
    expect(plan.protected[0]?.expected).toEqual({ status: 204 });
  });

  it.each<[string, Parameters<typeof planRoutes>[0], string | undefined]>([
    [
      "/private at any position",
      { routes: [named("private", "/a"), named("private", "/private")] },
      "GET /private",
    ],
    ["the first named route", { routes: [named("private", "/a"), named("private", "/b")] }, "GET /a"],
    [
      "the first route without an expected body",
      { routes: [named("private", "/a", { body: "x" }), named("private", "/b")] },
      "GET /b",
    ],
    [
      "the first route with a body",
      { routes: [named("private", "HEAD /a"), named("private", "/b")] },
      "GET /b",
    ],
    [
      "no route when all have an expected body",
      { routes: [named("private", "/a", { body: "x" })] },
      undefined,
    ],
    ["no route when the first has an expected body", { expected: { body: "x" } }, undefined],
    ["/private when only its status is expected", { expected: { status: 201 } }, "GET /private"],
  ])("chooses for identity.match: %s", (_name, wishes, key) => {
    expect(planRoutes(wishes).identity?.key).toBe(key);
  });

  it("chooses no route of a template but /private for identity.match, and gives the reason", () => {
    const plan = planRoutes({}, deployed(["GET /notes", "AWS_IAM"]));
    expect(plan.identity).toBeUndefined();
    expect(plan.missing.identity).toContain("name it with --route");
  });
});
