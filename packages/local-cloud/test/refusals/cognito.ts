import type { JsonObject } from "../../src/aws/json-protocol.ts";
import type {
  identityRefusals,
  poolRefusals,
  principalTagRefusals,
  roleAttachmentRefusals,
} from "../../src/cognito-identity/refusals.ts";
import { createIdentityFixture, type IdentityFixture, identityPoolId, login } from "../identity-fixture.ts";
import { refusedTemplate, type RefusalCase, type RefusalCases } from "./refusal-case.ts";

const loginsDoNotMatch =
  "Logins don't match. Please include at least one valid login for this identity or identity pool.";
const nobody = "us-east-1:00000000-0000-0000-0000-000000000000";

const refused = (says: string, run: (fixture: IdentityFixture) => unknown): RefusalCase => ({
  says,
  run: () => run(createIdentityFixture()),
});

/** A request with the logins of the user 42, for this user's identity. */
const refusedRequest = (
  says: string,
  operation: string,
  body: JsonObject = {},
  prepare: (fixture: IdentityFixture) => unknown = () => {},
): RefusalCase =>
  refused(says, async (fixture) => {
    const IdentityId = await fixture.getId("42");
    await prepare(fixture);
    return fixture.call(operation, { IdentityId, Logins: login("42"), ...body });
  });

const refusedLogin = (says: string, Logins: JsonObject): RefusalCase =>
  refused(says, ({ pool, call }) => {
    Object.assign(pool.supportedLoginProviders, { "accounts.google.com": "g", "graph.facebook.com": "f" });
    return call("GetId", { IdentityPoolId: identityPoolId, Logins });
  });

const mapping = (fixture: IdentityFixture, ambiguousRoleResolution: "Deny" | "AuthenticatedRole"): void => {
  const roleArn = "arn:aws:iam::123456789012:role/admin";
  const rule = { claim: "sub", matchType: "Equals", value: "43", roleArn } as const;
  fixture.pool.roleMappings = {
    "api.twitter.com": { type: "Rules", ambiguousRoleResolution, rules: [rule] },
  };
};

export const identityCases: RefusalCases<typeof identityRefusals> = {
  members: refused("1 validation error detected: Value at 'identityPoolId'", ({ call }) =>
    call("GetId", { IdentityPoolId: "POOL" }),
  ),
  unknownPool: refused(`IdentityPool '${nobody}' not found.`, ({ call }) =>
    call("GetId", { IdentityPoolId: nobody }),
  ),
  unknownIdentity: refused(`Identity '${nobody}' not found.`, ({ call }) =>
    call("GetCredentialsForIdentity", { IdentityId: nobody }),
  ),
  guest: refused("Unauthenticated access is not supported for this identity pool.", ({ call }) =>
    call("GetId", { IdentityPoolId: identityPoolId }),
  ),
  identityWithoutLogins: refusedRequest("' is forbidden.", "GetCredentialsForIdentity", { Logins: null }),
  noProviders: refusedRequest(loginsDoNotMatch, "GetId", { IdentityPoolId: identityPoolId }, ({ pool }) => {
    pool.supportedLoginProviders = {};
  }),
  otherLogins: refusedRequest(loginsDoNotMatch, "GetOpenIdToken", { Logins: login("43") }),
  linkedLogin: refusedRequest(
    "A login of the request is already linked to another identity.",
    "GetOpenIdToken",
    { Logins: login("43") },
    ({ getId }) => getId("43"),
  ),
  unsupportedProvider: refusedRequest(
    "Token is not from a supported provider of this identity pool.",
    "GetOpenIdToken",
    { Logins: { "graph.facebook.com": "token" } },
  ),
  twitterLoginForm: refusedLogin(
    "Invalid login token. A Twitter login is '<access token>;<access token secret>'.",
    { "api.twitter.com": "42:secret" },
  ),
  twitterToken: refusedLogin("Invalid login token. Twitter: Invalid or expired token.", login("wrong")),
  idToken: refusedLogin("Invalid login token. Not a valid OpenId Connect identity token.", {
    "accounts.google.com": "token",
  }),
  unavailableProvider: refusedLogin("Twitter answered 503: Over capacity", login("down")),
  unverifiableProvider: refusedLogin("The local cloud cannot validate a token of graph.facebook.com.", {
    "graph.facebook.com": "token",
  }),
  untrustedIdentity: refusedRequest(
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
    "GetCredentialsForIdentity",
    {},
    ({ pool }) => {
      pool.roles = { authenticated: pool.roles?.["unauthenticated"] ?? "" };
    },
  ),
  ambiguousRole: refusedRequest(
    "The ambiguous role mapping rules for: api.twitter.com denied this request.",
    "GetCredentialsForIdentity",
    {},
    (fixture) => mapping(fixture, "Deny"),
  ),
  customRole: refusedRequest(
    "Access to Role 'arn:aws:iam::123456789012:role/admin' is forbidden.",
    "GetCredentialsForIdentity",
    { CustomRoleArn: "arn:aws:iam::123456789012:role/admin" },
    (fixture) => mapping(fixture, "AuthenticatedRole"),
  ),
  customRoleWithoutMapping: refusedRequest(
    "CustomRoleArn is not allowed for the logins of this request.",
    "GetCredentialsForIdentity",
    { CustomRoleArn: "arn:aws:iam::123456789012:role/admin" },
  ),
  classicFlow: refusedRequest(
    "Basic (classic) flow is not enabled, please use enhanced flow.",
    "GetOpenIdToken",
    {},
    ({ pool }) => {
      pool.allowClassicFlow = false;
    },
  ),
  classicFlowWithMappings: refusedRequest(
    "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.",
    "GetOpenIdToken",
    {},
    (fixture) => mapping(fixture, "AuthenticatedRole"),
  ),
};

