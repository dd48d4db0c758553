import type {
  GetCredentialsForIdentityResponse,
  GetIdResponse,
  GetOpenIdTokenResponse,
} from "@aws-sdk/client-cognito-identity";
import { randomBytes } from "node:crypto";

import { beforeEach, describe, expect, it } from "vitest";

import type { JsonObject } from "../aws/json-protocol.ts";
import { createSessions } from "../iam/sessions.ts";
import { createIssuerDirectory } from "../oidc/issuers.ts";
import { type Account, createAccount, type IdentityPool, type Role } from "../account.ts";
import type { TokenVerdict } from "./verify-twitter-token.ts";
import { type CognitoIdentityService, createCognitoIdentity } from "./cognito-identity.ts";
import { createOpenIdTokens } from "./open-id-token.ts";

const now = () => new Date("2026-03-01T12:00:00Z");
const identityPoolId = "us-east-1:7cb8d1a5-6f0c-4f54-9e4f-0d5b2a1c9e77";
const roleArn = "arn:aws:iam::123456789012:role/authenticated";

let account: Account;
let sessions: ReturnType<typeof createSessions>;
let service: CognitoIdentityService;
let twitter: (token: string, secret: string) => TokenVerdict | Promise<TokenVerdict>;
let pool: IdentityPool;

function createRole(kind: string, aud = identityPoolId): Role {
  const arn = `arn:aws:iam::123456789012:role/${kind}`;
  return {
    arn,
    roleName: kind,
    roleId: "AROAEXAMPLEEXAMPLE123",
    assumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: "cognito-identity.amazonaws.com" },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: { "cognito-identity.amazonaws.com:aud": aud },
            "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": kind },
          },
        },
      ],
    },
    policies: new Map(),
    managedPolicyArns: [],
  };
}

beforeEach(() => {
  account = createAccount("123456789012", "us-east-1");
  sessions = createSessions({ now });
  twitter = (token, secret) =>
    secret === `${token}-secret`
      ? { ok: true, userId: token.split("-")[0] ?? "", screenName: "someone" }
      : { ok: false, status: 401, code: 89, message: "Invalid or expired token." };
  service = createCognitoIdentity({
    account,
    sessions,
    openIdTokens: createOpenIdTokens(now),
    now,
    twitterApiUrl: () => "http://127.0.0.1:1",
    issuers: createIssuerDirectory({}),
    verifyTwitterToken: async ({ tokenCredentials: { token, secret } }) => twitter(token, secret),
  });
  pool = {
    identityPoolId,
    identityPoolName: "pool",
    allowUnauthenticatedIdentities: false,
    supportedLoginProviders: { "api.twitter.com": `key;${randomBytes(8).toString("hex")}` },
    openIdConnectProviderArns: [],
    cognitoIdentityProviders: [],
    roles: { authenticated: roleArn, unauthenticated: "arn:aws:iam::123456789012:role/unauthenticated" },
  };
  account.identityPools.set(identityPoolId, pool);
  for (const kind of ["authenticated", "unauthenticated"]) {
    const role = createRole(kind);
    account.roles.set(role.arn, role);
  }
});

const login = (user: string, device = "phone"): JsonObject => ({
  "api.twitter.com": `${user}-${device};${user}-${device}-secret`,
});

async function getId(Logins?: JsonObject): Promise<string> {
  const { IdentityId } = (await service.handle("GetId", {
    IdentityPoolId: identityPoolId,
    ...(Logins && { Logins }),
  })) as GetIdResponse;
  return String(IdentityId);
}

const refused = (code: string, message: string | RegExp) =>
  expect.objectContaining({
    code,
    message: typeof message === "string" ? message : (expect.stringMatching(message) as string),
  }) as Error;

const getCredentials = (IdentityId: string, Logins?: JsonObject) =>
  service.handle("GetCredentialsForIdentity", {
    IdentityId,
    ...(Logins && { Logins }),
  }) as Promise<GetCredentialsForIdentityResponse>;

describe("GetId", () => {
  it("gives a user the same identity on every device, and other users other identities", async () => {
    const first = await getId(login("42"));
    expect(first).toMatch(/^us-east-1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await getId(login("42", "laptop"))).toBe(first);
    expect(await getId(login("43"))).not.toBe(first);
  });

  it("rejects guests unless the pool allows them", async () => {
    await expect(getId()).rejects.toEqual(
      refused("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."),
    );
    pool.allowUnauthenticatedIdentities = true;
    expect(await getId()).not.toBe(await getId());
  });

  it.each<[string, JsonObject, string, string | RegExp]>([
    [
      "a token that Twitter refuses",
      { "api.twitter.com": "42;wrong" },
      "NotAuthorizedException",
      /^Invalid login token\. /,
    ],
    [
      "a colon instead of the semicolon",
      { "api.twitter.com": "42:wrong" },
      "NotAuthorizedException",
      /^Invalid login token\. /,
    ],
    [
      "a provider that the pool does not have",
      { "graph.facebook.com": "token" },
      "NotAuthorizedException",
      "Token is not from a supported provider of this identity pool.",
    ],
    ["an empty token", { "api.twitter.com": "" }, "ValidationException", /'logins'/],
    [
      "eleven logins",
      Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`p${i}`, "t"])),
      "ValidationException",
      /'logins'/,
    ],
    ["a login that is not a string", { "api.twitter.com": 1 }, "SerializationException", /Logins/],
  ])("rejects %s", async (_name, logins, code, message) => {
    await expect(getId(logins)).rejects.toEqual(refused(code, message));
  });

  it.each<[string, unknown, string, RegExp]>([
    [
      "unknown",
      "us-east-1:00000000-0000-0000-0000-000000000000",
      "ResourceNotFoundException",
      /^IdentityPool 'us-east-1:0.*' not found\.$/,
    ],
    ["malformed", "us-east-1:NOT-HEX", "ValidationException", /'identityPoolId'.*pattern/],
    ["too long", `us-east-1:${"a".repeat(50)}`, "ValidationException", /less than or equal to 55/],
    ["missing", undefined, "ValidationException", /must not be null/],
  ])("rejects a pool id that is %s", async (_name, IdentityPoolId, code, message) => {
    await expect(service.handle("GetId", { IdentityPoolId, Logins: login("42") })).rejects.toEqual(
      refused(code, message),
    );
  });

  it("reports that logins do not match a pool without providers", async () => {
    pool.supportedLoginProviders = {};
    await expect(getId(login("42"))).rejects.toEqual(
      refused("NotAuthorizedException", /^Logins don't match\. /),
    );
  });

  it("distinguishes a failure of Twitter from an invalid token", async () => {
    twitter = () => Promise.reject(new Error("connect ECONNREFUSED"));
    await expect(getId(login("42"))).rejects.toEqual(refused("ExternalServiceException", /ECONNREFUSED/));
    twitter = () => ({ ok: false, status: 503, message: "Over capacity" });
    await expect(getId(login("42"))).rejects.toEqual(refused("ExternalServiceException", /503/));
  });
});

