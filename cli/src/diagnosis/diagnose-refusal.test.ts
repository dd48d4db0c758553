import { describe, expect, it } from "vitest";
import { AuthCliError } from "../errors.ts";
import type { HttpResponse } from "../http.ts";
import { reply, sentHeader } from "../../test/fakes/fake-environment.ts";
import type { Answer } from "../../test/fakes/scripted-services.ts";
import {
  authCli,
  createWorld,
  type Ran,
  reportedError,
  runIn,
  steps,
  type World,
} from "../../test/fakes/world.ts";

const forbidden = (): HttpResponse => reply(403, { message: "Forbidden" }, [["apigw-requestid", "id="]]);
const notFound = (): HttpResponse => reply(404, { message: "Not Found" }, [["apigw-requestid", "id="]]);
const sts =
  (body: string, status = 200): Answer =>
  () =>
    reply(status, body);
const known = sts(
  "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/prod-notes-ExampleStack-Role-A/CognitoIdentityCredentials</Arn>" +
    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
);

/** An answer to HEAD. */
const wordless = (): HttpResponse => reply(403, "", [["apigw-requestid", "id="]]);
const handled = (status: number) => (): HttpResponse =>
  reply(status, { message: "handled" }, [["apigw-requestid", "id="]]);
const fail: Answer = () => {
  throw new AuthCliError("unreachable", { message: "connection refused" });
};
/** Refuses every attempt before this one. */
const until = (attempt: number): Answer => {
  let attempts = 0;
  return () => (++attempts < attempt ? forbidden() : undefined);
};

/** The API refuses every signed request. */
const permissionMissing: Record<string, Answer> = {
  "api.call": forbidden,
  "diagnosis.again": forbidden,
  "diagnosis.unsigned": forbidden,
  "diagnosis.unusedPath": notFound,
  "diagnosis.signedInQuery": forbidden,
  "diagnosis.tokenInQuery": forbidden,
  "diagnosis.caller": known,
};

