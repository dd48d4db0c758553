import type { AssumeRoleWithWebIdentityResponse, AssumeRoleResponse } from "@aws-sdk/client-sts";
import { beforeEach, describe, expect, it } from "vitest";
import { QueryParameters } from "../aws/query-protocol.ts";
import { authorize } from "../iam/authorize.ts";
import type { Principal } from "../iam/principal.ts";
import { allow } from "../../test/account-fixture.ts";
import {
  createIdentityFixture,
  type IdentityFixture,
  identityPoolId,
  login,
} from "../../test/identity-fixture.ts";

const resource = "arn:aws:execute-api:us-east-1:123456789012:api/$default/GET/private";
const roleArn = "arn:aws:iam::123456789012:role/authenticated";

let fixture: IdentityFixture;
beforeEach(() => {
  fixture = createIdentityFixture();
});

async function assume(
  token: string,
  more: Record<string, string> = {},
): Promise<AssumeRoleWithWebIdentityResponse> {
  const request = {
    Action: "AssumeRoleWithWebIdentity",
    RoleArn: roleArn,
    RoleSessionName: "app1",
    WebIdentityToken: token,
    ...more,
  };
  return fixture.sts.handle(new QueryParameters(new URLSearchParams(request).toString()), undefined);
}

async function tokenOf(user: string): Promise<{ identityId: string; token: string }> {
  const identityId = await fixture.getId(user);
  const request = { IdentityId: identityId, Logins: login(user) };
  const { Token: token } = await fixture.call<{ Token: string }>("GetOpenIdToken", request);
  return { identityId, token };
}

function principalOf({ Credentials }: AssumeRoleResponse): Principal {
  const found = fixture.sessions.find(Credentials?.AccessKeyId ?? "", Credentials?.SessionToken);
  if (found.state !== "active") throw new Error(found.state);
  return found.principal;
}

const mayCall = (principal: Principal): boolean =>
  authorize(fixture.account, principal, { action: "execute-api:Invoke", resource, context: {} }).allowed;

describe("AssumeRoleWithWebIdentity", () => {
  it("issues credentials for the identity of a token of GetOpenIdToken", async () => {
    const { identityId, token } = await tokenOf("42");
    const response = await assume(token, { DurationSeconds: "900" });
    expect(response).toMatchObject({
      AssumedRoleUser: {
        Arn: "arn:aws:sts::123456789012:assumed-role/authenticated/app1",
        AssumedRoleId: "AROAEXAMPLEEXAMPLE123:app1",
      },
      SubjectFromWebIdentityToken: identityId,
      Provider: "cognito-identity.amazonaws.com",
      Audience: identityPoolId,
    });
    expect(response.Credentials?.Expiration).toEqual(new Date("2026-03-01T12:15:00Z"));
    expect(principalOf(response)).toMatchObject({
      roleArn,
      cognitoIdentity: {
        identityId,
        identityPoolId,
        amr: ["authenticated", "api.twitter.com", expect.stringMatching(/:42$/) as string],
      },
    });
  });

  it("reports a role that does not trust the pool to the log only", async () => {
    const { token } = await tokenOf("42");
    const role = fixture.account.roles.get(roleArn);
    const trusted = JSON.stringify(role?.assumeRolePolicyDocument);
    const other = trusted.replace(identityPoolId, "us-east-1:00000000-0000-0000-0000-000000000000");
    Object.assign(role ?? {}, { assumeRolePolicyDocument: JSON.parse(other) as object });
    await expect(assume(token)).rejects.toMatchObject({
      code: "AccessDenied",
      status: 403,
      message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    });
    expect(fixture.log.join("\n")).toContain("the trust policy of authenticated does not allow");
  });

  it("limits the role by a session policy, and adds nothing to it", async () => {
    const { token } = await tokenOf("42");
    const role = fixture.account.roles.get(roleArn);
    const Policy = JSON.stringify(allow("execute-api:Invoke", "*"));
    expect(mayCall(principalOf(await assume(token, { Policy })))).toBe(false);
    role?.policies.set("api", allow("execute-api:*", "*"));
    expect(mayCall(principalOf(await assume(token)))).toBe(true);
    expect(mayCall(principalOf(await assume(token, { Policy })))).toBe(true);
    const other = JSON.stringify(allow("s3:*", "*"));
    expect(mayCall(principalOf(await assume(token, { Policy: other })))).toBe(false);
    const arn = "arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess";
    expect(mayCall(principalOf(await assume(token, { Policy: other, "PolicyArns.member.1.arn": arn })))).toBe(
      true,
    );
  });
});

describe("a guest", () => {
  beforeEach(() => {
    fixture.pool.allowUnauthenticatedIdentities = true;
    const role = fixture.account.roles.get("arn:aws:iam::123456789012:role/unauthenticated");
    role?.policies.set("all", allow("*", "*"));
  });

  it("has the session policies of Cognito in the enhanced flow, which allow execute-api and not IAM", async () => {
    const { IdentityId } = await fixture.call("GetId", { IdentityPoolId: identityPoolId });
    const { Credentials } = await fixture.call<AssumeRoleResponse>("GetCredentialsForIdentity", {
      IdentityId,
    });
    const principal = principalOf({ Credentials });
    const decide = (action: string) =>
      authorize(fixture.account, principal, { action, resource: "*", context: {} });
    expect(mayCall(principal)).toBe(true);
    expect(decide("s3:GetObject").allowed).toBe(true);
    // Of the managed policy alone.
    expect(decide("kms:Encrypt").allowed).toBe(true);
    expect(decide("kms:CreateKey").allowed).toBe(false);
    expect(decide("iam:GetRole")).toEqual({
      allowed: false,
      reason: "Cognito's session policy for guests does not allow iam:GetRole on *",
      because: "because no session policy allows the iam:GetRole action",
    });
  });

  it("has what the role allows in the classic flow", async () => {
    const { IdentityId } = await fixture.call("GetId", { IdentityPoolId: identityPoolId });
    const { Token } = await fixture.call<{ Token: string }>("GetOpenIdToken", { IdentityId });
    const RoleArn = "arn:aws:iam::123456789012:role/unauthenticated";
    const principal = principalOf(await assume(Token, { RoleArn }));
    expect(
      authorize(fixture.account, principal, { action: "iam:GetRole", resource: "*", context: {} }).allowed,
    ).toBe(true);
    await expect(assume(Token)).rejects.toThrow("Not authorized");
  });
});
