import { describe, expect, it } from "vitest";
import { reply, sentHeader } from "../../../../test/fakes/fake-environment.ts";
import {
  deployed,
  deployer,
  handled,
  meeting,
  smokeIn,
  smokeWith,
} from "../../../../test/fakes/smoke-world.ts";
import { authCli, createWorld, reportedError, type World } from "../../../../test/fakes/world.ts";

describe("--route and --public", () => {
  it("check only the named routes, and label each result", async () => {
    const ran = await smokeWith([
      "--route",
      "GET /private",
      "--route",
      "GET /notes",
      "--public",
      "GET /public",
    ]);
    expect([ran.code, ran.failed, ran.skipped]).toEqual([0, [], []]);
    expect(
      ran.report.checks.map(({ name, route }) => (route === undefined ? name : `${name} ${route}`)),
    ).toEqual([
      "outputs",
      "twitter.token",
      "cognito.get-id",
      "cognito.get-credentials",
      "public.open GET /public",
      ...["private.unsigned", "private.tampered", "private.no-session-token"].flatMap((name) => [
        `${name} GET /private`,
        `${name} GET /notes`,
      ]),
      ...["private.expired-signature", "private.wrong-region"].flatMap((name) => [
        `${name} GET /private`,
        `${name} GET /notes`,
      ]),
      "cognito.guest",
      "private.signed GET /private",
      "private.signed GET /notes",
      "identity.match GET /private",
    ]);
    expect(ran.environment.requests.some(({ step }) => step.startsWith("cloudformation"))).toBe(false);
  });

  it("keep the method and the query", async () => {
    const ran = await smokeWith(["--route", "POST /notes?draft=1"]);
    expect([ran.code, ran.failed]).toEqual([0, []]);
    const sent = ran.environment.requests.filter(({ step }) => step.startsWith("private."));
    expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(["POST"]));
    for (const { step, url } of sent) {
      expect(url.pathname + url.search).toBe(
        step === "private.tampered" ? "/notes?draft=1&tampered=1" : "/notes?draft=1",
      );
    }
  });

  it("skip the checks of the other kind with a reason", async () => {
    const ran = await smokeWith(["--public", "GET /public"]);
    expect(ran.code).toBe(0);
    expect(ran.skipped).toEqual([
      "private.unsigned",
      "private.tampered",
      "private.no-session-token",
      "private.expired-signature",
      "private.wrong-region",
      "private.signed",
      "identity.match",
    ]);
    expect(ran.check("private.signed").error?.message).toBe(
      "no protected route is named; add --route 'GET /path'",
    );
    expect((await smokeWith(["--route", "/private"])).check("public.open").error?.message).toContain(
      "--public",
    );
  });

  it("fail independently", async () => {
    const ran = await smokeWith(["--route", "GET /private", "--route", "GET /notes"], {
      answers: {
        "private.unsigned": ({ url }) =>
          url.pathname === "/notes" ? reply(200, "Hello!", [["apigw-requestid", "id="]]) : undefined,
      },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["private.unsigned GET /notes"]]);
    expect(ran.check("private.unsigned", "GET /notes").error).toMatchObject({
      reason: "route-open",
      message: "GET /notes without a signature answered HTTP 200, not 403",
    });
  });
});

describe("contradicting route flags", () => {
  it.each([
    [["--route", "GET /a", "--public", "/a"], "GET /a is in both --route and --public"],
    [["--expect-body", "x", "--public", "/a"], "before any route, but no --route is named"],
  ])("are rejected before the first request: %j", async (args, message) => {
    const ran = await authCli(["smoke", "--json", ...args], { loggedIn: true });
    expect([ran.code, ran.stdout, ran.environment.requests]).toEqual([2, "", []]);
    expect(reportedError(ran)).toMatchObject({ code: "invalid-usage" });
    expect(reportedError(ran).message).toContain(message);
  });
});

