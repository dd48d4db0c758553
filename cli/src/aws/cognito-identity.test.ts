import { describe, expect, it } from "vitest";
import { AuthCliError } from "../errors.ts";
import { failure, reply, sentHeader } from "../../test/fakes/fake-environment.ts";
import { createCognitoIdentity } from "./cognito-identity.ts";
import type { Header, HttpRequest, HttpResponse } from "../http.ts";

const poolId = "us-east-1:0f0e0d0c-0b0a-4900-8800-070605040302";
const identityId = "us-east-1:11111111-2222-4333-8444-555555555555";
const logins = { "api.twitter.com": "1-access;access-secret" };
const credentials = {
  AccessKeyId: "ASIAEXAMPLE",
  SecretKey: "secret-key",
  SessionToken: "session-token",
  Expiration: 1_772_370_000,
};

/** Cognito with one scripted answer per request. */
function cognito(answers: (HttpResponse | Error)[], endpoint?: string) {
  const requests: HttpRequest[] = [];
  const service = createCognitoIdentity({
    region: "eu-west-1",
    endpoint,
    async send(request) {
      requests.push(request);
      const answer = answers.shift();
      if (answer instanceof Error || answer === undefined) throw answer ?? new Error("no answer");
      return answer;
    },
  });
  return { ...service, requests };
}

const bodyOf = (request: HttpRequest | undefined): unknown => JSON.parse(String(request?.body));

