import { describe, expect, it } from "vitest";
import type { RoutePlan } from "./checked-route.ts";
import type { DeployedRoute } from "./deployed-routes.ts";
import { type NamedRoute, parseRoute } from "./named-route.ts";
import { planRoutes } from "./choose-routes.ts";

const named = (access: NamedRoute["access"], text: string, expected = {}): NamedRoute => ({
  ...parseRoute("--route", access, text),
  expected,
});

const deployed = (...routes: [key: string, authorization: string][]): DeployedRoute[] =>
  routes.map(([key, authorization]) => ({ key, authorization }));

/** `!` marks what is only asked without a signature, `*` what has to greet. */
const summary = ({ open, protected: guarded, identity }: RoutePlan): string[][] => [
  open.map(({ key }) => key),
  guarded.map((route) => `${route.signed ? "" : "!"}${route.key}${route === identity ? "*" : ""}`),
];

describe("which routes are checked", () => {
  it("the guide's, when nothing else is known; the report need not name them", () => {
    const plan = planRoutes({});
    expect(summary(plan)).toEqual([["GET /public"], ["GET /private*"]]);
    expect([...plan.open, ...plan.protected].map(({ label }) => label)).toEqual([undefined, undefined]);
  });

  it.each<[string, DeployedRoute[], string[][]]>([
    [
      "those of the template, without those that have parameters or other authorizers",
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
      "those that may change something without a signature only, and not at all when they are open",
      deployed(
        ["POST /notes", "AWS_IAM"],
        ["ANY /any", "AWS_IAM"],
        ["HEAD /head", "AWS_IAM"],
        ["POST /webhook", "NONE"],
      ),
      [[], ["!POST /notes", "!ANY /any", "HEAD /head"]],
    ],
    [
      "the guide's two as the guide means them, whatever the template says",
      deployed(["GET /private", "NONE"], ["GET /public", "AWS_IAM"]),
      [["GET /public"], ["GET /private*"]],
    ],
    [
      "the guide's /private when no route needs a signature",
      deployed(["GET /x", "NONE"]),
      [["GET /x"], ["GET /private*"]],
    ],
  ])("%s", (_name, routes, expected) => {
    expect(summary(planRoutes({}, routes))).toEqual(expected);
  });

  it("the named ones alone, in their order, and the report names them", () => {
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
      "/private, wherever it stands",
      { routes: [named("private", "/a"), named("private", "/private")] },
      "GET /private",
    ],
    ["the first named one", { routes: [named("private", "/a"), named("private", "/b")] }, "GET /a"],
    [
      "the first whose answer nobody has said",
      { routes: [named("private", "/a", { body: "x" }), named("private", "/b")] },
      "GET /b",
    ],
    ["the first with a body", { routes: [named("private", "HEAD /a"), named("private", "/b")] }, "GET /b"],
    ["none, when every answer is said", { routes: [named("private", "/a", { body: "x" })] }, undefined],
    ["none, when the first one's answer is said", { expected: { body: "x" } }, undefined],
    ["/private, when only its status is said", { expected: { status: 201 } }, "GET /private"],
  ])("has to greet the identity: %s", (_name, wishes, key) => {
    expect(planRoutes(wishes).identity?.key).toBe(key);
  });

  it("of a template no other than /private has to greet, and that is said", () => {
    const plan = planRoutes({}, deployed(["GET /notes", "AWS_IAM"]));
    expect(plan.identity).toBeUndefined();
    expect(plan.missing.identity).toContain("name it with --route");
  });
});
