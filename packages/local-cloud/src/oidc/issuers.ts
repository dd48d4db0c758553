import type { createRemoteJWKSet, FetchImplementation } from "jose";

/** The public keys of an issuer, as `compactVerify` looks them up. */
export type KeySet = ReturnType<typeof createRemoteJWKSet>;

/**
 * Where issuers are: provider name → base URL. A name without a path stands for every issuer of that host:
 * `cognito-idp.us-east-1.amazonaws.com` for each user pool of the region, its id then follows the base URL.
 */
export type OidcIssuers = Readonly<Record<string, string>>;

export interface IssuerDirectory {
  /**
   * The keys of a provider, by its discovery document. Both are fetched once and kept; a key that is not among them is
   * looked for anew, since providers replace their keys.
   *
   * @param providerName the issuer without `https://`
   * @throws IssuerUnavailable
   */
  keysOf(providerName: string): Promise<KeySet>;
}

/** An issuer that nobody can ask; the message is for a person. */
export class IssuerUnavailable extends Error {
  override name = "IssuerUnavailable";
}

const timeoutMs = 5000;

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
export function createIssuerDirectory(issuers: OidcIssuers): IssuerDirectory {
  const known = new Map<string, Promise<KeySet>>();
  return {
    keysOf(providerName) {
      const base = locate(issuers, providerName);
      if (base === undefined) {
        return Promise.reject(
          new IssuerUnavailable(
            `the local cloud does not support where ${providerName} is; tell it with --oidc-issuer ${providerName}=<address>`,
          ),
        );
      }
      const key = `${providerName} ${base}`;
      const keys = known.get(key) ?? discover(providerName, base);
      known.set(key, keys);
      // A fault passes; what was found stays.
      keys.catch(() => known.delete(key));
      return keys;
    },
  };
}

/** The base URL of the longest name that is the provider's or its beginning, with the rest of the path behind it. */
function locate(issuers: OidcIssuers, providerName: string): string | undefined {
  const segments = providerName.split("/");
  for (let count = segments.length; count > 0; count--) {
    const base = issuers[segments.slice(0, count).join("/")];
    if (base !== undefined) return [base.replace(/\/+$/, ""), ...segments.slice(count)].join("/");
  }
  return undefined;
}

async function discover(providerName: string, base: string): Promise<KeySet> {
  const url = `${base}/.well-known/openid-configuration`;
  const document = await fetchJson(providerName, url);
  const { issuer, jwks_uri: jwksUri } = document as { issuer?: unknown; jwks_uri?: unknown };
  if (typeof issuer !== "string" || issuerName(issuer) !== providerName) {
    throw new IssuerUnavailable(`the issuer in ${url} is not https://${providerName}`);
  }
  if (typeof jwksUri !== "string" || !URL.canParse(jwksUri)) {
    throw new IssuerUnavailable(`${url} names no jwks_uri`);
  }
  const fetchKeys: FetchImplementation = async (address, options) => {
    try {
      return await fetch(address, options);
    } catch (error) {
      throw unavailable(providerName, address, error);
    }
  };
  // Loaded by whoever needs it: most local clouds never see an ID token.
  const { createRemoteJWKSet: createKeySet, customFetch } = await import("jose");
  return createKeySet(new URL(jwksUri), {
    timeoutDuration: timeoutMs,
    cooldownDuration: 1000,
    [customFetch]: fetchKeys,
  });
}

async function fetchJson(providerName: string, url: string): Promise<object> {
  try {
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    const value: unknown = await response.json();
    if (typeof value !== "object" || value === null) throw new Error("its answer is no JSON object");
    return value;
  } catch (error) {
    throw unavailable(providerName, url, error);
  }
}

function unavailable(providerName: string, url: string, error: unknown): IssuerUnavailable {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return new IssuerUnavailable(
    `${providerName} cannot be asked at ${url}: ${cause?.message ?? message ?? String(error)}`,
  );
}

/** An issuer as providers are named: `https://my-tenant.eu.auth0.com/` is `my-tenant.eu.auth0.com`. */
export function issuerName(issuer: string): string {
  return issuer.replace(/^https:\/\//, "").replace(/\/$/, "");
}
