import { describe, expect, it } from "vitest";
import { templateOf } from "../../../../test/fakes/smoke-world.ts";
import { type NamedRoute, parseRoute } from "./named-route.ts";
import { planRoutes, type RoutePlan } from "./plan-routes.ts";

const named = (access: NamedRoute["access"], text: string, expected = {}): NamedRoute => ({
  ...parseRoute("--route", access, text),
  expected,
});

/** The template of an API with these routes. */
const deployed = (...routes: [key: string, authorization: string][]): string[] => [
  templateOf(Object.fromEntries(routes)),
];

/** `!` marks routes with unsigned requests only, `*` the first route of identity.match. */
const summary = ({ open, protected: guarded, greeting: [identity] }: RoutePlan): string[][] => [
  open.map(({ key }) => key),
  guarded.map((route) => `${route.signed ? "" : "!"}${route.key}${route === identity ? "*" : ""}`),
];

const presumed = (plan: RoutePlan): unknown[] =>
  [...plan.open, ...plan.protected].map(({ isPresumed }) => isPresumed);

describe("planRoutes", () => {
  it("chooses the guide's routes by default, without labels", () => {
    const plan = planRoutes({});
    expect(summary(plan)).toEqual([["GET /public"], ["GET /private*"]]);
    expect([...plan.open, ...plan.protected].map(({ label }) => label)).toEqual([undefined, undefined]);
  });

  it.each<[string, string[], string[][]]>([
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
    ["no protected route when the template has none", deployed(["GET /x", "NONE"]), [["GET /x"], []]],
  ])("chooses %s", (_name, routes, expected) => {
    expect(summary(planRoutes({}, {}, routes))).toEqual(expected);
  });

  it("chooses only the named routes, in their order, with labels", () => {
    const routes = [
      named("private", "GET /b"),
      named("public", "GET /health"),
      named("private", "POST /a"),
      named("private", "GET /b", { status: 204 }),
    ];
    const plan = planRoutes({ routes }, {}, deployed(["GET /private", "AWS_IAM"]));
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
    expect(planRoutes(wishes).greeting[0]?.key).toBe(key);
  });

  it("presumes the guide's routes only where nothing names routes", () => {
    expect(presumed(planRoutes({}))).toEqual([true, true]);
    const template = deployed(["GET /private", "AWS_IAM"], ["GET /public", "NONE"]);
    expect(presumed(planRoutes({}, {}, template))).toEqual([undefined, undefined]);
    expect(presumed(planRoutes({ routes: [named("private", "GET /private")] }))).toEqual([undefined]);
  });

  it("prefers the routes of auth-cli.json to the template's, with its expectations", () => {
    const settings = {
      routes: ["GET /notes", "POST /notes"],
      publicRoutes: ["GET /health"],
      expectations: { "GET /notes": { status: 200, body: "[]" } },
    };
    const plan = planRoutes({}, settings, deployed(["GET /private", "AWS_IAM"]));
    expect(summary(plan)).toEqual([["GET /health"], ["GET /notes", "POST /notes*"]]);
    expect(plan.protected[0]?.expected).toEqual({ status: 200, body: "[]" });
    const flag = planRoutes({ routes: [named("private", "/other")] }, settings);
    expect(summary(flag)).toEqual([[], ["GET /other*"]]);
    expect(() => planRoutes({}, { routes: ["notes"] })).toThrow('invalid auth-cli.json "notes"');
  });
});
