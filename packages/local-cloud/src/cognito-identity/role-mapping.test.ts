import { beforeEach, describe, expect, it } from "vitest";
import { createAccount, type IdentityPool, type RoleMapping } from "../account.ts";
import { deployRole } from "../../test/account-fixture.ts";
import type { VerifiedLogin } from "./identities.ts";
import { createIdentityPools } from "./identity-pools.ts";
import { RequestMembers } from "./request-members.ts";
import { chooseRole } from "./role-mapping.ts";

const identityPoolId = "us-east-1:7cb8d1a5-6f0c-4f54-9e4f-0d5b2a1c9e77";
const roleArn = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
const userPool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI";
const twitter = "api.twitter.com";

const account = createAccount("123456789012", "us-east-1");
for (const name of ["default", "admin", "reader"]) deployRole(account, name, []);

let pool: IdentityPool;
beforeEach(() => {
  pool = {
    identityPoolId,
    identityPoolName: "pool",
    allowUnauthenticatedIdentities: false,
    supportedLoginProviders: { [twitter]: "key;secret" },
    openIdConnectProviderArns: ["arn:aws:iam::123456789012:oidc-provider/my-tenant.eu.auth0.com"],
    cognitoIdentityProviders: [{ providerName: userPool, clientId: "client" }],
    roles: undefined,
  };
  account.identityPools.set(identityPoolId, pool);
});

function setRoles(RoleMappings: object, roles: object = { authenticated: roleArn("default") }): void {
  createIdentityPools(account).setRoles(
    new RequestMembers({ IdentityPoolId: identityPoolId, Roles: roles, RoleMappings }),
  );
}

const rule = (Claim: string, MatchType: string, Value: string, role: string) => ({
  Claim,
  MatchType,
  Value,
  RoleARN: roleArn(role),
});
const byRules = (rules: readonly object[], AmbiguousRoleResolution = "Deny") => ({
  Type: "Rules",
  AmbiguousRoleResolution,
  RulesConfiguration: { Rules: rules },
});
const byToken = (AmbiguousRoleResolution = "Deny") => ({ Type: "Token", AmbiguousRoleResolution });

const userPoolLogin = (claims: Record<string, unknown>): VerifiedLogin => ({
  provider: userPool,
  userId: "42",
  application: "CognitoSignIn",
  clientId: "client",
  claims,
});
const twitterLogin: VerifiedLogin = {
  provider: twitter,
  userId: "42",
  claims: { iss: twitter, aud: "key;secret", sub: "42" },
};

const denied = expect.objectContaining({
  code: "NotAuthorizedException",
  message: `The ambiguous role mapping rules for: ${userPool}:client denied this request.`,
}) as Error;

describe("a mapping by rules", () => {
  it.each<[string, object, Record<string, unknown>, string]>([
    ["Equals", rule("dept", "Equals", "sales", "admin"), { dept: "sales" }, "admin"],
    ["Equals, and another value", rule("dept", "Equals", "sales", "admin"), { dept: "sales2" }, "default"],
    ["Contains", rule("dept", "Contains", "ale", "admin"), { dept: "sales" }, "admin"],
    ["Contains, and another value", rule("dept", "Contains", "ale", "admin"), { dept: "it" }, "default"],
    ["StartsWith", rule("dept", "StartsWith", "sal", "admin"), { dept: "sales" }, "admin"],
    [
      "StartsWith, and the text inside",
      rule("dept", "StartsWith", "ales", "admin"),
      { dept: "sales" },
      "default",
    ],
    ["NotEqual", rule("dept", "NotEqual", "sales", "admin"), { dept: "it" }, "admin"],
    ["NotEqual, and the value", rule("dept", "NotEqual", "sales", "admin"), { dept: "sales" }, "default"],
    ["NotEqual, and no claim", rule("dept", "NotEqual", "sales", "admin"), {}, "default"],
    ["a number", rule("level", "Equals", "3", "admin"), { level: 3 }, "admin"],
    [
      "one of a list",
      rule("cognito:groups", "Equals", "b", "admin"),
      { "cognito:groups": ["a", "b"] },
      "admin",
    ],
  ])("%s", (_name, mapping, claims, role) => {
    setRoles({ [`${userPool}:client`]: byRules([mapping], "AuthenticatedRole") });
    expect(chooseRole(pool, [userPoolLogin(claims)], undefined)).toBe(roleArn(role));
  });

  it("uses the first rule that matches, or the CustomRoleArn that matches", () => {
    const rules = [rule("sub", "StartsWith", "4", "reader"), rule("sub", "Equals", "42", "admin")];
    setRoles({ [twitter]: byRules(rules) });
    expect(chooseRole(pool, [twitterLogin], undefined)).toBe(roleArn("reader"));
    expect(chooseRole(pool, [twitterLogin], roleArn("admin"))).toBe(roleArn("admin"));
    expect(() => chooseRole(pool, [twitterLogin], roleArn("default"))).toThrow(
      `Access to Role '${roleArn("default")}' is forbidden.`,
    );
  });

  it("denies the request without a match", () => {
    setRoles({ [`${userPool}:client`]: byRules([rule("dept", "Equals", "sales", "admin")]) });
    expect(() => chooseRole(pool, [userPoolLogin({ dept: "it" })], undefined)).toThrow(denied);
  });

  it("does not apply to another provider or app client", () => {
    setRoles({ [twitter]: byRules([rule("sub", "Equals", "42", "admin")]) });
    const claims = { sub: "42" };
    expect(chooseRole(pool, [userPoolLogin(claims)], undefined)).toBe(roleArn("default"));
    pool.cognitoIdentityProviders.push({ providerName: userPool, clientId: "other" });
    setRoles({ [`${userPool}:other`]: byRules([rule("sub", "Equals", "42", "admin")]) });
    expect(chooseRole(pool, [userPoolLogin(claims)], undefined)).toBe(roleArn("default"));
  });

  it("knows an IAM provider by its ARN", () => {
    const [arn = ""] = pool.openIdConnectProviderArns;
    setRoles({ [arn]: byRules([rule("sub", "Equals", "42", "admin")]) });
    const login = { provider: "my-tenant.eu.auth0.com", userId: "42", claims: { sub: "42" } };
    expect(chooseRole(pool, [login], undefined)).toBe(roleArn("admin"));
  });
});

