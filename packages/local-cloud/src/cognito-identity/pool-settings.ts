import type { IdentityPool, IdentityPoolSettings } from "../account.ts";
import { poolRefusals } from "./refusals.ts";
import { arnLimits, type RequestMembers } from "./request-members.ts";

/**
 * The settings of a pool in a request of Create- or UpdateIdentityPool, which a template's pool becomes too.
 * https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html
 *
 * @throws ServiceError
 */
export function readPoolSettings(members: RequestMembers): IdentityPoolSettings {
  const identityPoolName = members.text("IdentityPoolName", { min: 1, max: 128, pattern: /^[\w\s+=,.@-]+$/ });
  const allowUnauthenticatedIdentities = members.requiredFlag("AllowUnauthenticatedIdentities");
  const allowClassicFlow = members.flag("AllowClassicFlow");
  const supportedLoginProviders = members.textMap("SupportedLoginProviders", {
    maximum: 10,
    key: { min: 1, max: 128 },
    value: { min: 1, max: 128, pattern: /^[\w.;_/-]+$/ },
  });
  const openIdConnectProviderArns = members.texts("OpenIdConnectProviderARNs", arnLimits);
  const cognitoIdentityProviders = members.structures("CognitoIdentityProviders").map((provider) => {
    const serverSideTokenCheck = provider.flag("ServerSideTokenCheck");
    return {
      providerName: provider.text("ProviderName", { min: 1, max: 128, pattern: /^[\w._:/-]+$/ }),
      clientId: provider.text("ClientId", { min: 1, max: 128, pattern: /^[\w_]+$/ }),
      ...(serverSideTokenCheck !== undefined && { serverSideTokenCheck }),
    };
  });
  const developerProviderName = members.optionalText("DeveloperProviderName", {
    min: 1,
    max: 128,
    pattern: /^[\w._-]+$/,
  });
  const samlProviderArns = members.texts("SamlProviderARNs", arnLimits);
  members.check();
  const twitter = supportedLoginProviders.get("api.twitter.com");
  poolRefusals.twitterKeys.when(twitter !== undefined && !/^[^;]+;[^;]+$/.test(twitter));
  const wrong = openIdConnectProviderArns.find((arn) => !/^arn:aws:iam::\d{12}:oidc-provider\/./.test(arn));
  poolRefusals.oidcProviderArn.when(wrong !== undefined, wrong ?? "");
  return {
    identityPoolName,
    allowUnauthenticatedIdentities,
    allowClassicFlow,
    supportedLoginProviders: Object.fromEntries(supportedLoginProviders),
    openIdConnectProviderArns,
    cognitoIdentityProviders,
    developerProviderName,
    samlProviderArns,
  };
}

/** Whether the name is one of a provider of the pool, as role mappings and principal tags have it. */
export function isConfiguredProvider(pool: IdentityPool, name: string): boolean {
  return (
    Object.hasOwn(pool.supportedLoginProviders, name) ||
    pool.openIdConnectProviderArns.some((arn) => arn === name || arn.endsWith(`:oidc-provider/${name}`)) ||
    pool.cognitoIdentityProviders.some(({ providerName, clientId }) => name === `${providerName}:${clientId}`)
  );
}
