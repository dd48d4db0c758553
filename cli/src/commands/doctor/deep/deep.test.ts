import { describe, expect, it } from "vitest";
import type { FindingStatus } from "../finding.ts";
import {
  createDoctorWorld,
  type Examined,
  examineIn,
  goodStack,
} from "../../../../test/fakes/doctor-world.ts";
import { reply } from "../../../../test/fakes/fake-environment.ts";
import { deployed, liveFunction } from "../../../../test/fakes/smoke-world.ts";
import type { Answer } from "../../../../test/fakes/scripted-services.ts";
import type { World } from "../../../../test/fakes/world.ts";
import { readVerdict } from "./policy.ts";
import { judgeTrust } from "./trust-policy.ts";

const account = "123456789012";
const roleArn = `arn:aws:iam::${account}:role/notes/users`;
const service = "cognito-identity.amazonaws.com";
const poolId = "us-east-1:00000000-0000-4000-8000-000000000000";
const stackFile = "/project/stacks/ExampleStack.ts";
const templateFile = "/project/.sst/dist/prod-notes-ExampleStack.template.json";
const template = { Resources: { Api: { Type: "AWS::ApiGatewayV2::Api" } }, Outputs: { A: { Value: "<&>" } } };
const routeArn = `arn:aws:execute-api:us-east-1:${account}:abc123/$default/GET/private`;

const trustOf = (
  conditions: object,
  principal: object = { Federated: service },
): Record<string, unknown> => ({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: principal, Action: "sts:AssumeRoleWithWebIdentity", Condition: conditions },
  ],
});
const goodTrust = (pool: string): Record<string, unknown> =>
  trustOf({
    StringEquals: { [`${service}:aud`]: pool },
    "ForAnyValue:StringLike": { [`${service}:amr`]: "authenticated" },
  });

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
const xml =
  (operation: string, result: string): Answer =>
  () =>
    reply(
      200,
      `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`,
    );
