import { once } from "node:events";
import { type IncomingHttpHeaders, request as sendHttp } from "node:http";
import { connect } from "node:net";

import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createSessions, type TemporaryCredentials } from "./iam/sessions.ts";
import { type Account, createAccount, type HttpApi, type LambdaFunction, type Role } from "./account.ts";
import { Sha256 } from "../test/sha256.ts";
import { allow, deployApi, deployFunction, deployRole } from "../test/account-fixture.ts";
import { createCanonicalQuery, createCanonicalRequest } from "./sigv4/canonical-request.ts";
import { createSignature, sha256Hex } from "./sigv4/signature.ts";
import { createApiOrigins, type ApiOrigins } from "./api-origins.ts";

const identity = {
  identityId: "us-east-1:1f0f3b6e-8d5c-4b8f-a9a5-3d0d3a6f1e11",
  identityPoolId: "us-east-1:7cb8d1a5-6f0c-4f54-9e4f-0d5b2a1c9e77",
  amr: ["authenticated", "api.twitter.com", "api.twitter.com:app:42"],
};
const echo = "export const handler = async (event) => event;";
const invokeAll = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*";

let time: Date;
const now = () => time;
let account: Account;
let sessions: ReturnType<typeof createSessions>;
let host: ApiOrigins;
let log: string[];
let role: Role;

beforeEach(() => {
  time = new Date("2026-03-12T19:03:58Z");
  account = createAccount("123456789012", "us-east-1");
  sessions = createSessions({ now });
  log = [];
  role = deployRole(account, "authenticated", [allow("execute-api:Invoke", invokeAll)]);
  deployRole(account, "function", []);
  host = createApiOrigins({ account, sessions, now, region: "us-east-1", log: (line) => log.push(line) });
});

afterEach(() => host.closeAll());

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  bytes: Buffer;
}

