import { SignatureV4 } from "@smithy/signature-v4";
import { beforeEach, describe, expect, it } from "vitest";
import { allow, deployFunction, deployRole } from "../../test/account-fixture.ts";
import { Sha256 } from "../../test/sha256.ts";
import { type Account, createAccount, type FunctionUrl, type LambdaFunction, type Role } from "../account.ts";
import type { GatewayResponse } from "../http-api/proxy-response.ts";
import { createSessions } from "../iam/sessions.ts";
import { parseRequest } from "../sigv4/wire-request.ts";
import { createFunctionUrlService } from "./function-url.ts";

const host = "abc.lambda-url.us-east-1.localhost:1234";
const identity = {
  identityId: "us-east-1:1f0f3b6e-8d5c-4b8f-a9a5-3d0d3a6f1e11",
  identityPoolId: "us-east-1:7cb8d1a5-6f0c-4f54-9e4f-0d5b2a1c9e77",
  amr: ["authenticated", "api.twitter.com", "api.twitter.com:app:42"],
};
const actions = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

let time: Date;
const now = (): Date => time;
let account: Account;
let sessions: ReturnType<typeof createSessions>;
let role: Role;
let lambdaFunction: LambdaFunction;
let url: FunctionUrl;
let log: string[];
/** What the function returns. */
let result: unknown;
let event: Record<string, unknown> | undefined;

beforeEach(() => {
  time = new Date("2026-03-12T19:03:58Z");
  account = createAccount("123456789012", "us-east-1");
  sessions = createSessions({ now });
  log = [];
  event = undefined;
  result = { greeting: "hello" };
  lambdaFunction = deployFunction(account, "greet", "", { permissions: new Map() });
  role = deployRole(
    account,
    "authenticated",
    actions.map((action) => allow(action, lambdaFunction.arn)),
  );
  url = { urlId: "abc", functionArn: lambdaFunction.arn, authType: "AWS_IAM", corsConfiguration: undefined };
});

interface Sent {
  method?: string;
  service?: string;
  region?: string;
  headers?: Record<string, string>;
  unsigned?: boolean;
  body?: string;
}

async function send({
  method = "GET",
  service = "lambda",
  region = "us-east-1",
  headers = {},
  unsigned = false,
  body = "",
}: Sent = {}): Promise<GatewayResponse> {
  const answer = createFunctionUrlService({
    account,
    sessions,
    now,
    log: (line) => log.push(line),
    lambda: {
      invoke(_function, received) {
        event = received as Record<string, unknown>;
        return Promise.resolve({ ok: true, payload: JSON.stringify(result) });
      },
      missingModule: () => undefined,
      abandon() {},
      close: () => Promise.resolve(),
    },
  });
  const request = {
    method,
    protocol: "http:",
    hostname: host,
    path: "/a",
    headers: { host, ...headers },
    body,
  };
  const credentials = sessions.issue({
    role,
    sessionName: "CognitoIdentityCredentials",
    durationSeconds: 3600,
    cognitoIdentity: identity,
  });
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  const signed = unsigned ? request : await signer.sign(request, { signingDate: now() });
  return answer(
    url,
    parseRequest({
      method,
      rawUrl: "/a",
      rawHeaders: Object.entries(signed.headers).flat(),
      body: Buffer.from(body),
    }),
    { sourceIp: "127.0.0.1", protocol: "HTTP/1.1", headBytes: 0, isSecure: false },
  );
}

const said = ({ status, headers, body }: GatewayResponse) => ({
  status,
  type: headers.find(([name]) => name === "x-amzn-errortype")?.[1],
  body: JSON.parse(String(body)) as unknown,
});

const forbidden = {
  status: 403,
  type: "AccessDeniedException",
  body: {
    Message:
      "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
  },
};

