import type {
  GetIdentityPoolRolesResponse,
  IdentityPool as IdentityPoolDescription,
  RoleMapping,
} from "@aws-sdk/client-cognito-identity";
import type { IdentityPool, RoleMapping as IdentityPoolRoleMapping } from "../account.ts";

/** {@link https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html} */
export function describePool(pool: IdentityPool): IdentityPoolDescription {
  const { supportedLoginProviders, openIdConnectProviderArns, cognitoIdentityProviders } = pool;
  const { allowClassicFlow, developerProviderName, samlProviderArns = [] } = pool;
  return {
    IdentityPoolId: pool.identityPoolId,
    IdentityPoolName: pool.identityPoolName,
    AllowUnauthenticatedIdentities: pool.allowUnauthenticatedIdentities,
    ...(allowClassicFlow !== undefined && { AllowClassicFlow: allowClassicFlow }),
    ...(Object.keys(supportedLoginProviders).length > 0 && {
      SupportedLoginProviders: supportedLoginProviders,
    }),
    ...(openIdConnectProviderArns.length > 0 && {
      OpenIdConnectProviderARNs: [...openIdConnectProviderArns],
    }),
    ...(cognitoIdentityProviders.length > 0 && {
      CognitoIdentityProviders: cognitoIdentityProviders.map(
        ({ providerName, clientId, serverSideTokenCheck = false }) => ({
          ProviderName: providerName,
          ClientId: clientId,
          ServerSideTokenCheck: serverSideTokenCheck,
        }),
      ),
    }),
    ...(developerProviderName !== undefined && { DeveloperProviderName: developerProviderName }),
    ...(samlProviderArns.length > 0 && { SamlProviderARNs: [...samlProviderArns] }),
  };
}

/** {@link https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetIdentityPoolRoles.html} */
export function describePoolRoles({
  identityPoolId,
  roles,
  roleMappings = {},
}: IdentityPool): GetIdentityPoolRolesResponse {
  const mappings = Object.entries(roleMappings).map(([provider, mapping]) => [provider, describe(mapping)]);
  return {
    IdentityPoolId: identityPoolId,
    ...(roles !== undefined && { Roles: { ...roles } }),
    ...(mappings.length > 0 && { RoleMappings: Object.fromEntries(mappings) as Record<string, RoleMapping> }),
  };
}

function describe({ type, ambiguousRoleResolution, rules }: IdentityPoolRoleMapping): RoleMapping {
  return {
    Type: type,
    AmbiguousRoleResolution: ambiguousRoleResolution,
    ...(type === "Rules" && {
      RulesConfiguration: {
        Rules: rules.map(({ claim, matchType, value, roleArn }) => ({
          Claim: claim,
          MatchType: matchType,
          Value: value,
          RoleARN: roleArn,
        })),
      },
    }),
  };
}