function send(
  origin: string,
  target: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string | Uint8Array } = {},
): Promise<Reply> {
  const { hostname, port } = new URL(origin);
  const { method = "GET", headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    // `path` is sent as it is, because no URL parser normalizes it.
    const request = sendHttp({ hostname, port, path: target, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: bytes.toString(),
          bytes,
        });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

function issue(of = role): TemporaryCredentials {
  return sessions.issue({
    role: of,
    sessionName: "CognitoIdentityCredentials",
    durationSeconds: 3600,
    cognitoIdentity: identity,
  });
}

interface Signing {
  credentials?: TemporaryCredentials;
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

async function sendSigned(origin: string, target: string, signing: Signing = {}): Promise<Reply> {
  const { method = "GET", body } = signing;
  const headers = await signedHeaders(origin, target, signing);
  return send(origin, target, { method, headers, ...(body !== undefined && { body }) });
}

async function signedHeaders(
  origin: string,
  target: string,
  { credentials = issue(), method = "GET", body, headers = {} }: Signing,
): Promise<Record<string, string>> {
  const [path = "", query = ""] = target.split("?");
  const { host: hostHeader, hostname } = new URL(origin);
  const signer = new SignatureV4({
    credentials,
    region: "us-east-1",
    service: "execute-api",
    sha256: Sha256,
  });
  const signed = await signer.sign(
    {
      method,
      protocol: "http:",
      hostname,
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { host: hostHeader, ...headers },
      body,
    },
    { signingDate: now() },
  );
  return signed.headers;
}

/** Matches requests of this identity from this machine within the next hour. */
const condition = (sub: string) => ({
  StringEquals: { "cognito-identity.amazonaws.com:sub": sub },
  IpAddress: { "aws:SourceIp": "127.0.0.0/8" },
  DateLessThan: { "aws:CurrentTime": "2026-03-12T20:00:00Z" },
});

const json = (reply: Reply) => JSON.parse(reply.body) as Record<string, unknown>;
const message = (text: string) => JSON.stringify({ message: text });

describe("a route with AWS_IAM", () => {
  let origin: string;
  let lambdaFunction: LambdaFunction;
  let api: HttpApi;

  beforeEach(async () => {
    lambdaFunction = deployFunction(account, "private", echo);
    api = deployApi(account, { "GET /private": { lambdaFunction, authorizationType: "AWS_IAM" } });
    origin = await host.open(api);
  });

  it("invokes the function with a signed request and its caller", async () => {
    const credentials = issue();
    const reply = await sendSigned(origin, "/private?b=2&a=1&a=3".replace("&a=3", ""), { credentials });
    expect(reply.status).toBe(200);
    expect(reply.headers["apigw-requestid"]).toMatch(/^[\w-]{15}=$/);
    expect(reply.headers.date).toBe("Thu, 12 Mar 2026 19:03:58 GMT");
    const event = json(reply);
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /private",
      rawPath: "/private",
      rawQueryString: "b=2&a=1",
      queryStringParameters: { a: "1", b: "2" },
      isBase64Encoded: false,
      requestContext: {
        accountId: "123456789012",
        apiId: "a1b2c3d4e5",
        authorizer: {
          iam: {
            accessKey: credentials.accessKeyId,
            accountId: "123456789012",
            callerId: "AROAEXAMPLEEXAMPLE123:CognitoIdentityCredentials",
            cognitoIdentity: identity,
            principalOrgId: null,
            userArn: "arn:aws:sts::123456789012:assumed-role/authenticated/CognitoIdentityCredentials",
            userId: "AROAEXAMPLEEXAMPLE123:CognitoIdentityCredentials",
          },
        },
        http: { method: "GET", path: "/private", protocol: "HTTP/1.1", sourceIp: "127.0.0.1" },
        stage: "$default",
        time: "12/Mar/2026:19:03:58 +0000",
        timeEpoch: time.getTime(),
      },
    });
    expect(event).not.toHaveProperty("body");
    expect(event).not.toHaveProperty("pathParameters");
  });

  it.each<[string, () => Promise<Reply>, RegExp]>([
    ["unsigned", () => send(origin, "/private"), /MissingAuthenticationToken/],
    [
      "signed with an expired session",
      async () => {
        const credentials = issue();
        time = new Date(time.getTime() + 3_600_000);
        return sendSigned(origin, "/private", { credentials });
      },
      /ExpiredToken/,
    ],
    [
      "signed without its session token",
      () => sendSigned(origin, "/private", { credentials: { ...issue(), sessionToken: "" } }),
      /InvalidClientTokenId/,
    ],
    [
      "signed with a wrong secret",
      () => sendSigned(origin, "/private", { credentials: { ...issue(), secretAccessKey: "wrong" } }),
      /SignatureDoesNotMatch/,
    ],
    [
      "from a role whose policy does not allow the route",
      () => {
        role.policies = new Map([
          ["p", allow("execute-api:Invoke", `${invokeAll.slice(0, -1)}$default/GET/other`)],
        ]);
        return sendSigned(origin, "/private");
      },
      /AccessDenied: role authenticated does not allow execute-api:Invoke on .*\/\$default\/GET\/private/,
    ],
    [
      "from a role whose policy denies the route",
      () => {
        role.policies.set("no", {
          Statement: { Effect: "Deny", NotAction: "s3:*", Resource: "*" },
        });
        return sendSigned(origin, "/private");
      },
      /AccessDenied: role authenticated denies/,
    ],
    [
      "from a deleted role",
      () => {
        account.roles.delete(role.arn);
        return sendSigned(origin, "/private");
      },
      /does not exist/,
    ],
  ])("refuses a request that is %s, and only logs the reason", async (_name, call, reason) => {
    const reply = await call();
    expect([reply.status, reply.body]).toEqual([403, message("Forbidden")]);
    expect(reply.headers["apigw-requestid"]).toBeDefined();
    expect(log.join("\n")).toMatch(reason);
  });

  it("accepts a session token that was sent but not signed", async () => {
    const { sessionToken, ...key } = issue();
    const headers = await signedHeaders(origin, "/private", { credentials: { ...key, sessionToken: "" } });
    const token = { "x-amz-security-token": sessionToken };
    expect((await send(origin, "/private", { headers: { ...headers, ...token } })).status).toBe(200);
    const foreign = { "x-amz-security-token": issue().sessionToken };
    expect((await send(origin, "/private", { headers: { ...headers, ...foreign } })).status).toBe(403);
  });

  it("accepts a presigned URL without X-Amz-Expires for as long as the setting says", async () => {
    const options = { account, sessions, now, region: "us-east-1", log: () => {} };
    const lenient = createApiOrigins({ ...options, presignedSeconds: 900 });
    const { accessKeyId, secretAccessKey, sessionToken } = issue();
    const scope = { secretAccessKey, scopeDate: "20260312", region: "us-east-1", service: "execute-api" };
    const presign = (to: string): string => {
      const query = String(
        new URLSearchParams({
          "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
          "X-Amz-Credential": `${accessKeyId}/20260312/us-east-1/execute-api/aws4_request`,
          "X-Amz-Date": "20260312T190358Z",
          "X-Amz-Security-Token": sessionToken,
          "X-Amz-SignedHeaders": "host",
        }),
      );
      const canonicalRequest = createCanonicalRequest({
        method: "GET",
        canonicalPath: "/private",
        canonicalQuery: createCanonicalQuery(query),
        signedHeaders: ["host"],
        headers: new Map([["host", new URL(to).host]]),
        payloadHash: sha256Hex(""),
      });
      const signature = createSignature(canonicalRequest, "20260312T190358Z", scope);
      return `/private?${query}&X-Amz-Signature=${signature.toString("hex")}`;
    };
    try {
      const other = await lenient.open(api);
      expect((await send(origin, presign(origin))).status).toBe(403);
      time = new Date(time.getTime() + 900_000);
      expect((await send(other, presign(other))).status).toBe(200);
      time = new Date(time.getTime() + 1000);
      expect((await send(other, presign(other))).status).toBe(403);
    } finally {
      await lenient.closeAll();
    }
  });

  it("logs no secret", async () => {
    const credentials = issue();
    await sendSigned(origin, "/private", { credentials: { ...credentials, secretAccessKey: "wrong" } });
    role.policies.clear();
    await sendSigned(origin, "/private", { credentials });
    expect(log).toHaveLength(4);
    expect(log.join("\n")).not.toContain(credentials.sessionToken);
    expect(log.join("\n")).not.toContain(credentials.secretAccessKey);
  });

  it("logs each request in one line, without its query", async () => {
    await sendSigned(origin, "/private?secret=1");
    expect(log).toEqual([expect.stringMatching(/ GET \/private 200 \d+ ms$/)]);
  });

  it("evaluates conditions with the caller's identity", async () => {
    role.policies = new Map([["p", allow("execute-api:*", "*", condition(identity.identityId))]]);
    expect((await sendSigned(origin, "/private")).status).toBe(200);
    role.policies = new Map([["p", allow("execute-api:*", "*", condition("us-east-1:other"))]]);
    expect((await sendSigned(origin, "/private")).status).toBe(403);
  });

  it("uses a new deployment at once", async () => {
    expect((await sendSigned(origin, "/private")).status).toBe(200);
    for (const route of api.routes.values()) route.authorizationType = "NONE";
    expect((await send(origin, "/private")).status).toBe(200);
    for (const route of api.routes.values()) route.authorizationType = "JWT";
    expect((await send(origin, "/private")).status).toBe(401);
    expect(log.join("\n")).toContain("does not support JWT authorizers");
  });

  it.each([
    ["for another route", `arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*/GET/other`, 500],
    ["for this one", `arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*/GET/private`, 200],
    ["for any method", `arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*/*/private`, 200],
    ["for another API", `arn:aws:execute-api:us-east-1:123456789012:other/*/*`, 500],
  ])("requires a Lambda permission: one %s", async (_name, sourceArn, status) => {
    lambdaFunction.permissions.set("any", {
      action: "lambda:InvokeFunction",
      principal: "apigateway.amazonaws.com",
      sourceArn,
    });
    expect((await sendSigned(origin, "/private")).status).toBe(status);
  });
});

describe("the event", () => {
  it("describes the request like API Gateway does", async () => {
    const lambdaFunction = deployFunction(account, "echo", echo);
    const origin = await host.open(deployApi(account, { "ANY /a/{id}/{rest+}": { lambdaFunction } }));
    const reply = await send(origin, "/a/x%20y/b%2Fc//d?q=1&q=a+b&e=&=n", {
      method: "POST",
      headers: { "X-Two": ["1", "2"], Cookie: "a=1; b=2", "Content-Type": "application/json" },
      body: '{"ü":1}',
    });
    const event = json(reply);
    expect(event).toMatchObject({
      rawPath: "/a/x y/b/c//d",
      rawQueryString: "q=1&q=a+b&e=&=n",
      queryStringParameters: { q: "1,a b", e: "", "": "n" },
      cookies: ["a=1", "b=2"],
      pathParameters: { id: "x y", rest: "b/c//d" },
      body: '{"ü":1}',
      isBase64Encoded: false,
    });
    expect(event["headers"]).toMatchObject({
      "x-two": "1,2",
      "content-length": "8",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
    });
    expect(event["headers"]).not.toHaveProperty("cookie");
    expect(event["requestContext"]).not.toHaveProperty("authorizer");
  });

  it("carries binary bodies in both directions", async () => {
    const lambdaFunction = deployFunction(
      account,
      "binary",
      "export const handler = async ({ body, isBase64Encoded }) => ({ statusCode: 200, body, isBase64Encoded });",
    );
    const origin = await host.open(deployApi(account, { $default: { lambdaFunction } }));
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    for (const type of ["application/octet-stream", "text/plain"]) {
      // oxlint-disable-next-line no-await-in-loop
      const reply = await send(origin, "/x", {
        method: "PUT",
        headers: { "content-type": type },
        body: bytes,
      });
      expect(reply.bytes.equals(bytes)).toBe(true);
    }
  });

  it("carries two Cookie headers as one", async () => {
    const lambdaFunction = deployFunction(account, "echo", echo);
    const origin = await host.open(deployApi(account, { "GET /": { lambdaFunction } }));
    // Node joins an array of cookies itself.
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nCookie: a=1,b=2\r\nCookie: c=3\r\nConnection: close\r\n\r\n");
    const text = Buffer.concat(await socket.toArray()).toString();
    expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toMatchObject({ cookies: ["a=1,b=2", "c=3"] });
  });

  it("has a body as text or in base64 by its type", async () => {
    const lambdaFunction = deployFunction(account, "echo", echo);
    const origin = await host.open(deployApi(account, { "POST /": { lambdaFunction } }));
    const post = async (type?: string) => {
      const headers = type === undefined ? {} : { "content-type": type };
      const { body, isBase64Encoded } = json(
        await send(origin, "/", { method: "POST", headers, body: "{}" }),
      );
      return { type, body, isBase64Encoded };
    };
    const texts = [
      "text/csv",
      "application/json",
      "Application/JSON; charset=utf-8",
      "application/xml",
      "application/javascript",
    ];
    const others = [
      "application/vnd.api+json",
      "application/problem+xml",
      "application/jsonl",
      "application/x-www-form-urlencoded",
      "image/svg+xml",
      undefined,
    ];
    expect(await Promise.all(texts.map(post))).toEqual(
      texts.map((type) => ({ type, body: "{}", isBase64Encoded: false })),
    );
    expect(await Promise.all(others.map(post))).toEqual(
      others.map((type) => ({ type, body: "e30=", isBase64Encoded: true })),
    );
  });

  it("has format 1.0 when the integration says so", async () => {
    const lambdaFunction = deployFunction(
      account,
      "v1",
      "export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event), multiValueHeaders: { 'x-m': ['1', '2'] } });",
    );
    const origin = await host.open(
      deployApi(account, {
        "GET /v1": { lambdaFunction, payloadFormatVersion: "1.0", authorizationType: "AWS_IAM" },
      }),
    );
    const reply = await sendSigned(origin, "/v1?a=1");
    expect(reply.headers["x-m"]).toBe("1, 2");
    expect(json(reply)).toMatchObject({
      version: "1.0",
      path: "/v1",
      body: null,
      multiValueQueryStringParameters: { a: ["1"] },
      requestContext: { identity: { cognitoIdentityId: identity.identityId } },
    });
  });
});

describe("the response", () => {
  const results: [string, string, number, string, string | undefined][] = [
    ["a status and a text", "({ statusCode: 201, body: 'made' })", 201, "made", "text/plain;charset=UTF-8"],
    ["no status", "({ hello: 1 })", 200, '{"hello":1}', "application/json"],
    ["a text alone", "'Hello'", 200, "Hello", "application/json"],
    ["nothing", "undefined", 200, "null", "application/json"],
    [
      "headers",
      "({ statusCode: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>' })",
      200,
      "<p>",
      "text/html",
    ],
    ["an invalid status", "({ statusCode: 'x' })", 500, message("Internal Server Error"), "application/json"],
    [
      "a body that is not text",
      "({ statusCode: 200, body: {} })",
      500,
      message("Internal Server Error"),
      "application/json",
    ],
    [
      "an invalid header",
      "({ statusCode: 200, headers: { 'a b': '1' } })",
      500,
      message("Internal Server Error"),
      "application/json",
    ],
    [
      "an object as a header",
      "({ statusCode: 200, headers: { 'content-type': { toString: 1 } }, body: 'x' })",
      200,
      "x",
      '{"toString":1}',
    ],
    ["no content", "({ statusCode: 204 })", 204, "", undefined],
  ];
  it.each(results)(
    "follows from a function that returns %s",
    async (_name, expression, status, body, type) => {
      const lambdaFunction = deployFunction(
        account,
        "f",
        `export const handler = async () => ${expression};`,
      );
      const origin = await host.open(deployApi(account, { "GET /": { lambdaFunction } }));
      const reply = await send(origin, "/");
      expect([reply.status, reply.body, reply.headers["content-type"]]).toEqual([status, body, type]);
    },
  );

  it("sets each cookie, and has no body after HEAD", async () => {
    const lambdaFunction = deployFunction(
      account,
      "f",
      "export const handler = async () => ({ statusCode: 200, headers: { 'Set-Cookie': 'c=3' }, cookies: ['a=1', 'b=2'], body: 'text' });",
    );
    const origin = await host.open(deployApi(account, { "ANY /": { lambdaFunction } }));
    const reply = await send(origin, "/", { method: "HEAD" });
    expect(reply.headers["set-cookie"]).toEqual(["a=1", "b=2", "c=3"]);
    expect(reply.headers["content-length"]).toBe("4");
    expect(reply.body).toBe("");
  });

  it("is 404 without a route or a stage", async () => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const origin = await host.open(
      deployApi(account, { "GET /there": { lambdaFunction } }, { stages: ["prod"] }),
    );
    for (const target of ["/there", "/prod", "/prod/nowhere", "/prod/there/"]) {
      // oxlint-disable-next-line no-await-in-loop
      const reply = await send(origin, target);
      expect([target, reply.status, reply.body]).toEqual([target, 404, message("Not Found")]);
    }
    const reply = await send(origin, "/prod/there");
    expect(json(reply)).toMatchObject({ rawPath: "/prod/there", requestContext: { stage: "prod" } });
  });

  it("is 429 when the throttling limits are reached", async () => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const origin = await host.open(
      deployApi(account, { "GET /": { lambdaFunction } }, { defaultThrottle: { burst: 1, rate: 1 } }),
    );
    expect((await send(origin, "/")).status).toBe(200);
    const reply = await send(origin, "/");
    expect([reply.status, reply.body]).toEqual([429, message("Too Many Requests")]);
    expect(log.join("\n")).toContain("the route's throttling limits are reached");
    time = new Date(time.getTime() + 1000);
    expect((await send(origin, "/")).status).toBe(200);
  });

  it("is 413 for a body larger than 10 MB, and for an event larger than Lambda's 6 MB", async () => {
    const lambdaFunction = deployFunction(
      account,
      "f",
      "export const handler = async ({ body }) => String(body.length);",
    );
    const origin = await host.open(deployApi(account, { "POST /": { lambdaFunction } }));
    const headers = { "content-type": "text/plain" };
    const sendBytes = (bytes: number) =>
      send(origin, "/", { method: "POST", headers, body: Buffer.alloc(bytes, "x") });
    expect((await sendBytes(6_200_000)).body).toBe("6200000");
    for (const bytes of [6_291_456, 10 * 1024 * 1024 + 1]) {
      // oxlint-disable-next-line no-await-in-loop
      const reply = await sendBytes(bytes);
      expect([reply.status, reply.body]).toEqual([413, message("Request Entity Too Large")]);
    }
    expect(log.join("\n")).toMatch(
      /413, RequestEntityTooLargeException: .*\n.* 413 \d+ ms\n.*413, the body has more than 10 MB/,
    );
  });

  it("is 431 when request line and header values have more than 10,240 bytes", async () => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const origin = await host.open(deployApi(account, { "GET /": { lambdaFunction } }));
    const shared = `GET /?q= HTTP/1.1${new URL(origin).host}close`.length;
    const sendBytes = (bytes: number) =>
      send(origin, "/?q=1", { headers: { "x-long": "x".repeat(bytes - shared - 1) } });
    expect((await sendBytes(10_240)).status).toBe(200);
    for (const bytes of [10_241, 100_000]) {
      // oxlint-disable-next-line no-await-in-loop
      const reply = await sendBytes(bytes);
      expect([reply.status, reply.body]).toEqual([431, message("Request Header Fields Too Large")]);
      expect(reply.headers).toHaveProperty("apigw-requestid");
    }
  });

  it("is 500 for streamed output that is not JSON", async () => {
    const lambdaFunction = deployFunction(
      account,
      "f",
      "export const handler = awslambda.streamifyResponse(async (_, stream) => { stream.end('text'); });",
    );
    const origin = await host.open(deployApi(account, { "GET /": { lambdaFunction } }));
    const reply = await send(origin, "/");
    expect([reply.status, reply.body]).toEqual([500, message("Internal Server Error")]);
    expect(log.join("\n")).toContain("not a response of format 2.0");
  });

  it("is 500 for a route without an integration", async () => {
    const lambdaFunction = deployFunction(account, "f", "export const handler = () => {};");
    const api = deployApi(account, { "GET /": { lambdaFunction } });
    const origin = await host.open(api);
    api.integrations.clear();
    expect((await send(origin, "/")).status).toBe(500);
    expect(log.join("\n")).toContain("500, the route has no integration");
  });

  it("is 503 when the integration times out", async () => {
    const lambdaFunction = deployFunction(
      account,
      "slow",
      "export const handler = () => new Promise(() => {});",
    );
    const origin = await host.open(deployApi(account, { "GET /": { lambdaFunction, timeoutMs: 100 } }));
    expect((await send(origin, "/")).status).toBe(503);
  });
});