describe("a function URL with AWS_IAM", () => {
  it("invokes the function for a signed request, with an event of format 2.0", async () => {
    expect(said(await send())).toEqual({ status: 200, type: undefined, body: { greeting: "hello" } });
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "$default",
      rawPath: "/a",
      requestContext: {
        accountId: "123456789012",
        apiId: "abc",
        domainPrefix: "abc",
        stage: "$default",
        authorizer: {
          iam: {
            callerId: `${role.roleId}:CognitoIdentityCredentials`,
            cognitoIdentity: null,
            userArn: "arn:aws:sts::123456789012:assumed-role/authenticated/CognitoIdentityCredentials",
          },
        },
      },
    });
  });

  it("answers Forbidden to an unsigned request", async () => {
    expect(said(await send({ unsigned: true }))).toEqual(forbidden);
    expect(event).toBeUndefined();
  });

  it.each([
    [
      "another service",
      { service: "execute-api" },
      "Credential should be scoped to correct service: 'lambda'.",
    ],
    [
      "another region",
      { region: "eu-west-1" },
      "Credential should be scoped to a valid region, not 'eu-west-1'.",
    ],
  ])("refuses a signature for %s in its own words", async (_what, sent, message) => {
    const refused = { status: 403, type: "InvalidSignatureException", body: { message } };
    expect(said(await send(sent))).toEqual(refused);
  });

  it("refuses credentials of another cloud", async () => {
    const foreign = createSessions({ now });
    sessions = { ...sessions, issue: (request) => foreign.issue(request) };
    expect(said(await send())).toMatchObject({ status: 403, type: "UnrecognizedClientException" });
  });

  it.each(actions)("needs %s, and says so in the log", async (missing) => {
    role.policies = new Map(
      actions.filter((action) => action !== missing).map((action) => [action, allow(action, "*")]),
    );
    expect(said(await send())).toEqual(forbidden);
    expect(log).toEqual([
      `function URL of greet, GET /a: 403, AccessDenied: role authenticated does not allow ${missing} on ${lambdaFunction.arn}`,
    ]);
  });

  it("evaluates conditions on the type of authorization", async () => {
    const viaUrl = { Bool: { "lambda:InvokedViaFunctionUrl": "true" } };
    const policies = (value: string) =>
      new Map([
        [
          "url",
          allow("lambda:InvokeFunctionUrl", "*", { StringEquals: { "lambda:FunctionUrlAuthType": value } }),
        ],
        ["function", allow("lambda:InvokeFunction", "*", viaUrl)],
      ]);
    role.policies = policies("AWS_IAM");
    expect((await send()).status).toBe(200);
    role.policies = policies("NONE");
    expect((await send()).status).toBe(403);
  });

  it("accepts a caller that the function's own policy allows, unless a policy denies it", async () => {
    role.policies = new Map();
    for (const action of actions) {
      const functionUrlAuthType = action === actions[0] ? "AWS_IAM" : undefined;
      const statement = { action, principal: role.arn, sourceArn: undefined, functionUrlAuthType };
      lambdaFunction.permissions.set(action, statement);
    }
    expect((await send()).status).toBe(200);
    role.policies.set("deny", {
      Version: "2012-10-17",
      Statement: { Effect: "Deny", Action: "lambda:*", Resource: "*" },
    });
    expect(said(await send())).toEqual(forbidden);
  });

  it("answers 502 for a result that is not a response", async () => {
    result = { statusCode: "soon" };
    expect((await send()).status).toBe(502);
  });

  it("answers a preflight itself, and every request with the configured CORS headers", async () => {
    url.corsConfiguration = { AllowOrigins: ["https://app.example"], AllowMethods: ["GET"] };
    const origin = { origin: "https://app.example" };
    const preflight = { ...origin, "access-control-request-method": "GET" };
    expect((await send({ method: "OPTIONS", headers: preflight, unsigned: true })).status).toBe(200);
    expect(event).toBeUndefined();
    const { headers } = await send({ headers: origin });
    expect(headers).toContainEqual(["access-control-allow-origin", "https://app.example"]);
  });
});

const everybody = (more: object) => ({ principal: "*", sourceArn: undefined, action: "", ...more });

describe("a function URL with NONE", () => {
  it("needs both permissions for everybody", async () => {
    url.authType = "NONE";
    expect(said(await send({ unsigned: true }))).toEqual(forbidden);
    const urlStatement = { action: "lambda:InvokeFunctionUrl", functionUrlAuthType: "NONE" };
    lambdaFunction.permissions.set("url", everybody(urlStatement));
    expect(said(await send({ unsigned: true }))).toEqual(forbidden);
    expect(log.at(-1)).toContain("no permission of greet lets everybody lambda:InvokeFunction");
    const functionStatement = { action: "lambda:InvokeFunction", invokedViaFunctionUrl: true };
    lambdaFunction.permissions.set("function", everybody(functionStatement));
    expect((await send({ unsigned: true })).status).toBe(200);
    expect(event).toMatchObject({ requestContext: { accountId: "anonymous" } });
  });
});