describe("the response of a route", () => {
  const answers: World["answers"] = {
    "private.signed": ({ url }) => (url.pathname === "/notes" ? handled(204) : undefined),
    "public.open": ({ url }) => (url.pathname === "/moved" ? handled(301) : handled(200, "all is well")),
  };

  it.each<[string[], string[]]>([
    [["--route", "/private"], []],
    [["--route", "/notes", "--expect-status", "204"], []],
    [["--route", "/notes", "--expect-status", "200"], ["private.signed GET /notes"]],
    [["--route", "/private", "--expect-status", "204"], ["private.signed GET /private"]],
    [["--route", "/private", "--expect-body", "Hello us-east-1:"], []],
    [["--route", "/private", "--expect-body", "Bye"], ["private.signed GET /private"]],
    [["--expect-body", "Bye", "--route", "/private"], ["private.signed GET /private"]],
    [["--expect-status", "201"], ["private.signed"]],
    [["--public", "/health", "--expect-body", "well", "--route", "/private"], []],
    [["--public", "/health", "--expect-body", "ill", "--route", "/private"], ["public.open GET /health"]],
    [["--public", "/moved"], ["public.open GET /moved"]],
    [["--public", "/moved", "--expect-status", "301"], []],
  ])("%j fails %j", async (args, failed) => {
    const ran = await smokeWith(args, { answers });
    expect([ran.failed, ran.code]).toEqual([failed, failed.length === 0 ? 0 : 1]);
  });

  it("is reported with the expected one", async () => {
    const ran = await smokeWith(["--expect-body", "Bye"]);
    const { message, fix } = ran.check("private.signed").error ?? {};
    expect(message).toContain(
      `GET /private signed as the identity answered "Hello ${ran.services.identityId}!"`,
    );
    expect(message).toContain('does not contain "Bye"');
    expect(fix).toContain("--expect-body");
    expect(ran.check("identity.match").error?.message).toBe(
      "not applicable: --expect-body describes the response of the route",
    );
  });

  it("is not compared with the identity when --expect-body describes it", async () => {
    const ran = await smokeWith(["--route", "/notes", "--expect-body", "[]"], {
      answers: { "private.signed": () => reply(200, "[]") },
    });
    expect([ran.code, ran.failed, ran.check("identity.match").status]).toEqual([0, [], "skipped"]);
  });
});