const refused =
  (status: number, code: string, message = "no"): Answer =>
  () =>
    reply(
      status,
      `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );
const denied = refused(403, "AccessDenied", "not authorized");
const encoded = (document: object): string => encodeURIComponent(JSON.stringify(document));
const simulation = (decision: string, missing = ""): Answer =>
  xml(
    "SimulatePrincipalPolicy",
    `<IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>execute-api:Invoke</EvalActionName>
     <EvalResourceName>${routeArn}</EvalResourceName><EvalDecision>${decision}</EvalDecision>
     <MissingContextValues>${missing}</MissingContextValues></member></EvaluationResults>`,
  );
const routes =
  (...items: object[]): Answer =>
  () =>
    reply(200, { items });
const secured = { routeKey: "GET /private", authorizationType: "AWS_IAM", target: "integrations/1" };
const open = { routeKey: "GET /public", authorizationType: "NONE", target: "integrations/2" };

/** Runs `doctor --deep` on a working deployment, changed by `world`. */
async function examineDeep(
  world: World & { pool?: object; providers?: Record<string, string> } = {},
  args: readonly string[] = [],
): Promise<Examined> {
  const created = createDoctorWorld({
    ...world,
    variables: {
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "deployers-secret",
      ...world.variables,
    },
    files: {
      [stackFile]: `${goodStack} routes: { "GET /private": "a.handler", "GET /public": { function: "b.handler", authorizer: "none" } }`,
      [templateFile]: JSON.stringify(template),
      ...world.files,
    },
    answers: {
      "sts:GetCallerIdentity": xml(
        "GetCallerIdentity",
        `<Arn>arn:aws:iam::${account}:user/me</Arn><Account>${account}</Account>`,
      ),
      "cognito-identity:GetIdentityPoolRoles": () => reply(200, { Roles: { authenticated: roleArn } }),
      "iam:SimulatePrincipalPolicy": simulation("allowed"),
      "apigateway:GET": routes(secured, open),
      "cloudformation:GetTemplate": xml(
        "GetTemplate",
        `<TemplateBody>${escaped(JSON.stringify(template))}</TemplateBody>`,
      ),
      ...world.answers,
    },
  });
  const { services } = created;
  const { key, secret } = services.clientCredentials;
  services.answers["cognito-identity:DescribeIdentityPool"] ??= () =>
    reply(200, {
      IdentityPoolId: services.identityPoolId,
      AllowUnauthenticatedIdentities: false,
      SupportedLoginProviders: world.providers ?? { "api.twitter.com": `${key};${secret}` },
      ...world.pool,
    });
  services.answers["iam:GetRole"] ??= xml(
    "GetRole",
    `<Role><AssumeRolePolicyDocument>${encoded(goodTrust(services.identityPoolId))}</AssumeRolePolicyDocument></Role>`,
  );
  return examineIn(created, ["--deep", ...args]);
}

describe("doctor --deep", () => {
  it("finds no fault in a working deployment", async () => {
    const { code, report } = await examineDeep();
    expect(report.findings.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(code).toBe(0);
  });

  it("signs each call for its service with the deployer's credentials", async () => {
    const { environment } = await examineDeep();
    const scopes = environment.requests
      .filter(({ step }) => /^[a-z-]+:/.test(step))
      .map(({ step, headers }) => {
        const authorization = headers.find(([name]) => name === "Authorization")?.[1] ?? "";
        return [step, /Credential=AKIAEXAMPLE\/\d+\/([^/]+\/[^/]+)\//.exec(authorization)?.[1]];
      });
    expect(Object.fromEntries(scopes)).toEqual({
      "sts:GetCallerIdentity": "us-east-1/sts",
      "cognito-identity:DescribeIdentityPool": "us-east-1/cognito-identity",
      "cognito-identity:GetIdentityPoolRoles": "us-east-1/cognito-identity",
      "apigateway:GET": "us-east-1/apigateway",
      "cloudformation:GetTemplate": "us-east-1/cloudformation",
      "iam:GetRole": "us-east-1/iam",
      "iam:SimulatePrincipalPolicy": "us-east-1/iam",
    });
  });

  type Case = [
    what: string,
    world: Parameters<typeof examineDeep>[0],
    name: string,
    status: FindingStatus,
    message: RegExp,
  ];
  const cases: readonly Case[] = [
    [
      "no credentials",
      { variables: { AWS_ACCESS_KEY_ID: "" } },
      "deployer.credentials",
      "fault",
      /no AWS credentials/,
    ],
    [
      "expired credentials",
      { answers: { "sts:GetCallerIdentity": refused(403, "ExpiredToken", "The security token is expired") } },
      "deployer.credentials",
      "fault",
      /ExpiredToken/,
    ],
    [
      "guests",
      { pool: { AllowUnauthenticatedIdentities: true } },
      "pool.guests",
      "fault",
      /gives guests an identity/,
    ],
    [
      "Facebook instead of Twitter",
      { providers: { "graph.facebook.com": "key;secret" } },
      "pool.provider",
      "fault",
      /graph\.facebook\.com, which is Facebook/,
    ],
    [
      "Facebook on purpose",
      { providers: { "graph.facebook.com": "1234567890" } },
      "pool.provider",
      "warning",
      /accepts no logins of api\.twitter\.com/,
    ],
    ["no provider", { providers: {} }, "pool.provider", "fault", /accepts no logins of api\.twitter\.com/],
    [
      "another provider alone",
      { providers: { "accounts.google.com": "id" } },
      "pool.provider",
      "warning",
      /accepts no logins of api\.twitter\.com/,
    ],
    [
      "a colon instead of the semicolon",
      { providers: { "api.twitter.com": "thekey:thesecret" } },
      "pool.provider",
      "fault",
      /a colon seems to join them/,
    ],
    [
      "no consumer key to compare with",
      { variables: { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" } },
      "pool.consumer-key",
      "skipped",
      /no consumer key here/,
    ],
    [
      "a missing pool",
      {
        answers: {
          "cognito-identity:DescribeIdentityPool": () =>
            reply(400, { __type: "ResourceNotFoundException", message: "IdentityPool 'x' not found." }),
        },
      },
      "pool.provider",
      "fault",
      /IdentityPool 'x' not found/,
    ],
    [
      "a pool that the deployer may not read",
      {
        answers: {
          "cognito-identity:DescribeIdentityPool": () =>
            reply(400, { message: "not authorized" }, [["x-amzn-errortype", "AccessDeniedException:"]]),
        },
      },
      "pool.provider",
      "skipped",
      /lack cognito-identity:DescribeIdentityPool$/,
    ],
    [
      "no role",
      { answers: { "cognito-identity:GetIdentityPoolRoles": () => reply(200, { IdentityPoolId: poolId }) } },
      "role.attached",
      "fault",
      /no role for authenticated users/,
    ],
    [
      "a missing permission",
      { answers: { "iam:SimulatePrincipalPolicy": simulation("implicitDeny") } },
      "role.permissions",
      "fault",
      /does not allow execute-api:Invoke on GET \/private$/,
    ],
    [
      "a permission that depends on a condition",
      {
        answers: {
          "iam:SimulatePrincipalPolicy": simulation("implicitDeny", "<member>aws:SourceIp</member>"),
        },
      },
      "role.permissions",
      "warning",
      /depends on conditions$/,
    ],
    [
      "a deployer who may neither simulate nor read policies",
      {
        answers: {
          "iam:SimulatePrincipalPolicy": denied,
          "iam:ListRolePolicies": denied,
          "iam:ListAttachedRolePolicies": denied,
        },
      },
      "role.permissions",
      "skipped",
      /lack iam:SimulatePrincipalPolicy$/,
    ],
    [
      "an open route that the source does not declare",
      { answers: { "apigateway:GET": routes(secured, { ...open, routeKey: "POST /items" }) } },
      "routes.authorizers",
      "fault",
      /^POST \/items is open to everybody$/,
    ],
    [
      "an open route, and no source",
      { files: { [stackFile]: goodStack } },
      "routes.authorizers",
      "warning",
      /^GET \/public is open to everybody, and no source/,
    ],
    [
      "an open /private next to a protected route",
      {
        answers: {
          "apigateway:GET": routes(
            { ...secured, authorizationType: "NONE" },
            { ...secured, routeKey: "GET /x" },
          ),
        },
      },
      "routes.authorizers",
      "fault",
      /^GET \/private is open to everybody$/,
    ],
    [
      "only open routes",
      { answers: { "apigateway:GET": routes(open) } },
      "routes.authorizers",
      "fault",
      /^no route/,
    ],
    [
      "a route without an integration",
      { answers: { "apigateway:GET": routes({ ...secured, target: undefined }) } },
      "routes.integrations",
      "fault",
      /^no integration for GET \/private/,
    ],
    [
      "an API of another account",
      {
        answers: {
          "apigateway:GET": () =>
            reply(404, { message: "Invalid API identifier specified" }, [
              ["x-amzn-errortype", "NotFoundException"],
            ]),
        },
      },
      "routes.authorizers",
      "fault",
      /NotFoundException/,
    ],
    [
      "a REST API, whose routes API Gateway v2 does not have",
      {
        files: {
          "/project/.sst/outputs.json": JSON.stringify({
            "prod-notes-ExampleStack": {
              ApiEndpoint: "https://abc123.execute-api.us-east-1.amazonaws.com/prod",
              IdentityPoolId: "us-east-1:12345678-90ab-cdef-1234-567890abcdef",
            },
          }),
        },
        answers: {
          "apigateway:GET": () =>
            reply(404, { message: "Invalid API identifier specified" }, [
              ["x-amzn-errortype", "NotFoundException"],
            ]),
        },
      },
      "routes.authorizers",
      "skipped",
      /is the address of a REST API$/,
    ],
    [
      "a template that differs",
      { files: { [templateFile]: JSON.stringify({ ...template, Resources: {} }) } },
      "template.deployed",
      "warning",
      /differs from the one SST last synthesised here$/,
    ],
    [
      "a source newer than the template",
      { modified: { [templateFile]: 1000, [stackFile]: 2000, "/project/.sst/outputs.json": 3000 } },
      "template.deployed",
      "warning",
      /^the source is newer/,
    ],
    [
      "a CDK project, whose templates it does not compare",
      {
        workingDirectory: "/other",
        files: {
          "/other/cdk.json": "{}",
          "/other/cdk-outputs.json": JSON.stringify({
            Notes: {
              ApiEndpoint: "https://abc123.execute-api.us-east-1.amazonaws.com",
              IdentityPoolId: poolId,
            },
          }),
        },
      },
      "template.deployed",
      "skipped",
      /^doctor compares templates of SST stacks only$/,
    ],
    [
      "a stack that is not deployed",
      {
        answers: {
          "cloudformation:GetTemplate": refused(400, "ValidationError", "Stack with id x does not exist"),
        },
      },
      "template.deployed",
      "fault",
      /prod-notes-ExampleStack is not deployed$/,
    ],
    [
      "a server that is not AWS",
      { answers: { "cloudformation:GetTemplate": () => reply(200, "<html>") } },
      "template.deployed",
      "skipped",
      /is not from AWS/,
    ],
  ];
  it.each(cases)("reports %s", async (_what, world, name, status, message) => {
    const { findings } = await examineDeep(world);
    expect(findings[name]).toMatchObject({ status, message: expect.stringMatching(message) as string });
  });

  it("reads the policies, page by page, when the deployer may not simulate", async () => {
    const policy = {
      Statement: { Effect: "Allow", Action: "execute-api:*", Resource: "arn:aws:execute-api:*" },
    };
    const page = (request: Parameters<Answer>[0]): ReturnType<Answer> =>
      String(request.body).includes("Marker=more")
        ? xml(
            "ListRolePolicies",
            "<PolicyNames><member>b</member></PolicyNames><IsTruncated>false</IsTruncated>",
          )(request)
        : xml(
            "ListRolePolicies",
            "<PolicyNames><member>a</member></PolicyNames><IsTruncated>true</IsTruncated><Marker>more</Marker>",
          )(request);
    const { findings, environment } = await examineDeep({
      answers: {
        "iam:SimulatePrincipalPolicy": denied,
        "iam:ListRolePolicies": page,
        "iam:GetRolePolicy": (request) =>
          xml(
            "GetRolePolicy",
            `<PolicyDocument>${encoded(String(request.body).includes("PolicyName=b") ? { Statement: { ...policy.Statement, Resource: "*" } } : {})}</PolicyDocument>`,
          )(request),
        "iam:ListAttachedRolePolicies": xml(
          "ListAttachedRolePolicies",
          `<AttachedPolicies><member><PolicyName>m</PolicyName><PolicyArn>arn:aws:iam::${account}:policy/m</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>`,
        ),
        "iam:GetPolicy": xml("GetPolicy", "<Policy><DefaultVersionId>v7</DefaultVersionId></Policy>"),
        "iam:GetPolicyVersion": xml(
          "GetPolicyVersion",
          `<PolicyVersion><Document>${encoded({})}</Document></PolicyVersion>`,
        ),
      },
    });
    expect(findings["role.permissions"]).toMatchObject({
      status: "ok",
      message: "the role allows GET /private (by the text of its policies)",
    });
    const version = environment.requests.find(({ step }) => step === "iam:GetPolicyVersion");
    expect(String(version?.body)).toContain("VersionId=v7");
  });

  it("prints no secret of the pool", async () => {
    const { stdout, stderr } = await examineDeep({
      providers: { "api.twitter.com": "otherkey12345;othersecret12345" },
    });
    expect(stdout + stderr).not.toContain("othersecret12345");
    expect(stdout).toContain("starts with othe");
  });
});

const aud = (value: string) => ({ StringEquals: { [`${service}:aud`]: value } });
const amr = (value: string | string[]) => ({ "ForAnyValue:StringLike": { [`${service}:amr`]: value } });
describe("judgeTrust finds the problem of a trust policy", () => {
  it.each<[string, Record<string, unknown>, RegExp | undefined]>([
    ["of this pool's users", goodTrust(poolId), undefined],
    ["of users of Twitter alone", trustOf({ ...aud(poolId), ...amr("api.twitter.com") }), undefined],
    ["with wildcards", trustOf({ ...aud(poolId), ...amr(["api.twit*"]) }), undefined],
    ["of another pool", goodTrust(`${poolId.slice(0, -1)}1`), /trusts another identity pool/],
    ["without aud", trustOf(amr("authenticated")), /any identity pool, of any account/],
    ["without amr", trustOf(aud(poolId)), /guests of the pool can assume the role too/],
    ["of guests", trustOf({ ...aud(poolId), ...amr("unauthenticated") }), /for guests of the pool$/],
    [
      "of users of Google",
      trustOf({ ...aud(poolId), ...amr("accounts.google.com") }),
      /users of Twitter cannot assume the role/,
    ],
    ["of a function", trustOf({}, { Service: "lambda.amazonaws.com" }), /does not trust Cognito/],
    ["without a statement", {}, /does not trust Cognito/],
  ])("%s", (_what, document, message) => {
    const problem = judgeTrust(document, poolId);
    expect(problem === undefined ? undefined : (message?.test(problem.message) ?? problem)).toBe(
      message && true,
    );
  });
});

const statement = (over: object): object => ({
  Effect: "Allow",
  Action: "execute-api:Invoke",
  Resource: `arn:aws:execute-api:us-east-1:${account}:abc123/*/GET/private`,
  ...over,
});

describe("readVerdict with policies that", () => {
  it.each<[string, object[], "allowed" | "denied", boolean]>([
    ["allow the route", [{}], "allowed", false],
    ["allow all", [{ Action: "*", Resource: "*" }], "allowed", false],
    ["use other letter case", [{ Action: "EXECUTE-API:invoke" }], "allowed", false],
    ["allow another route", [{ Resource: routeArn.replace("/private", "/other") }], "denied", false],
    ["allow another region", [{ Resource: "arn:aws:execute-api:eu-*:*:abc123/*" }], "denied", false],
    ["allow another action", [{ Action: "execute-api:ManageConnections" }], "denied", false],
    ["deny what another allows", [{}, { Effect: "Deny", Resource: "*" }], "denied", false],
    ["allow all but the route", [{ Action: undefined, NotAction: "execute-api:*" }], "denied", false],
    ["allow all but another action", [{ Action: undefined, NotAction: "s3:*" }], "allowed", false],
    [
      "allow the route on a condition",
      [{ Condition: { Bool: { "aws:SecureTransport": "true" } } }],
      "allowed",
      true,
    ],
    ["say nothing", [], "denied", false],
  ])("%s", (_what, statements, decision, doubtful) => {
    const document = { Statement: statements.map(statement) };
    expect(readVerdict([document], "execute-api:Invoke", routeArn)).toEqual({ decision, doubtful });
  });
});

describe("a live stage", () => {
  const routesOfLive = { "GET /private": "AWS_IAM" };
  const answersOfLive = deployed(routesOfLive, { PrivateFunction: liveFunction });

  it("is known by the deployed template", async () => {
    const { findings } = await examineDeep({ answers: answersOfLive });
    expect(findings["template.live"]).toMatchObject({
      status: "warning",
      evidence: ["the template has the bridge of `sst dev` as PrivateFunction"],
      source: "CloudFormation",
    });
    expect((await examineDeep()).findings["template.live"]).toBeUndefined();
  });
});

it("accepts guests of a pool that means to have them", async () => {
  const pool = { AllowUnauthenticatedIdentities: true };
  expect((await examineDeep({ pool })).findings["pool.guests"]?.status).toBe("fault");
  expect((await examineDeep({ pool }, ["--allow-guests"])).findings["pool.guests"]?.status).toBe("ok");
});

it("asks in the regions of API and pool, and for routes of HTTP APIs only", async () => {
  const endpoint = ["--endpoint", "https://abc.lambda-url.eu-west-1.on.aws"];
  const { environment, findings } = await examineDeep({}, endpoint);
  expect(findings["routes.authorizers"]).toMatchObject({
    status: "skipped",
    message: expect.stringContaining("an address of lambda, which has no routes") as string,
  });
  expect(findings["deployment.region"]).toMatchObject({
    status: "ok",
    message: expect.stringContaining("the API is in eu-west-1, the identity pool in us-east-1") as string,
  });
  const hosts = environment.requests.map(({ url }) => url.host);
  expect(hosts).toContain("cognito-identity.us-east-1.amazonaws.com");
  expect(hosts).not.toContain("cognito-identity.eu-west-1.amazonaws.com");
  expect(hosts.join(" ")).not.toContain("apigateway");
});
