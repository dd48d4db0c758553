import { describe, expect, it } from "vitest";
import type { JsonObject } from "../aws/json-protocol.ts";
import { createAccount } from "../account.ts";
import { createIdentityPools } from "./identity-pools.ts";
import { RequestMembers } from "./request-members.ts";

const account = createAccount("123456789012", "us-east-1");
const pools = createIdentityPools(account);
const request = (body: JsonObject) => new RequestMembers(body);
const settings = {
  IdentityPoolName: "users",
  AllowUnauthenticatedIdentities: false,
  AllowClassicFlow: true,
  SupportedLoginProviders: { "api.twitter.com": "key;secret" },
};

const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

it("creates, updates, lists and deletes pools", () => {
  const created = pools.create(request(settings));
  const { IdentityPoolId: id = "" } = created;
  expect(created).toEqual({
    IdentityPoolId: expect.stringMatching(/^us-east-1:[0-9a-f-]{36}$/) as string,
    ...settings,
  });
  const update = {
    IdentityPoolId: id,
    IdentityPoolName: "guests",
    AllowUnauthenticatedIdentities: true,
    CognitoIdentityProviders: [
      {
        ProviderName: "cognito-idp.us-east-1.amazonaws.com/us-east-1_A",
        ClientId: "c",
        ServerSideTokenCheck: true,
      },
    ],
    DeveloperProviderName: "login.example",
  };
  // A setting that the request lacks is reset.
  expect(pools.update(request(update))).toEqual(update);
  expect(pools.describe(request({ IdentityPoolId: id }))).toEqual(update);

  const second = pools.create(request(settings)).IdentityPoolId;
  const first = pools.list(request({ MaxResults: 1 }));
  expect(first.IdentityPools).toEqual([{ IdentityPoolId: id, IdentityPoolName: "guests" }]);
  const rest = pools.list(request({ MaxResults: 1, NextToken: first.NextToken }));
  expect(rest).toEqual({ IdentityPools: [{ IdentityPoolId: second, IdentityPoolName: "users" }] });

  pools.remove(request({ IdentityPoolId: id }));
  expect(() => pools.describe(request({ IdentityPoolId: id }))).toThrow(
    refusal("ResourceNotFoundException", `IdentityPool '${id}' not found.`),
  );
});

describe("a pool is refused", () => {
  it.each<[string, JsonObject, string, string]>([
    ["without a name", { IdentityPoolName: undefined }, "ValidationException", "must not be null"],
    ["with a / in its name", { IdentityPoolName: "a/b" }, "ValidationException", "[\\w\\s+=,.@-]+"],
    [
      "without a decision about guests",
      { AllowUnauthenticatedIdentities: undefined },
      "ValidationException",
      "'allowUnauthenticatedIdentities'",
    ],
    [
      "with only a consumer key",
      { SupportedLoginProviders: { "api.twitter.com": "key" } },
      "InvalidParameterException",
      "<consumer key>;<consumer secret>",
    ],
    [
      "with a provider that is not in IAM",
      { OpenIdConnectProviderARNs: ["arn:aws:iam::123456789012:role/x"] },
      "InvalidParameterException",
      "Invalid OpenIdConnectProviderARNs",
    ],
    [
      "with a user pool without app client",
      { CognitoIdentityProviders: [{ ProviderName: "cognito-idp" }] },
      "ValidationException",
      "'cognitoIdentityProviders.1.member.clientId'",
    ],
    ["with a flag as text", { AllowClassicFlow: "true" }, "SerializationException", "AllowClassicFlow"],
  ])("%s", (_name, changes, code, message) => {
    const count = account.identityPools.size;
    expect(() => pools.create(request({ ...settings, ...changes }))).toThrow(refusal(code, message));
    expect(account.identityPools.size).toBe(count);
  });
});

it("stores the principal tags of a configured provider", () => {
  const IdentityPoolId = pools.create(request(settings)).IdentityPoolId;
  const provider = { IdentityPoolId, IdentityProviderName: "api.twitter.com" };
  expect(pools.getPrincipalTags(request(provider))).toEqual({
    ...provider,
    UseDefaults: false,
    PrincipalTags: {},
  });
  const tags = { ...provider, UseDefaults: false, PrincipalTags: { user: "sub" } };
  expect(pools.setPrincipalTags(request(tags))).toEqual(tags);
  expect(pools.getPrincipalTags(request(provider))).toEqual(tags);
  pools.setPrincipalTags(request({ ...provider, UseDefaults: true }));
  expect(pools.getPrincipalTags(request(provider))).toMatchObject({
    PrincipalTags: { client: "aud", username: "sub" },
  });
  expect(() =>
    pools.setPrincipalTags(request({ ...tags, IdentityProviderName: "graph.facebook.com" })),
  ).toThrow(refusal("InvalidParameterException", "is not a configured provider"));
});
