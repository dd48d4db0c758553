import type {
  GetCredentialsForIdentityResponse,
  GetIdResponse,
  GetOpenIdTokenResponse,
} from "@aws-sdk/client-cognito-identity";
import { type Claims, type OidcIssuer, startOidcIssuer } from "@api-auth-twitter/test-support/oidc-issuer";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSessions } from "../iam/sessions.ts";
import { createIssuerDirectory } from "../oidc/issuers.ts";
import { type Account, createAccount, type IdentityPool } from "../account.ts";
import { type CognitoIdentityService, createCognitoIdentity } from "./cognito-identity.ts";
import { createOpenIdTokens } from "./open-id-token.ts";

const identityPoolId = "us-east-1:7cb8d1a5-6f0c-4f54-9e4f-0d5b2a1c9e77";
const roleArn = "arn:aws:iam::123456789012:role/authenticated";
const auth0 = "my-tenant.eu.auth0.com";
const auth0Arn = `arn:aws:iam::123456789012:oidc-provider/${auth0}`;
const google = "accounts.google.com";
const userPool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI";

const now = (): Date => new Date();
const issuers = new Map<string, OidcIssuer>();
let account: Account;
let pool: IdentityPool;
let service: CognitoIdentityService;
let sessions: ReturnType<typeof createSessions>;

beforeAll(async () => {
  for (const host of [auth0, google, "cognito-idp.us-east-1.amazonaws.com"])
    issuers.set(host, await startOidcIssuer(host));
});
afterAll(() => Promise.all([...issuers.values()].map((issuer) => issuer.close())));

beforeEach(() => {
  account = createAccount("123456789012", "us-east-1");
  sessions = createSessions({ now });
  service = createCognitoIdentity({
    account,
    sessions,
    openIdTokens: createOpenIdTokens(now),
    now,
    twitterApiUrl: () => "http://127.0.0.1:1",
    verifyTwitterToken: () => Promise.reject(new Error("unexpected call to Twitter")),
    issuers: createIssuerDirectory(
      Object.fromEntries([...issuers].map(([host, { url }]) => [host, url] as const)),
    ),
  });
  account.oidcProviders.set(auth0Arn, {
    arn: auth0Arn,
    providerName: auth0,
    clientIds: ["auth0-client"],
    thumbprints: [],
  });
  pool = {
    identityPoolId,
    identityPoolName: "pool",
    allowUnauthenticatedIdentities: false,
    supportedLoginProviders: { [google]: "google-client", "graph.facebook.com": "app" },
    openIdConnectProviderArns: [auth0Arn],
    cognitoIdentityProviders: [{ providerName: userPool, clientId: "app-client" }],
    roles: { authenticated: roleArn },
  };
  account.identityPools.set(identityPoolId, pool);
  trust("authenticated");
});

/** Trusts identities with this `amr` in the pool's role. */
function trust(amr: string): void {
  account.roles.set(roleArn, {
    arn: roleArn,
    roleName: "authenticated",
    roleId: "AROAEXAMPLEEXAMPLE123",
    assumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { Federated: "cognito-identity.amazonaws.com" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: { "cognito-identity.amazonaws.com:aud": identityPoolId },
          "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": amr },
        },
      },
    },
    policies: new Map(),
    managedPolicyArns: [],
  });
}

function tokenOf(provider: string, claims: Claims = {}): string {
  const issuer = issuers.get(provider.split("/")[0] ?? "");
  if (issuer === undefined) throw new Error(`no issuer of ${provider}`);
  const audiences: Record<string, string> = {
    [auth0]: "auth0-client",
    [google]: "google-client",
    [userPool]: "app-client",
  };
  return issuer.idToken({ iss: `https://${provider}`, aud: audiences[provider], ...claims });
}

async function getId(provider: string, token: string): Promise<string> {
  const { IdentityId } = (await service.handle("GetId", {
    IdentityPoolId: identityPoolId,
    Logins: { [provider]: token },
  })) as GetIdResponse;
  return String(IdentityId);
}

const getCredentials = (IdentityId: string, provider: string, token: string) =>
  service.handle("GetCredentialsForIdentity", {
    IdentityId,
    Logins: { [provider]: token },
  }) as Promise<GetCredentialsForIdentityResponse>;