describe("GetCredentialsForIdentity", () => {
  it("issues credentials of the authenticated role for an hour", async () => {
    const identityId = await getId(login("42"));
    const { Credentials, IdentityId } = await getCredentials(identityId, login("42", "laptop"));
    expect(IdentityId).toBe(identityId);
    const { AccessKeyId, SecretKey, SessionToken, Expiration } = Credentials ?? {};
    expect(Expiration).toEqual(new Date(now().getTime() + 3_600_000));
    expect(sessions.find(AccessKeyId ?? "", SessionToken)).toEqual({
      state: "active",
      secretAccessKey: SecretKey,
      principal: {
        kind: "assumed-role",
        accessKeyId: AccessKeyId,
        arn: "arn:aws:sts::123456789012:assumed-role/authenticated/CognitoIdentityCredentials",
        userId: "AROAEXAMPLEEXAMPLE123:CognitoIdentityCredentials",
        roleArn,
        cognitoIdentity: {
          identityId,
          identityPoolId,
          amr: [
            "authenticated",
            "api.twitter.com",
            expect.stringMatching(/^api\.twitter\.com:[0-9a-f]+:42$/),
          ],
        },
      },
    });
  });

  it("rejects an authenticated identity without logins", async () => {
    const identityId = await getId(login("42"));
    await expect(getCredentials(identityId)).rejects.toEqual(
      refused("NotAuthorizedException", `Access to Identity '${identityId}' is forbidden.`),
    );
  });

  it("rejects another user's identity", async () => {
    const identityId = await getId(login("42"));
    await expect(getCredentials(identityId, login("43"))).rejects.toEqual(
      refused("NotAuthorizedException", /^Logins don't match/),
    );
    await getId(login("43"));
    await expect(getCredentials(identityId, login("43"))).rejects.toEqual(
      refused("ResourceConflictException", /another identity/),
    );
  });

  it("rejects an identity that does not exist", async () => {
    const unknown = "us-east-1:00000000-0000-0000-0000-000000000000";
    await expect(getCredentials(unknown, login("42"))).rejects.toEqual(
      refused("ResourceNotFoundException", `Identity '${unknown}' not found.`),
    );
  });

  it.each<[string, () => void]>([
    ["no roles", () => (pool.roles = undefined)],
    ["a role that is gone", () => account.roles.delete(roleArn)],
    [
      "a role that trusts another pool",
      () => account.roles.set(roleArn, createRole("authenticated", "us-east-1:0")),
    ],
    [
      "a role for guests",
      () => (pool.roles = { authenticated: "arn:aws:iam::123456789012:role/unauthenticated" }),
    ],
  ])("rejects a pool with %s", async (_name, spoil) => {
    const identityId = await getId(login("42"));
    spoil();
    await expect(getCredentials(identityId, login("42"))).rejects.toEqual(
      refused(
        "InvalidIdentityPoolConfigurationException",
        "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
      ),
    );
  });

  it("gives a guest the unauthenticated role, and links the identity when the guest logs in", async () => {
    pool.allowUnauthenticatedIdentities = true;
    const guest = await getId();
    const { Credentials } = await getCredentials(guest);
    const { AccessKeyId, SessionToken } = Credentials as Record<string, string>;
    expect(sessions.find(AccessKeyId ?? "", SessionToken)).toMatchObject({
      principal: {
        roleArn: "arn:aws:iam::123456789012:role/unauthenticated",
        cognitoIdentity: { amr: ["unauthenticated"] },
      },
    });
    await getCredentials(guest, login("42"));
    expect(await getId(login("42"))).toBe(guest);
    await expect(getCredentials(guest)).rejects.toEqual(refused("NotAuthorizedException", /forbidden/));
  });
});

it("GetOpenIdToken issues a JWT for the identity that is valid for ten minutes", async () => {
  const identityId = await getId(login("42"));
  const { Token } = (await service.handle("GetOpenIdToken", {
    IdentityId: identityId,
    Logins: login("42"),
  })) as GetOpenIdTokenResponse;
  const [, claims = ""] = String(Token).split(".");
  expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
    sub: identityId,
    aud: identityPoolId,
    exp: now().getTime() / 1000 + 600,
  });
});

it("names an unsupported operation", async () => {
  await expect(service.handle("ListIdentities", {})).rejects.toEqual(
    refused("UnknownOperationException", /ListIdentities/),
  );
});
