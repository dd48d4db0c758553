import { describe, expect, it } from "vitest";
import { handler, type PrivateEvent } from "./private.ts";

/** Payload format 2.0 of an HTTP API. */
function event(authorizer: unknown): PrivateEvent {
  return {
    version: "2.0",
    routeKey: "GET /private",
    rawPath: "/private",
    rawQueryString: "",
    headers: { host: "abc.execute-api.us-east-1.amazonaws.com" },
    isBase64Encoded: false,
    requestContext: {
      accountId: "000000000000",
      apiId: "abc",
      ...(authorizer === undefined ? {} : { authorizer: authorizer as never }),
      domainName: "abc.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "abc",
      http: {
        method: "GET",
        path: "/private",
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: "test",
      },
      requestId: "id",
      routeKey: "GET /private",
      stage: "$default",
      time: "01/Jan/2026:00:00:00 +0000",
      timeEpoch: 0,
    },
  };
}

const identityId = "us-east-1:00000000-1111-2222-3333-444444444444";

describe("GET /private", () => {
  it("greets the caller by Cognito identity", async () => {
    const iam = {
      accessKey: "ASIA",
      accountId: "000000000000",
      callerId: "AROA:CognitoIdentityCredentials",
      cognitoIdentity: {
        amr: ["authenticated", "api.twitter.com"],
        identityId,
        identityPoolId: "us-east-1:pool",
      },
      principalOrgId: null,
      userArn: "arn:aws:sts::000000000000:assumed-role/role/CognitoIdentityCredentials",
      userId: "AROA:CognitoIdentityCredentials",
    };
    expect(await handler(event({ iam }))).toEqual({ statusCode: 200, body: `Hello ${identityId}!` });
  });

  it.each([
    ["an IAM user's credentials", { iam: { accessKey: "AKIA", cognitoIdentity: null } }],
    ["no authorizer", undefined],
    ["another authorizer", { jwt: { claims: {}, scopes: null } }],
    ["an identity without an id", { iam: { cognitoIdentity: { identityId: "" } } }],
    ["an id that is not a string", { iam: { cognitoIdentity: { identityId: 1 } } }],
  ])("returns 500 with a message for %s", async (_, authorizer) => {
    const response = await handler(event(authorizer));
    expect(response).toMatchObject({ statusCode: 500, headers: { "content-type": "application/json" } });
    expect(JSON.parse(response.body ?? "")).toEqual({
      message: expect.stringContaining("no Cognito identity"),
    });
  });
});