const pool = (more: object = {}) => ({
  Type: "AWS::Cognito::IdentityPool",
  Properties: {
    AllowUnauthenticatedIdentities: false,
    SupportedLoginProviders: { "api.twitter.com": "key;secret" },
    ...more,
  },
});
const refusedPool = (says: string, more: object): RefusalCase => refusedTemplate(says, { Pool: pool(more) });

export const poolCases: RefusalCases<typeof poolRefusals> = {
  twitterKeys: refusedPool("the value of api.twitter.com must be <consumer key>;<consumer secret>", {
    SupportedLoginProviders: { "api.twitter.com": "key" },
  }),
  oidcProviderArn: refusedPool(
    "Invalid OpenIdConnectProviderARNs: arn:aws:iam::000000000000:role/r (Status Code: 400, Error Code: InvalidParameterException)",
    { OpenIdConnectProviderARNs: ["arn:aws:iam::000000000000:role/r"] },
  ),
};

const refusedAttachment = (says: string, properties: object): RefusalCase =>
  refusedTemplate(says, {
    Pool: pool(),
    Roles: {
      Type: "AWS::Cognito::IdentityPoolRoleAttachment",
      Properties: { IdentityPoolId: { Ref: "Pool" }, ...properties },
    },
  });

export const roleAttachmentCases: RefusalCases<typeof roleAttachmentRefusals> = {
  role: refusedAttachment("Access to Role 'arn:aws:iam::000000000000:role/ghost' is forbidden.", {
    Roles: { authenticated: "arn:aws:iam::000000000000:role/ghost" },
  }),
  mappingProvider: refusedAttachment(
    "(graph.facebook.com) is not a valid RoleMapping ProviderName or is not a configured provider.",
    {
      RoleMappings: {
        facebook: {
          IdentityProvider: "graph.facebook.com",
          Type: "Token",
          AmbiguousRoleResolution: "Deny",
        },
      },
    },
  ),
  mappingResolution: refusedAttachment("AmbiguousRoleResolution is required", {
    RoleMappings: { "api.twitter.com": { Type: "Token" } },
  }),
  mappingRules: refusedAttachment("RulesConfiguration is required", {
    RoleMappings: { "api.twitter.com": { Type: "Rules", AmbiguousRoleResolution: "Deny" } },
  }),
};

export const principalTagCases: RefusalCases<typeof principalTagRefusals> = {
  provider: refusedTemplate("(graph.facebook.com) is not a valid provider name", {
    Pool: pool(),
    Tags: {
      Type: "AWS::Cognito::IdentityPoolPrincipalTag",
      Properties: {
        IdentityPoolId: { Ref: "Pool" },
        IdentityProviderName: "graph.facebook.com",
        UseDefaults: true,
      },
    },
  }),
};
