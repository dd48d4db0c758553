import { expect, it } from "vitest";
import { createStacksFixture } from "../../../test/stacks-fixture.ts";

const userPool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI";
const roleArn = "arn:aws:iam::000000000000:role/admin";

const template = (more: object) => ({
  Resources: {
    Pool: {
      Type: "AWS::Cognito::IdentityPool",
      Properties: {
        AllowUnauthenticatedIdentities: false,
        AllowClassicFlow: false,
        SupportedLoginProviders: { "graph.facebook.com": 123456789012345 },
        CognitoIdentityProviders: [
          { ProviderName: userPool, ClientId: "client", ServerSideTokenCheck: "true" },
        ],
      },
    },
    Role: {
      Type: "AWS::IAM::Role",
      Properties: {
        RoleName: "admin",
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: {
            Effect: "Allow",
            Action: "sts:AssumeRoleWithWebIdentity",
            Principal: { Federated: "cognito-identity.amazonaws.com" },
            Condition: { StringEquals: { "cognito-identity.amazonaws.com:aud": { Ref: "Pool" } } },
          },
        },
      },
    },
    ...more,
  },
});

const attachment = {
  Type: "AWS::Cognito::IdentityPoolRoleAttachment",
  Properties: {
    IdentityPoolId: { Ref: "Pool" },
    Roles: { authenticated: { "Fn::GetAtt": ["Role", "Arn"] } },
    RoleMappings: {
      userpool: {
        IdentityProvider: { "Fn::Sub": `${userPool}:client` },
        Type: "Rules",
        AmbiguousRoleResolution: "Deny",
        RulesConfiguration: {
          Rules: [
            { Claim: "sub", MatchType: "Equals", Value: "42", RoleARN: { "Fn::GetAtt": ["Role", "Arn"] } },
          ],
        },
      },
    },
  },
};

const tags = {
  Type: "AWS::Cognito::IdentityPoolPrincipalTag",
  Properties: {
    IdentityPoolId: { Ref: "Pool" },
    IdentityProviderName: "graph.facebook.com",
    PrincipalTags: { user: "sub" },
  },
};

it("a template's pool has its classic flow, role mappings and principal tags", async () => {
  const fixture = createStacksFixture();
  const { account } = fixture;
  const stack = await fixture.deploy(template({ Roles: attachment, Tags: tags }));
  expect(fixture.events(stack).at(-1)).toBe("test CREATE_COMPLETE");
  const [pool] = account.identityPools.values();
  expect(pool).toMatchObject({
    allowClassicFlow: false,
    supportedLoginProviders: { "graph.facebook.com": "123456789012345" },
    cognitoIdentityProviders: [{ providerName: userPool, clientId: "client", serverSideTokenCheck: true }],
    roles: { authenticated: roleArn },
    roleMappings: {
      [`${userPool}:client`]: {
        type: "Rules",
        ambiguousRoleResolution: "Deny",
        rules: [{ claim: "sub", matchType: "Equals", value: "42", roleArn }],
      },
    },
    principalTagMaps: { "graph.facebook.com": { useDefaults: false, principalTags: { user: "sub" } } },
  });
  expect(stack.resources.get("Tags")?.physicalId).toBe(`${pool?.identityPoolId}|graph.facebook.com`);

  await fixture.deploy(
    template({ Tags: { ...tags, Properties: { ...tags.Properties, UseDefaults: true } } }),
  );
  expect(pool).toMatchObject({ roles: undefined, roleMappings: {} });
  expect(pool?.principalTagMaps?.["graph.facebook.com"]).toMatchObject({ useDefaults: true });
  await fixture.deploy(template({}));
  expect(pool?.principalTagMaps).toEqual({});
});
