import type { createRemoteJWKSet, FetchImplementation } from "jose";

/** The public keys of an issuer, in the form that `compactVerify` takes. */
export type KeySet = ReturnType<typeof createRemoteJWKSet>;

/**
 * The addresses of issuers: provider name → base URL. A name without a path covers every issuer of that host:
 * `cognito-idp.us-east-1.amazonaws.com` covers each user pool of the region, and the pool id is appended to the base URL.
 */
export type OidcIssuers = Readonly<Record<string, string>>;

export interface IssuerDirectory {
  /**
   * The keys of a provider, from its discovery document. Both are cached. An unknown key is fetched again, since
   * providers rotate their keys.
   *
   * @param providerName the issuer without `https://`
   * @throws IssuerUnavailable
   */
  keysOf(providerName: string): Promise<KeySet>;
}

/** An issuer cannot be reached. */
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
            `the address of ${providerName} is unknown; run the local cloud with --oidc-issuer ${providerName}=<address>`,
          ),
        );
      }
      const key = `${providerName} ${base}`;
      const keys = known.get(key) ?? discover(providerName, base);
      known.set(key, keys);
      // Failures are not cached.
      keys.catch(() => known.delete(key));
      return keys;
    },
  };
}

/** The base URL of the longest matching name, followed by the rest of the provider's path. */
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
    throw new IssuerUnavailable(`${url} has no valid jwks_uri`);
  }
  const fetchKeys: FetchImplementation = async (address, options) => {
    try {
      return await fetch(address, options);
    } catch (error) {
      throw unavailable(providerName, address, error);
    }
  };
  // Loaded on demand: most local clouds never verify an ID token.
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
    if (typeof value !== "object" || value === null) throw new Error("the response is not a JSON object");
    return value;
  } catch (error) {
    throw unavailable(providerName, url, error);
  }
}

function unavailable(providerName: string, url: string, error: unknown): IssuerUnavailable {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return new IssuerUnavailable(
    `cannot reach ${providerName} at ${url}: ${cause?.message ?? message ?? String(error)}`,
  );
}

/** `https://my-tenant.eu.auth0.com/` → `my-tenant.eu.auth0.com` */
export function issuerName(issuer: string): string {
  return issuer.replace(/^https:\/\//, "").replace(/\/$/, "");
}
