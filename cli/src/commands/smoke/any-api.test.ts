import { describe, expect, it } from "vitest";
import { reply } from "../../../test/fakes/fake-environment.ts";
import type { Answer } from "../../../test/fakes/scripted-services.ts";
import {
  deployed,
  deployer,
  handled,
  routeMissing,
  smokeIn,
  smokeWith,
  templateOf,
} from "../../../test/fakes/smoke-world.ts";
import { createWorld } from "../../../test/fakes/world.ts";

/** An API that has only `GET /notes`, whose handler returns notes. */
const notesOnly: Answer = (request) => {
  if (request.url.pathname !== "/notes") return routeMissing(request);
  return request.step === "private.signed" ? handled(200, { notes: [] }) : undefined;
};
const answers: Record<string, Answer> = {
  "private.*": notesOnly,
  "public.*": notesOnly,
  "diagnosis.*": notesOnly,
};
const synthesised = (stackName: string, templateFile: string): object => ({
  properties: { stackName, templateFile },
});
const manifest = (artifacts: object): string => JSON.stringify({ artifacts });
const controls = [
  "private.tampered",
  "private.no-session-token",
  "private.expired-signature",
  "private.wrong-region",
];

describe("an API without the guide's routes", () => {
  it("fails once, and asks for its routes", async () => {
    const ran = await smokeWith([], { answers });
    expect([ran.code, ran.failed]).toEqual([1, ["private.signed"]]);
    expect(ran.skipped).toEqual(["public.open", "private.unsigned", ...controls, "identity.match"]);
    expect(ran.check("private.signed").error).toMatchObject({
      code: "missing-configuration",
      message: "the API has no route GET /private, and nothing names the routes that it has",
      fix: "name your routes: `auth-cli smoke --route 'GET /notes'`",
    });
    expect(ran.check("private.tampered").error?.message).toBe("the API has no route GET /private");
    expect(ran.environment.requests.some(({ step }) => step.startsWith("diagnosis."))).toBe(false);
  });

  it("asks for its routes when only the signed request is sent", async () => {
    const ran = await smokeWith(["--only", "private.signed"], { answers });
    expect(ran.failed).toEqual(["private.signed"]);
    expect(ran.check("private.signed").error?.fix).toContain("auth-cli smoke --route 'GET /notes'");
  });

  it.each<[string, string[], Parameters<typeof smokeWith>[1]]>([
    ["named by --route", ["--route", "GET /notes"], { answers }],
    [
      "of the deployed template",
      [],
      { variables: deployer, answers: { ...answers, ...deployed({ "GET /notes": "AWS_IAM" }) } },
    ],
    [
      "of the template that SST synthesised last",
      [],
      {
        answers,
        files: {
          "/project/.sst/dist/prod-notes-ExampleStack.template.json": templateOf({ "GET /notes": "AWS_IAM" }),
          "/project/.sst/dist/dev-notes-ExampleStack.template.json": templateOf({ "GET /dev": "AWS_IAM" }),
        },
      },
    ],
  ])("passes with its route %s, and compares no identity", async (_what, args, world) => {
    const ran = await smokeWith(args, world);
    expect([ran.code, ran.failed]).toEqual([0, []]);
    const signed = ran.report.checks.find(({ name }) => name === "private.signed");
    expect(signed).toMatchObject({ status: "passed", httpStatus: 200 });
    const match = ran.report.checks.find(({ name }) => name === "identity.match");
    expect(match).toMatchObject({
      status: "skipped",
      error: { message: "not applicable: GET /notes does not return the caller's identity" },
    });
  });

  it.each<[string, (pool: string) => string[], Record<string, string>]>([
    ["of the stack", () => ["--stage", "notes-prod"], {}],
    [
      "behind a custom domain",
      (pool) => ["--identity-pool-id", pool],
      { AUTH_CLI_ENDPOINT: "https://api.example.com" },
    ],
  ])("passes in a CDK app of several stacks with the routes %s", async (_what, args, variables) => {
    const domain = {
      Domain: { Type: "AWS::ApiGatewayV2::DomainName", Properties: { DomainName: "api.example.com" } },
      Mapping: {
        Type: "AWS::ApiGatewayV2::ApiMapping",
        Properties: { ApiId: { Ref: "Api" }, DomainName: { Ref: "Domain" } },
      },
    };
    const world = createWorld({
      answers,
      variables,
      loggedIn: true,
      workingDirectory: "/cdk",
      files: {
        "/cdk/cdk.json": "{}",
        "/cdk/cdk.out/manifest.json": manifest({
          Dev: synthesised("notes-dev", "Dev.template.json"),
          Prod: { properties: { directoryName: "assembly-Prod" } },
        }),
        "/cdk/cdk.out/Dev.template.json": templateOf({ "GET /dev": "AWS_IAM" }),
        "/cdk/cdk.out/assembly-Prod/manifest.json": manifest({
          Prod: synthesised("notes-prod", "Prod.template.json"),
        }),
        "/cdk/cdk.out/assembly-Prod/Prod.template.json": templateOf({ "GET /notes": "AWS_IAM" }, domain),
      },
    });
    const { apiEndpoint: Url, identityPoolId: Pool } = world.services;
    world.environment.addFile(
      "/cdk/cdk-outputs.json",
      JSON.stringify({ "notes-prod": { Url, Pool }, "notes-dev": { Url, Pool } }),
    );
    const ran = await smokeIn(world, args(Pool));
    expect([ran.code, ran.failed]).toEqual([0, []]);
    expect(ran.check("private.signed")).toMatchObject({ status: "passed", httpStatus: 200 });
  });

  it("compares the identity on the route that returns it", async () => {
    const routes = { "GET /notes": "AWS_IAM", "GET /me": "AWS_IAM" };
    const ran = await smokeWith([], {
      variables: deployer,
      answers: {
        ...deployed(routes),
        "private.signed": ({ url }) => (url.pathname === "/notes" ? handled(200, "[]") : undefined),
      },
    });
    expect([ran.code, ran.passed.filter((name) => name.startsWith("identity"))]).toEqual([
      0,
      ["identity.match GET /me"],
    ]);
  });

  it("fails when no route requires a signature", async () => {
    const ran = await smokeWith([], {
      variables: deployer,
      answers: { ...deployed({ "GET /health": "NONE" }), "public.open": () => handled(200, "ok") },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["private.signed"]]);
    expect(ran.check("private.signed").error?.message).toContain(
      "no route of the deployed API requires a signature",
    );
  });
});

describe("a pool that means to have guests", () => {
  it("is not asked for one with --allow-guests", async () => {
    const guest = { answers: { "cognito.guest": () => reply(200, { IdentityId: "us-east-1:0" }) } };
    expect((await smokeWith([], guest)).failed).toEqual(["cognito.guest"]);
    const ran = await smokeWith(["--allow-guests"], guest);
    expect([ran.code, ran.failed, ran.skipped]).toEqual([0, [], ["cognito.guest"]]);
    expect(ran.check("cognito.guest").error?.message).toContain("not applicable");
  });
});