describe("a mapping by token", () => {
  const roles = [roleArn("admin"), roleArn("reader")];
  it.each<[string, Record<string, unknown>, string | undefined, string]>([
    [
      "uses the preferred role",
      { "cognito:preferred_role": roles[0], "cognito:roles": roles },
      undefined,
      "admin",
    ],
    ["uses a CustomRoleArn of its roles", { "cognito:roles": roles }, roleArn("reader"), "reader"],
    [
      "reads roles that are joined by commas",
      { "cognito:roles": roles.join(",") },
      roleArn("reader"),
      "reader",
    ],
  ])("%s", (_name, claims, customRoleArn, role) => {
    setRoles({ [`${userPool}:client`]: byToken() });
    expect(chooseRole(pool, [userPoolLogin(claims)], customRoleArn)).toBe(roleArn(role));
  });

  it.each<[string, Record<string, unknown>]>([
    ["several roles without a preferred one", { "cognito:roles": roles }],
    ["no roles", {}],
  ])("denies a token with %s", (_name, claims) => {
    setRoles({ [`${userPool}:client`]: byToken() });
    expect(() => chooseRole(pool, [userPoolLogin(claims)], undefined)).toThrow(denied);
  });

  it("rejects a CustomRoleArn that the token does not have, and uses the default role if it may", () => {
    setRoles({ [`${userPool}:client`]: byToken("AuthenticatedRole") });
    const login = userPoolLogin({ "cognito:roles": roles });
    expect(() => chooseRole(pool, [login], roleArn("default"))).toThrow("is forbidden");
    expect(chooseRole(pool, [login], undefined)).toBe(roleArn("default"));
  });
});

it("a CustomRoleArn needs a mapping", () => {
  setRoles({});
  expect(() => chooseRole(pool, [twitterLogin], roleArn("admin"))).toThrow("CustomRoleArn is not allowed");
});

describe("SetIdentityPoolRoles refuses", () => {
  const mapping = byRules([rule("sub", "Equals", "42", "admin")]);
  it.each<[string, object, string, string]>([
    [
      "a provider that the pool does not have",
      { "graph.facebook.com": mapping },
      "InvalidParameterException",
      "(graph.facebook.com) is not a valid RoleMapping ProviderName or is not a configured provider.",
    ],
    [
      "a user pool without its app client",
      { [userPool]: mapping },
      "InvalidParameterException",
      `(${userPool}) is not a valid RoleMapping ProviderName or is not a configured provider.`,
    ],
    [
      "no AmbiguousRoleResolution",
      { [twitter]: { Type: "Token" } },
      "InvalidParameterException",
      "AmbiguousRoleResolution is required if you specify Token or Rules as the Type.",
    ],
    [
      "rules without rules",
      { [twitter]: { Type: "Rules", AmbiguousRoleResolution: "Deny" } },
      "InvalidParameterException",
      "RulesConfiguration is required if you specify Rules as the Type.",
    ],
    [
      "an empty list of rules",
      { [twitter]: byRules([]) },
      "ValidationException",
      "greater than or equal to 1",
    ],
    ["another type", { [twitter]: { ...mapping, Type: "Role" } }, "ValidationException", "[Token, Rules]"],
    [
      "another match type",
      { [twitter]: byRules([rule("sub", "Like", "4", "admin")]) },
      "ValidationException",
      `'roleMappings.${twitter}.member.rulesConfiguration.rules.1.member.matchType'`,
    ],
    [
      "another resolution",
      { [twitter]: { ...mapping, AmbiguousRoleResolution: "Allow" } },
      "ValidationException",
      "[AuthenticatedRole, Deny]",
    ],
    [
      "a role that does not exist",
      { [twitter]: byRules([rule("sub", "Equals", "42", "ghost")]) },
      "NotAuthorizedException",
      `Access to Role '${roleArn("ghost")}' is forbidden.`,
    ],
  ])("%s", (_name, RoleMappings, code, message) => {
    const before = { ...pool };
    expect(() => setRoles(RoleMappings)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
    );
    expect(pool).toEqual(before);
  });

  it("roles that do not exist or have another name", () => {
    expect(() => setRoles({}, { authenticated: roleArn("ghost") })).toThrow("is forbidden.");
    expect(() => setRoles({}, { admin: roleArn("admin") })).toThrow("(un)?authenticated");
  });
});

it("GetIdentityPoolRoles returns the mappings as they were set", () => {
  const mapping: { [name: string]: unknown } = {
    [twitter]: byRules([rule("sub", "Equals", "42", "admin")]),
    [`${userPool}:client`]: byToken(),
  };
  setRoles(mapping);
  expect(pool.roleMappings?.[twitter]).toEqual<RoleMapping>({
    type: "Rules",
    ambiguousRoleResolution: "Deny",
    rules: [{ claim: "sub", matchType: "Equals", value: "42", roleArn: roleArn("admin") }],
  });
  const pools = createIdentityPools(account);
  expect(pools.getRoles(new RequestMembers({ IdentityPoolId: identityPoolId }))).toEqual({
    IdentityPoolId: identityPoolId,
    Roles: { authenticated: roleArn("default") },
    RoleMappings: mapping,
  });
});