describe("CORS", () => {
  const page = { origin: "https://app.example", "access-control-request-method": "GET" };

  it("answers a preflight that no route matches, whatever the routes require", async () => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const cors = {
      AllowOrigins: ["https://app.example"],
      AllowMethods: ["GET", "PUT"],
      AllowHeaders: ["Authorization", "X-Amz-Date"],
      AllowCredentials: true,
      MaxAge: 600,
    };
    const api = deployApi(
      account,
      { "GET /private": { lambdaFunction, authorizationType: "AWS_IAM" } },
      { cors },
    );
    const origin = await host.open(api);
    const reply = await send(origin, "/private", { method: "OPTIONS", headers: page });
    expect(reply.status).toBe(204);
    expect(reply.headers).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET,PUT",
      "access-control-allow-headers": "authorization,x-amz-date",
      "access-control-allow-credentials": "true",
      "access-control-max-age": "600",
    });
    const foreign = await send(origin, "/private", {
      method: "OPTIONS",
      headers: { ...page, origin: "https://evil" },
    });
    expect(foreign.headers).not.toHaveProperty("access-control-allow-origin");
    const refused = await send(origin, "/private", { headers: page });
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([
      403,
      "https://app.example",
    ]);
  });

  it.each([
    ["ANY /private", "AWS_IAM", 403],
    ["$default", "AWS_IAM", 403],
    ["OPTIONS /private", "AWS_IAM", 403],
    ["ANY /{proxy+}", "NONE", 204],
    ["$default", "NONE", 204],
  ])("answers a preflight to %s with %s by %i", async (routeKey, authorizationType, status) => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const cors = { AllowOrigins: ["https://app.example"], AllowMethods: ["GET"] };
    const api = deployApi(account, { [routeKey]: { lambdaFunction, authorizationType } }, { cors });
    const origin = await host.open(api);
    const reply = await send(origin, "/private", { method: "OPTIONS", headers: page });
    expect([reply.status, reply.headers["access-control-allow-origin"]]).toEqual([
      status,
      "https://app.example",
    ]);
    expect(reply.body).toBe(status === 204 ? "" : message("Forbidden"));
  });

  it("adds no headers when it is not configured", async () => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const origin = await host.open(deployApi(account, { "GET /": { lambdaFunction } }));
    expect((await send(origin, "/", { method: "OPTIONS", headers: page })).status).toBe(404);
    expect((await send(origin, "/", { headers: page })).headers).not.toHaveProperty(
      "access-control-allow-origin",
    );
  });
});

describe("the host", () => {
  it("survives clients that disconnect, and listens only on loopback", async () => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const origin = await host.open(deployApi(account, { "ANY /": { lambdaFunction } }));
    const { hostname, port } = new URL(origin);
    expect(hostname).toBe("127.0.0.1");
    for (const text of [
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
      "nonsense\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ]) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      // oxlint-disable-next-line no-await-in-loop
      await once(socket, "connect");
      socket.write(text);
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    }
    expect((await send(origin, "/")).status).toBe(200);
  });

  it("stops answering once the API is closed", async () => {
    const lambdaFunction = deployFunction(account, "f", echo);
    const api = deployApi(account, { "GET /": { lambdaFunction } });
    const origin = await host.open(api);
    await host.close(api.apiId);
    await expect(send(origin, "/")).rejects.toThrow("ECONNREFUSED");
  });
});
