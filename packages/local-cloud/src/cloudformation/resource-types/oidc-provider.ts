import type { Account, OidcProvider } from "../../account.ts";
import { oidcProviderRefusals } from "./iam-refusals.ts";
import type { Properties } from "./properties.ts";
import type { ResourceInstance, ResourceType } from "./resource-type.ts";

/** AWS::IAM::OIDCProvider. `Ref` is its ARN. */
export function oidcProviderType(account: Account): ResourceType {
  return createOidcProviderType(account, "ClientIdList", (arn) => ({
    physicalId: arn,
    attributes: { Arn: arn },
  }));
}

/**
 * Custom::AWSCDKOpenIdConnectProvider, the same resource as created by the CDK's OpenIdConnectProvider and SST's Auth0
 * provider.
 */
export function oidcProviderCustomType(account: Account): ResourceType {
  return createOidcProviderType(account, "ClientIDList", (arn, { thumbprints }) => ({
    physicalId: arn,
    attributes: { Thumbprints: JSON.stringify(thumbprints) },
  }));
}

function createOidcProviderType(
  account: Account,
  clientIdsProperty: string,
  describe: (arn: string, provider: OidcProvider) => ResourceInstance,
): ResourceType {
  const read = (properties: Properties): OidcProvider => {
    const providerName = providerNameOf(properties.optionalText("Url"));
    return {
      arn: `arn:aws:iam::${account.accountId}:oidc-provider/${providerName}`,
      providerName,
      clientIds: readClientIds(properties, clientIdsProperty),
      thumbprints: readThumbprints(properties),
    };
  };
  const put = (provider: OidcProvider): ResourceInstance => {
    account.oidcProviders.set(provider.arn, provider);
    return describe(provider.arn, provider);
  };
  const requireNew = ({ arn, providerName }: OidcProvider): void => {
    oidcProviderRefusals.urlTaken.when(account.oidcProviders.has(arn), providerName);
  };
  return {
    create(properties) {
      const provider = read(properties);
      requireNew(provider);
      return put(provider);
    },
    update({ physicalId }, properties) {
      const provider = read(properties);
      if (provider.arn !== physicalId) {
        requireNew(provider);
        account.oidcProviders.delete(physicalId);
      }
      return put(provider);
    },
    remove({ physicalId }) {
      account.oidcProviders.delete(physicalId);
    },
  };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
function providerNameOf(url = ""): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isIssuer =
    parsed !== undefined &&
    parsed.protocol === "https:" &&
    parsed.port === "" &&
    parsed.search === "" &&
    parsed.hash === "" &&
    parsed.username === "" &&
    url.length <= 255;
  oidcProviderRefusals.url.when(!isIssuer);
  return url.replace(/^https:\/\//i, "").replace(/\/$/, "");
}

function readClientIds(properties: Properties, name: string): string[] {
  const ids = properties.textList(name);
  oidcProviderRefusals.clientIds.when(ids.length > 100, name);
  oidcProviderRefusals.clientId.when(
    ids.some((id) => id === "" || id.length > 255),
    name,
  );
  return ids;
}

function readThumbprints(properties: Properties): string[] {
  const list = properties.textList("ThumbprintList");
  oidcProviderRefusals.thumbprints.when(list.length > 5);
  oidcProviderRefusals.thumbprint.when(list.some((thumbprint) => !/^[0-9a-f]{40}$/i.test(thumbprint)));
  return list;
}