describe("createCognitoIdentity", () => {
  it("sends GetId unsigned, with Twitter's token and secret joined by a semicolon", async () => {
    const service = cognito([reply(200, { IdentityId: identityId })]);
    expect(await service.getId(poolId, logins)).toBe(identityId);
    expect(service.requests).toHaveLength(1);
    const [request] = service.requests;
    expect(request).toMatchObject({ step: "cognito.get-id", method: "POST" });
    expect(request?.url.href).toBe("https://cognito-identity.eu-west-1.amazonaws.com/");
    expect(sentHeader(request as HttpRequest, "content-type")).toBe("application/x-amz-json-1.1");
    expect(sentHeader(request as HttpRequest, "x-amz-target")).toBe("AWSCognitoIdentityService.GetId");
    expect(sentHeader(request as HttpRequest, "authorization")).toBeUndefined();
    expect(bodyOf(request)).toEqual({
      IdentityPoolId: poolId,
      Logins: { "api.twitter.com": "1-access;access-secret" },
    });
  });

  it("sends GetCredentialsForIdentity unsigned", async () => {
    const service = cognito([reply(200, { IdentityId: identityId, Credentials: credentials })]);
    expect(await service.getCredentialsForIdentity(identityId, logins)).toEqual({
      accessKeyId: "ASIAEXAMPLE",
      secretAccessKey: "secret-key",
      sessionToken: "session-token",
      expiration: "2026-03-01T13:00:00.000Z",
    });
    const [request] = service.requests;
    expect(request?.step).toBe("cognito.get-credentials");
    expect(sentHeader(request as HttpRequest, "x-amz-target")).toBe(
      "AWSCognitoIdentityService.GetCredentialsForIdentity",
    );
    expect(sentHeader(request as HttpRequest, "authorization")).toBeUndefined();
    expect(bodyOf(request)).toEqual({
      IdentityId: identityId,
      Logins: { "api.twitter.com": "1-access;access-secret" },
    });
  });

  it("sends each of several calls at once by the send of its own caller", async () => {
    const ids = [identityId, identityId.replaceAll("1", "6")];
    const services = ids.map((id) => cognito([reply(200, { IdentityId: id })]));
    expect(await Promise.all(services.map((service) => service.getId(poolId, logins)))).toEqual(ids);
    expect(services.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });

  it("sends a guest's GetId without logins", async () => {
    const service = cognito([reply(200, { IdentityId: identityId })]);
    await service.getId(poolId, {});
    expect(bodyOf(service.requests[0])).toEqual({ IdentityPoolId: poolId, Logins: {} });
  });

  it.each([
    ["http://127.0.0.1:4566/", "http://127.0.0.1:4566/"],
    ["https://gateway.example/cognito/", "https://gateway.example/cognito/"],
  ])("sends to the endpoint %s instead of AWS", async (endpoint, url) => {
    const service = cognito([reply(200, { IdentityId: identityId })], endpoint);
    await service.getId(poolId, logins);
    expect(service.requests[0]?.url.href).toBe(url);
  });

  it.each([
    ["1.77237E9", "2026-03-01T13:00:00.000Z"],
    ["1772370000", "2026-03-01T13:00:00.000Z"],
    ["1772370000.123", "2026-03-01T13:00:00.123Z"],
  ])("reads the Expiration %s", async (written, expiration) => {
    const body = JSON.stringify({ IdentityId: identityId, Credentials: credentials });
    const service = cognito([reply(200, body.replace("1772370000", written))]);
    expect((await service.getCredentialsForIdentity(identityId, logins)).expiration).toBe(expiration);
  });
});

/** An error as Cognito sends it: the type is in the body and, with a colon, in a header. */
function refusal(type: string, message: string, status = 400): HttpResponse {
  const headers: Header[] = [
    ["x-amzn-errortype", `${type}:`],
    ["x-amzn-requestid", "5e0f7e5c-0000-4000-8000-000000000000"],
  ];
  return reply(status, { __type: type, message }, headers);
}

describe("errors of Cognito", () => {
  it.each([
    [
      "NotAuthorizedException",
      "Unauthenticated access is not supported for this identity pool.",
      "guest-refused",
      /does not allow guests/,
    ],
    [
      "NotAuthorizedException",
      `Access to Identity '${identityId}' is forbidden.`,
      "identity-refused",
      /another login/,
    ],
    [
      "NotAuthorizedException",
      "Token is not from a supported provider of this identity pool.",
      "provider-refused",
      /does not federate Twitter/,
    ],
    [
      "NotAuthorizedException",
      "Logins don't match. Please include at least one valid login for this identity or identity pool.",
      "provider-refused",
      /another identity pool/,
    ],
    ["NotAuthorizedException", "Invalid login token. Whatever follows", "token-refused", /revoked/],
    ["NotAuthorizedException", "Something new", "cognito-refused", /refused the login/],
    ["ResourceNotFoundException", `IdentityPool '${poolId}' not found.`, "pool-not-found", /does not exist/],
    [
      "InvalidIdentityPoolConfigurationException",
      "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
      "pool-configuration",
      /trust policy/,
    ],
    ["InvalidParameterException", "1 validation error detected", "cognito-refused", /malformed/],
    ["ResourceConflictException", "Already linked", "cognito-refused", /another identity/],
    [
      "ExternalServiceException",
      "Twitter is down",
      "server-error",
      /could not verify the token with Twitter/,
    ],
    ["LimitExceededException", "Too many identities", "cognito-refused", /does not know this error/],
    ["BrandNewException", "Unheard of", "cognito-refused", /does not know this error/],
  ])("reports %s: %s as %s", async (type, message, code, cause) => {
    // The SDK retries some of them.
    const answers = Array.from({ length: 3 }, () => refusal(type, message));
    const error = await failure(() => cognito(answers).getId(poolId, logins));
    expect(error.code).toBe(code);
    expect(error.step).toBe("cognito.get-id");
    expect(error.message).toContain(type);
    expect(error.message).toContain(message);
    expect(error.cause).toMatch(cause);
    expect(JSON.stringify(error)).not.toContain("access-secret");
  });

  it("are read from the body when there is no header, without the namespace of the type", async () => {
    const type = "com.amazonaws.cognito.identity.model#ResourceNotFoundException";
    const answer = reply(400, { __type: type, message: "IdentityPool not found." });
    const error = await failure(() => cognito([answer]).getId(poolId, logins));
    expect(error.code).toBe("pool-not-found");
  });

  it.each([{ toString: 1 }, 7, null, ["x"]])("have no message when it is %j", async (message) => {
    const answer = reply(400, { __type: "NotAuthorizedException", message });
    const error = await failure(() => cognito([answer]).getId(poolId, logins));
    expect([error.code, error.exitCode]).not.toContain("internal");
  });

  it("name the step of GetCredentialsForIdentity", async () => {
    const error = await failure(() =>
      cognito([refusal("NotAuthorizedException", "x")]).getCredentialsForIdentity(identityId, logins),
    );
    expect(error.step).toBe("cognito.get-credentials");
  });
});

describe("a temporary error", () => {
  it("is ignored when a retry succeeds", async () => {
    const service = cognito([
      refusal("InternalErrorException", "Oops", 500),
      reply(200, { IdentityId: identityId }),
    ]);
    expect(await service.getId(poolId, logins)).toBe(identityId);
    expect(service.requests).toHaveLength(2);
  });

  it.each([
    ["InternalErrorException", 500, "server-error", 1],
    ["TooManyRequestsException", 400, "rate-limited", 4],
  ])("%s is reported after three attempts", async (type, status, code, exitCode) => {
    const service = createCognitoIdentity({
      region: "us-east-1",
      endpoint: undefined,
      send: async () => {
        tries += 1;
        return refusal(type, "Oops", status);
      },
    });
    let tries = 0;
    const error = await failure(() => service.getId(poolId, logins));
    expect(error).toMatchObject({ code, exitCode });
    expect(tries).toBe(3);
  });

  it.each(["unreachable", "tls-refused", "timeout", "interrupted"] as const)(
    "of the network (%s) is not retried",
    async (code) => {
      const thrown = new AuthCliError(code, { message: "from the transport" });
      const service = cognito([thrown]);
      expect(await failure(() => service.getId(poolId, logins))).toBe(thrown);
      expect(service.requests).toHaveLength(1);
    },
  );
});

describe("a reply from another server", () => {
  const bodies: [name: string, status: number, body: string][] = [
    ["HTML", 200, "<!DOCTYPE html><html><body>WiFi login</body></html>"],
    ["HTML of a gateway", 403, "<html><title>403 Forbidden</title></html>"],
    ["cut off", 200, '{"IdentityId":"us-east-1:1111'],
    ["empty", 200, ""],
    ["other JSON", 200, '{"hello":"world"}'],
    ["a list", 200, "[]"],
    ["null", 200, "null"],
    ["an invalid identity id", 200, '{"IdentityId":"nobody"}'],
    ["an identity that is a number", 200, '{"IdentityId":7}'],
    ["not found", 404, "Not Found"],
    ["JSON without a type", 400, '{"message":"no"}'],
    ["bytes", 200, "\u0000\ufffd\u0001"],
  ];

  it.each(bodies)("%s to GetId is an unexpected reply", async (_name, status, body) => {
    const error = await failure(() => cognito([reply(status, body)]).getId(poolId, logins));
    expect(error.code).toBe("unexpected-reply");
    expect(error.exitCode).toBe(1);
    expect(error.step).toBe("cognito.get-id");
    expect(error.fix).toContain("AWS_ENDPOINT_URL");
  });

  it.each([
    "{}",
    '{"Credentials":null}',
    '{"Credentials":{}}',
    ...["AccessKeyId", "SecretKey", "SessionToken", "Expiration"].flatMap((name) => [
      JSON.stringify({ Credentials: { ...credentials, [name]: undefined } }),
      JSON.stringify({ Credentials: { ...credentials, [name]: "" } }),
    ]),
    JSON.stringify({ Credentials: { ...credentials, Expiration: "soon" } }),
    "<html>",
  ])("%s to GetCredentialsForIdentity is an unexpected reply and shows no key", async (body) => {
    const error = await failure(() =>
      cognito([reply(200, body)]).getCredentialsForIdentity(identityId, logins),
    );
    expect(error.code).toBe("unexpected-reply");
    expect(`${error.message} ${error.cause ?? ""}`).not.toMatch(/secret-key|session-token/);
  });

  it("is a server error when a gateway sends HTTP 502", async () => {
    const answers = Array.from({ length: 3 }, () => reply(502, "<html>Bad Gateway</html>"));
    const error = await failure(() => cognito(answers).getId(poolId, logins));
    expect(error.exitCode).toBe(1);
    expect(error.message).toContain("502");
  });
});