describe("routes of the deployed template", () => {
  it("are all checked as the template declares them", async () => {
    const ran = await smokeWith([], {
      variables: deployer,
      answers: {
        ...deployed({
          "GET /private": "AWS_IAM",
          "GET /notes": "AWS_IAM",
          "DELETE /notes": "AWS_IAM",
          "GET /notes/{id}": "AWS_IAM",
          "GET /public": "NONE",
          "GET /health": "NONE",
        }),
        "public.open": () => handled(200, "ok"),
        // The handler rejects the request, which no expectation forbids.
        "private.signed": ({ url }) => (url.pathname === "/notes" ? handled(400, "no query") : undefined),
      },
    });
    expect([ran.code, ran.failed, ran.skipped, ran.stderr]).toEqual([0, [], [], ""]);
    const routes = (name: string): (string | undefined)[] =>
      ran.report.checks.filter((check) => check.name === name).map(({ route }) => route);
    expect(routes("private.unsigned")).toEqual(["GET /private", "GET /notes", "DELETE /notes"]);
    expect(routes("private.signed")).toEqual(["GET /private", "GET /notes"]);
    expect(routes("public.open")).toEqual(["GET /public", "GET /health"]);
    expect(routes("identity.match")).toEqual(["GET /private"]);
    const deletions = ran.environment.requests.filter(({ method }) => method === "DELETE");
    expect(deletions.map((request) => sentHeader(request, "authorization"))).toEqual([undefined]);
  });

  it.each([401, 403, 404, 429, 500, 502])(
    "fail when they answer a signed request with HTTP %i",
    async (status) => {
      const ran = await smokeWith([], {
        variables: deployer,
        answers: {
          ...deployed({ "GET /private": "AWS_IAM", "GET /notes": "AWS_IAM" }),
          "private.signed": ({ url }) => (url.pathname === "/notes" ? reply(status) : undefined),
        },
      });
      expect([ran.code, ran.failed]).toEqual([1, ["private.signed GET /notes"]]);
    },
  );

  it("are read during the token exchange, from the stacks of the outputs file", async () => {
    const world = createWorld({
      loggedIn: true,
      variables: deployer,
      answers: deployed({ "GET /private": "AWS_IAM", "GET /public": "NONE" }),
    });
    const { answers } = world.services;
    const template = answers["cloudformation.get-template"];
    // Both requests must be open at once.
    const meet = meeting(2);
    answers["cloudformation.get-template"] = async (request) => {
      await meet();
      return template?.(request);
    };
    answers["cognito.get-credentials"] = async () => {
      await meet();
      return undefined;
    };
    const ran = await smokeIn(world);
    expect([ran.code, ran.failed]).toEqual([0, []]);
    const steps = ran.environment.requests.map(({ step }) => step);
    expect(steps.filter((step) => step.startsWith("cloudformation"))).toEqual([
      "cloudformation.get-template",
    ]);
    const asked = ran.environment.requests.find(({ step }) => step === "cloudformation.get-template");
    expect(String(asked?.body)).toContain("StackName=prod-notes-ExampleStack");
  });

  it("are read from CloudFormation for a stage that is not in the outputs file", async () => {
    const world = createWorld({
      loggedIn: true,
      variables: deployer,
      answers: deployed({ "GET /private": "AWS_IAM", "GET /extra": "AWS_IAM" }),
      files: { "/project/.sst/outputs.json": "" },
    });
    world.services.answers["cloudformation.describe-stacks"] = () =>
      reply(
        200,
        ["prod-notes-ExampleStack", "dev-notes-ExampleStack"]
          .map((name) => `<member><StackName>${name}</StackName></member>`)
          .join("")
          .replace(
            /^.*$/s,
            (stacks) =>
              `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stacks}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
          ),
      );
    const ran = await smokeIn(world, ["--stage", "prod"]);
    expect(ran.code).toBe(0);
    expect(ran.passed).toContain("private.signed GET /extra");
    const asked = ran.environment.requests.filter(({ step }) => step === "cloudformation.get-template");
    expect(asked.map(({ body }) => /StackName=([^&]*)/.exec(String(body))?.[1])).toEqual([
      "prod-notes-ExampleStack",
    ]);
  });

  it("treat an open /private as a fault", async () => {
    const ran = await smokeWith([], {
      variables: deployer,
      answers: {
        ...deployed({ "GET /private": "NONE", "GET /public": "NONE" }),
        "private.unsigned": () => reply(200, "Hello!"),
      },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["private.unsigned"]]);
  });

  it("fail when they redirect", async () => {
    const ran = await smokeWith([], {
      variables: deployer,
      answers: {
        ...deployed({ "GET /private": "AWS_IAM", "GET /notes": "AWS_IAM" }),
        "private.signed": ({ url }) => (url.pathname === "/notes" ? handled(302) : undefined),
      },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["private.signed GET /notes"]]);
  });

  it("fall back to the guide's routes with a note when CloudFormation refuses", async () => {
    const refusal =
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    const ran = await smokeWith([], {
      variables: deployer,
      answers: { "cloudformation.get-template": () => reply(403, refusal) },
    });
    expect([ran.code, ran.failed]).toEqual([0, []]);
    expect(ran.stderr).toMatch(/^note: cannot read the deployed template.*AccessDenied/);
  });

  it.each<[string, string[], World]>([
    ["without the deployer's credentials", [], {}],
    ["with an SSO profile", [], { variables: { AWS_PROFILE: "sso" } }],
    [
      "for an API named with --endpoint",
      ["--endpoint", "https://abc123.execute-api.us-east-1.amazonaws.com"],
      { variables: deployer },
    ],
  ])("are not read %s", async (_name, args, world) => {
    const ran = await smokeWith(args, world);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.environment.requests.some(({ step }) => step.startsWith("cloudformation"))).toBe(false);
  });

  it("fall back to the guide's routes with a note when --profile has no credentials", async () => {
    const ran = await smokeWith(["--profile", "sso"]);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain("note: cannot read the deployed template");
    expect(ran.stderr).toContain("there is no AWS profile sso");
  });
});
