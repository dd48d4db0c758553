import type { Account, OidcProvider } from "../../account.ts";
import type { Properties } from "./properties.ts";
import { ResourceError } from "./resource-error.ts";
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
    if (!account.oidcProviders.has(arn)) return;
    throw new ResourceError(
      `Provider with url https://${providerName} already exists. (Service: Iam, Status Code: 409)`,
    );
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
function providerNameOf(url: string | undefined): string {
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const isIssuer =
    parsed !== undefined &&
    parsed.protocol === "https:" &&
    parsed.port === "" &&
    parsed.search === "" &&
    parsed.hash === "" &&
    parsed.username === "";
  if (!isIssuer || url === undefined || url.length > 255) {
    throw new ResourceError(
      "Invalid Open ID Connect Provider URL: it must start with https://, without port and query, and have at most 255 characters. (Service: Iam, Status Code: 400)",
    );
  }
  return url.replace(/^https:\/\//i, "").replace(/\/$/, "");
}

function readClientIds(properties: Properties, name: string): string[] {
  const ids = properties.textList(name);
  if (ids.length > 100) throw new ResourceError(`Property ${name} allows at most 100 client ids.`);
  if (ids.some((id) => id === "" || id.length > 255)) {
    throw new ResourceError(`Property ${name}: a client id has 1 to 255 characters.`);
  }
  return ids;
}

function readThumbprints(properties: Properties): string[] {
  const list = properties.textList("ThumbprintList");
  if (list.length > 5) throw new ResourceError("Thumbprint list must contain at most 5 entries.");
  if (list.some((thumbprint) => !/^[0-9a-f]{40}$/i.test(thumbprint))) {
    throw new ResourceError("Thumbprint must be exactly 40 characters of hexadecimal digits.");
  }
  return list;
}