const refused = (code: string, message: string | RegExp) =>
  expect.objectContaining({
    code,
    message: typeof message === "string" ? message : (expect.stringMatching(message) as string),
  }) as Error;

describe.each([
  ["a provider of IAM", auth0, `${auth0}:OIDC:user-1`],
  ["Google", google, `${google}:google-client:user-1`],
  ["a user pool", userPool, `${userPool}:CognitoSignIn:user-1`],
])("an ID token of %s", (_name, provider, amr) => {
  it("gives the same user the same identity, and another user another identity", async () => {
    const first = await getId(provider, tokenOf(provider));
    expect(await getId(provider, tokenOf(provider, { jti: "another token" }))).toBe(first);
    expect(await getId(provider, tokenOf(provider, { sub: "user-2" }))).not.toBe(first);
  });

  it("issues credentials whose session names the provider", async () => {
    const identityId = await getId(provider, tokenOf(provider));
    const { Credentials } = await getCredentials(identityId, provider, tokenOf(provider));
    const { AccessKeyId, SessionToken } = Credentials as Record<string, string>;
    expect(sessions.find(AccessKeyId ?? "", SessionToken)).toMatchObject({
      principal: { cognitoIdentity: { identityId, amr: ["authenticated", provider, amr] } },
    });
  });

  it("issues a token for the identity that is valid for ten minutes", async () => {
    const identityId = await getId(provider, tokenOf(provider));
    const { Token } = (await service.handle("GetOpenIdToken", {
      IdentityId: identityId,
      Logins: { [provider]: tokenOf(provider) },
    })) as GetOpenIdTokenResponse;
    const [, claims = ""] = String(Token).split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      sub: identityId,
      amr: ["authenticated", provider, amr],
    });
  });

  it("assumes a role that trusts this provider, and not one that trusts another", async () => {
    const identityId = await getId(provider, tokenOf(provider));
    trust(provider);
    await expect(getCredentials(identityId, provider, tokenOf(provider))).resolves.toBeDefined();
    trust("api.twitter.com");
    await expect(getCredentials(identityId, provider, tokenOf(provider))).rejects.toEqual(
      refused("InvalidIdentityPoolConfigurationException", /^Invalid identity pool configuration/),
    );
  });
});

describe("a login is rejected", () => {
  it.each<[string, string, () => string, string, string | RegExp]>([
    [
      "with an expired token",
      auth0,
      () => tokenOf(auth0, { exp: 1_700_000_000 }),
      "NotAuthorizedException",
      /^Invalid login token\. Token expired: \d+ >= 1700000000$/,
    ],
    [
      "with a token of another issuer",
      google,
      () => tokenOf(auth0),
      "NotAuthorizedException",
      "Invalid login token. Issuer doesn't match providerName",
    ],
    [
      "with a token for another client",
      auth0,
      () => tokenOf(auth0, { aud: "other" }),
      "NotAuthorizedException",
      "Invalid login token. Incorrect token audience.",
    ],
    [
      "with a token for another app client of the user pool",
      userPool,
      () => tokenOf(userPool, { aud: "other" }),
      "NotAuthorizedException",
      "Token is not from a supported provider of this identity pool.",
    ],
    [
      "from another user pool",
      `${userPool}x`,
      () => tokenOf(userPool),
      "NotAuthorizedException",
      "Token is not from a supported provider of this identity pool.",
    ],
    [
      "from an IAM provider that the pool does not name",
      "other.eu.auth0.com",
      () => tokenOf(auth0),
      "NotAuthorizedException",
      "Token is not from a supported provider of this identity pool.",
    ],
    [
      "with a token that is not a JWT",
      google,
      () => "ya29.a0AfH6SMB",
      "NotAuthorizedException",
      "Invalid login token. Not a valid OpenId Connect identity token.",
    ],
    [
      "with a token of Facebook, which the local cloud cannot verify",
      "graph.facebook.com",
      () => "EAAB",
      "ExternalServiceException",
      /cannot validate a token of graph\.facebook\.com/,
    ],
  ])("%s", async (_name, provider, token, code, message) => {
    await expect(getId(provider, token())).rejects.toEqual(refused(code, message));
  });

  it("from a provider whose IAM resource was deleted", async () => {
    account.oidcProviders.delete(auth0Arn);
    await expect(getId(auth0, tokenOf(auth0))).rejects.toEqual(
      refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."),
    );
  });
});