const simulated = (decision: string): Answer =>
  sts(
    `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member><EvalResourceName>x</EvalResourceName><EvalDecision>${decision}</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
  );
const routes: Answer = () =>
  reply(200, {
    items: [
      { routeKey: "GET /private", authorizationType: "AWS_IAM", target: "integrations/a" },
      { routeKey: "$default", authorizationType: "NONE", target: "integrations/b" },
    ],
  });

const refusing = (answers: Record<string, Answer> = {}, world: World = {}): World => ({
  loggedIn: true,
  answers: { ...permissionMissing, ...answers },
  ...world,
});

const experiments = (ran: Ran): string[] => steps(ran).filter((step) => step.startsWith("diagnosis."));

describe("a refused call", () => {
  it("is explained by one cause, its evidence and one fix", async () => {
    const ran = await authCli(["call", "/private"], refusing());
    expect([ran.code, ran.stdout]).toEqual([22, '{"message":"Forbidden"}']);
    expect(ran.stderr).toBe(`error: api.call: GET /private answered HTTP 403 (request id=)
cause: the policy of the role prod-notes-ExampleStack-Role-A does not allow execute-api:Invoke on arn:aws:execute-api:us-east-1:123456789012:abc123/$default/GET/private, another authorizer refuses the request, or the handler behind GET /private answers in API Gateway's own words
evidence: STS accepts these credentials as arn:aws:sts::123456789012:assumed-role/prod-notes-ExampleStack-Role-A/CognitoIdentityCredentials
evidence: GET /private, signed with these credentials: HTTP 403
evidence: without a signature: HTTP 403
evidence: GET of an unused path: HTTP 404
evidence: signed in the query string, not in headers: HTTP 403
fix: run \`auth-cli doctor --deep\` with the deployer's AWS credentials, which reads the policy; then add \`auth.attachPermissionsForAuthUsers(stack, [api])\` to the stack and run \`npx sst deploy --stage prod\`, or read the handler's log: \`npx sst dev\`, the CloudWatch log group /aws/lambda/prod-notes-… in us-east-1, or the terminal of \`auth-cli local\`
`);
  });

  it.each([
    ["a route with path parameters", /^\/[^/]+\/things\/5$/, "the API has no route GET /things/5, or"],
    ["the stage's own path", /^\/prod\/things\/5$/, "the stage name in the URL is wrong"],
  ])("names the stage's path only where no other name works: %s", async (_what, routePath, words) => {
    const api: Answer = ({ url }) => (routePath.test(url.pathname) ? forbidden() : notFound());
    const ran = await authCli(
      ["call", "/things/5", "--json"],
      refusing({ "api.call": api, "diagnosis.*": api, "diagnosis.again": api, "diagnosis.unsigned": api }),
    );
    expect(reportedError(ran)["cause"]).toContain(words);
  });

  it("is explained in JSON, with its whole body", async () => {
    const long = "x".repeat(100_000);
    const ran = await authCli(
      ["call", "/private", "--json"],
      refusing({ "api.call": () => reply(403, long) }),
    );
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 403, body: long });
    expect(reportedError(ran)).toMatchObject({ code: "http-status", reason: "undetermined" });
  });

  it("causes at most a dozen short requests, all to the deployment's hosts", async () => {
    const world = refusing(
      {},
      { proxies: { "api.example": "proxy:3128" }, variables: { AWS_REGION: "eu-west-1" } },
    );
    const ran = await authCli(
      ["call", "/private?a=1", "-H", "X-A: 1", "--endpoint", "https://api.example"],
      world,
    );
    expect(experiments(ran)).toHaveLength(12);
    expect(new Set(experiments(ran)).size).toBe(12);
    for (const request of ran.environment.requests.filter(({ step }) => step.startsWith("diagnosis."))) {
      expect(request.timeoutMs, request.step).toBeLessThanOrEqual(1500);
      expect(request.url.host, request.step).toMatch(
        /^(api\.example|sts\.us-east-1\.amazonaws\.com|abc123\.execute-api\.us-east-1\.amazonaws\.com)$/,
      );
      expect(request.bypassProxy ?? false).toBe(request.step === "diagnosis.pastProxy");
    }
  });

  describe("with the deployer's AWS credentials", () => {
    const variables = {
      AWS_ACCESS_KEY_ID: "AKIADEPLOYER",
      AWS_SECRET_ACCESS_KEY: "the-deployers-secret",
    };
    it.each([
      ["implicitDeny", "permission-missing"],
      ["allowed", "handler-refused"],
    ])("is explained by IAM's decision %s", async (decision, reason) => {
      const answers = { "apigateway:GET": routes, "iam:SimulatePrincipalPolicy": simulated(decision) };
      const ran = await authCli(["call", "/private", "--json"], refusing(answers, { variables }));
      expect(reportedError(ran)).toMatchObject({ reason });
      const simulation = ran.environment.requests.find(({ step }) => step === "iam:SimulatePrincipalPolicy");
      const form = new URLSearchParams(Buffer.from(simulation?.body ?? []).toString());
      expect(form.get("PolicySourceArn")).toBe(
        "arn:aws:iam::123456789012:role/prod-notes-ExampleStack-Role-A",
      );
      expect(form.get("ResourceArns.member.1")).toBe(
        "arn:aws:execute-api:us-east-1:123456789012:abc123/$default/GET/private",
      );
    });

    it.each([
      ["refuses to list routes", { "apigateway:GET": fail }],
      ["refuses to simulate", { "apigateway:GET": routes, "iam:SimulatePrincipalPolicy": fail }],
    ])("names both candidates when AWS %s", async (_what, answers) => {
      const ran = await authCli(["call", "/private", "--json"], refusing(answers, { variables }));
      expect(reportedError(ran)).toMatchObject({
        reason: "undetermined",
        cause: expect.stringContaining("or the handler behind GET /private") as string,
      });
    });

    it.each(["IAM", "APIGATEWAYV2"])(
      "sends no request to an address of %s that only a project's file names",
      async (service) => {
        const answers = { "apigateway:GET": routes, "iam:SimulatePrincipalPolicy": simulated("allowed") };
        const files = { "/project/.env": `AWS_ENDPOINT_URL_${service}=https://other.example\n` };
        const ran = await authCli(["call", "/private", "--json"], refusing(answers, { variables, files }));
        expect(ran.environment.requests.map(({ url }) => url.host)).not.toContain("other.example");
        expect(reportedError(ran)).toMatchObject({ reason: "undetermined" });
      },
    );

    it("takes no longer than two seconds, although IAM is asked after STS", async () => {
      const world = createWorld(refusing({ "apigateway:GET": routes }, { variables }));
      const { answers } = world.services;
      answers["diagnosis.caller"] = (request) => {
        world.environment.clock.ms += 1500;
        return known(request);
      };
      answers["iam:SimulatePrincipalPolicy"] = fail;
      await runIn(["call", "/private"], world);
      const limits = new Map(
        world.environment.requests.map(({ step, timeoutMs = Infinity }) => [step, timeoutMs]),
      );
      expect(limits.get("apigateway:GET")).toBeLessThanOrEqual(2000);
      expect(limits.get("iam:SimulatePrincipalPolicy")).toBeLessThanOrEqual(500);
    });

    it.each([
      ["/private"],
      ["/private?a=1", "-H", "X-A: 1"],
      ["/private?a=1", "-H", "X-A: 1", "--endpoint", "https://api.example"],
    ])("sends a dozen requests at most: %s", async (...args) => {
      const answers = { "apigateway:GET": routes, "iam:SimulatePrincipalPolicy": simulated("allowed") };
      const proxies = { "api.example": "proxy:3128" };
      const world = refusing(answers, { proxies, variables: { ...variables, AWS_REGION: "eu-west-1" } });
      const ran = await authCli(["call", ...args], world);
      const sent = steps(ran).slice(steps(ran).indexOf("api.call") + 1);
      expect(sent.length).toBeLessThanOrEqual(12);
      expect(sent.length).toBeGreaterThan(6);
    });
  });

  it("is diagnosed by requests that run at the same time", async () => {
    const waiting: (() => void)[] = [];
    const together =
      (answer: Answer): Answer =>
      async (request) => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          // The first answer comes after the last request.
          if (waiting.length === 6) for (const proceed of waiting) proceed();
        });
        return answer(request);
      };
    const entries = Object.entries(permissionMissing).filter(([step]) => step !== "api.call");
    expect(entries).toHaveLength(6);
    const answers = Object.fromEntries(entries.map(([step, answer]) => [step, together(answer)]));
    const ran = await authCli(["call", "/private"], refusing(answers));
    expect(ran.stderr).toContain("does not allow execute-api:Invoke");
  });

  it.each(["POST", "PUT", "DELETE", "PATCH"])("is not sent signed again with %s", async (method) => {
    const ran = await authCli(["call", method, "/private", "-d", "x"], refusing());
    expect(experiments(ran).toSorted()).toEqual(["diagnosis.caller", "diagnosis.unusedPath"]);
    for (const request of ran.environment.requests) {
      if (request.step !== "diagnosis.unusedPath") continue;
      expect(sentHeader(request, "authorization")).toBeUndefined();
      expect(sentHeader(request, "x-amz-security-token")).toBeUndefined();
      expect(request.body).toBeUndefined();
    }
    expect(ran.stderr).toContain(`${method}/private`);
  });

  it.each([404, 500])("is not repeated with POST after HTTP %i", async (status) => {
    const ran = await authCli(["call", "POST", "/x"], refusing({ "api.call": handled(status) }));
    const sent = ran.environment.requests.filter(({ step }) => step.startsWith("diagnosis."));
    expect(sent.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  it("is explained after HEAD, without a body", async () => {
    const ran = await authCli(
      ["call", "-I", "/private"],
      refusing({
        "api.call": wordless,
        "diagnosis.again": wordless,
        "diagnosis.unsigned": wordless,
        "diagnosis.signedInQuery": wordless,
        "diagnosis.tokenInQuery": wordless,
      }),
    );
    expect(ran.stderr).toContain("/HEAD/private");
  });

  it("stays HTTP 403 when no experiment gets an answer", async () => {
    const answers = Object.fromEntries(Object.keys(permissionMissing).map((step) => [step, fail]));
    const ran = await authCli(
      ["call", "/private", "--json"],
      refusing({ ...answers, "api.call": forbidden }),
    );
    expect(ran.code).toBe(22);
    expect(reportedError(ran)).toMatchObject({
      reason: "undetermined",
      evidence: expect.arrayContaining(["cannot ask STS (connection refused)"]),
    });
  });

  it("is not explained after Ctrl-C", async () => {
    const world = createWorld(
      refusing({
        "diagnosis.unsigned": () => {
          throw new AuthCliError("interrupted", { message: "interrupted" });
        },
      }),
    );
    const ran = await runIn(["call", "/private"], world);
    expect([ran.code, ran.stderr]).toEqual([130, ""]);
  });

  it.each([["--no-diagnosis"], ["--no-fail"], ["--unsigned"]])("is not diagnosed with %s", async (flag) => {
    const ran = await authCli(["call", "/private", flag], refusing());
    expect(experiments(ran)).toEqual([]);
  });

  it("is not diagnosed when a handler rejects its input", async () => {
    const ran = await authCli(["call", "/private", "--json"], refusing({ "api.call": handled(400) }));
    expect(experiments(ran)).toEqual([]);
    expect(reportedError(ran)).not.toHaveProperty("reason");
  });
});

describe("just after a deploy", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const deployed = (secondsAgo: number): Record<string, number> => ({
    "/project/.sst/outputs.json": now - secondsAgo * 1000,
  });

  it("sends a correctly signed request again until the permission is in force", async () => {
    const ran = await authCli(
      ["call", "/private"],
      refusing({ "api.call": until(3) }, { modified: deployed(30) }),
    );
    expect([ran.code, ran.stdout]).toEqual([0, `Hello ${ran.services.identityId}!`]);
    expect(ran.environment.sleeps).toEqual([1000, 2000]);
    expect(ran.stderr).toMatch(/^\* HTTP 403, just after a deploy: .*; trying again in 1 s$/m);
    expect(ran.stderr).not.toContain("error:");
  });

  it("sends a request again that was accepted a moment later, whatever the age of the deploy", async () => {
    const ran = await authCli(
      ["call", "/private"],
      refusing({ "api.call": until(2), "diagnosis.again": () => undefined }),
    );
    expect([ran.code, ran.environment.sleeps]).toEqual([0, [1000]]);
    expect(ran.stderr).toContain("accepted a moment later");
  });

  it.each<[string, string[], World]>([
    ["for more than ten seconds", ["/private"], refusing({}, { modified: deployed(30) })],
    ["after another status", ["/private"], refusing({ "api.call": changing() }, { modified: deployed(30) })],
  ])("does not send it again %s", async (_what, args, world) => {
    const ran = await authCli(["call", ...args], world);
    expect(ran.code).toBe(22);
    expect(ran.environment.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(10_000);
  });

  function changing(): Answer {
    let attempts = 0;
    return () => (++attempts < 2 ? forbidden() : notFound());
  }

  it.each<[string, string[], World]>([
    ["a method with effects", ["POST", "/private"], refusing({}, { modified: deployed(30) })],
    ["a stage deployed long ago", ["/private"], refusing({}, { modified: deployed(300) })],
    [
      "a signature mismatch",
      ["/private"],
      refusing(
        {
          "diagnosis.caller": sts(
            "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error></ErrorResponse>",
            403,
          ),
        },
        { modified: deployed(30) },
      ),
    ],
    ["a missing route", ["/x"], refusing({ "api.call": notFound }, { modified: deployed(30) })],
  ])("does not send again: %s", async (_what, args, world) => {
    const ran = await authCli(["call", ...args], world);
    expect([ran.code, ran.environment.sleeps]).toEqual([22, []]);
  });
});
