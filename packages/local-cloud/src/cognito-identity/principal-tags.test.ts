import type { GetCredentialsForIdentityResponse } from "@aws-sdk/client-cognito-identity";
import { beforeEach, expect, it } from "vitest";
import type { JsonObject } from "../aws/json-protocol.ts";
import { authorize } from "../iam/authorize.ts";
import { allow } from "../../test/account-fixture.ts";
import {
  createIdentityFixture,
  type IdentityFixture,
  identityPoolId,
  login,
  trustedRole,
} from "../../test/identity-fixture.ts";

let fixture: IdentityFixture;
beforeEach(() => {
  fixture = createIdentityFixture();
});

async function tagsOf(user: string) {
  const request = { IdentityId: await fixture.getId(user), Logins: login(user) };
  const { Credentials } = await fixture.call<GetCredentialsForIdentityResponse>(
    "GetCredentialsForIdentity",
    request,
  );
  const found = fixture.sessions.find(Credentials?.AccessKeyId ?? "", Credentials?.SessionToken);
  if (found.state !== "active" || found.principal.kind !== "assumed-role") throw new Error(found.state);
  return found.principal;
}

const map = (changes: JsonObject) =>
  fixture.call("SetPrincipalTagAttributeMap", {
    IdentityPoolId: identityPoolId,
    IdentityProviderName: "api.twitter.com",
    ...changes,
  });

it("the claims of the user become tags that policies compare", async () => {
  const actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"];
  const role = trustedRole(fixture.account, "authenticated", "authenticated", actions);
  expect((await tagsOf("42")).tags).toBeUndefined();
  await map({ PrincipalTags: { user: "sub", missing: "email" } });
  const principal = await tagsOf("42");
  expect(principal.tags).toEqual({ user: "42" });
  role.policies.set(
    "own",
    allow("execute-api:Invoke", "arn:aws:execute-api:*:*:*/*/GET/${aws:PrincipalTag/user}"),
  );
  const decide = (path: string) =>
    authorize(fixture.account, principal, {
      action: "execute-api:Invoke",
      resource: `arn:aws:execute-api:us-east-1:123456789012:api/$default/GET/${path}`,
      context: {},
    }).allowed;
  expect([decide("42"), decide("43")]).toEqual([true, false]);
  await map({ UseDefaults: true });
  expect((await tagsOf("42")).tags).toEqual({ client: "key;secret", username: "42" });
});

it("a role must trust the session's tags", async () => {
  await map({ UseDefaults: true });
  await expect(tagsOf("42")).rejects.toMatchObject({ code: "InvalidIdentityPoolConfigurationException" });
  expect(fixture.log).toEqual([
    "cognito-identity: the trust policy of authenticated does not allow sts:TagSession by cognito-identity.amazonaws.com",
  ]);
});
