import type {
  GetIdentityPoolRolesResponse,
  IdentityPool as IdentityPoolDescription,
} from "@aws-sdk/client-cognito-identity";
import type { IdentityPool } from "../account.ts";

/** {@link https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html} */
export function describePool(pool: IdentityPool): IdentityPoolDescription {
  const { supportedLoginProviders, openIdConnectProviderArns, cognitoIdentityProviders } = pool;
  return {
    IdentityPoolId: pool.identityPoolId,
    IdentityPoolName: pool.identityPoolName,
    AllowUnauthenticatedIdentities: pool.allowUnauthenticatedIdentities,
    ...(Object.keys(supportedLoginProviders).length > 0 && {
      SupportedLoginProviders: supportedLoginProviders,
    }),
    ...(openIdConnectProviderArns.length > 0 && {
      OpenIdConnectProviderARNs: [...openIdConnectProviderArns],
    }),
    ...(cognitoIdentityProviders.length > 0 && {
      CognitoIdentityProviders: cognitoIdentityProviders.map(({ providerName, clientId }) => ({
        ProviderName: providerName,
        ClientId: clientId,
        ServerSideTokenCheck: false,
      })),
    }),
  };
}

/** {@link https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetIdentityPoolRoles.html} */
export function describePoolRoles({ identityPoolId, roles }: IdentityPool): GetIdentityPoolRolesResponse {
  return { IdentityPoolId: identityPoolId, ...(roles === undefined ? {} : { Roles: { ...roles } }) };
}
