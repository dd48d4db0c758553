import { createHmac } from "node:crypto";
import OAuth from "oauth-1.0a";
import type { Header } from "../http.ts";

/** The consumer key and secret (RFC 5849 1.1 "client credentials"). */
export interface ClientCredentials {
  key: string;
  secret: string;
}

/** A request token and its secret (RFC 5849 1.1 "temporary credentials"). */
export interface TemporaryCredentials {
  token: string;
  secret: string;
}

/** An access token and its secret (RFC 5849 1.1 "token credentials"). */
export interface TokenCredentials {
  token: string;
  secret: string;
}

export interface OAuth1Request {
  method: string;
  /** With its query, which is part of the signature. */
  url: URL;
  /** Parameters of a form-encoded body (RFC 5849 3.4.1.3.1). */
  bodyParameters?: readonly (readonly [string, string])[];
  /** Additional protocol parameters: `oauth_callback` or `oauth_verifier`. */
  protocolParameters?: Readonly<Record<string, string>>;
}

export interface OAuth1Signing {
  clientCredentials: ClientCredentials;
  tokenCredentials?: TemporaryCredentials | TokenCredentials;
  nonce: string;
  /** Seconds since the epoch. */
  timestamp: number;
  /** Twitter requires `oauth_version`. It is optional in RFC 5849 3.1, and its examples omit it. */
  version?: "1.0" | undefined;
}

export interface OAuth1Signature {
  /** RFC 5849 3.4.1. Holds no secret. */
  signatureBaseString: string;
  signature: string;
  authorization: Header;
}

/** RFC 5849 3.4.1.2: scheme and host in lower case, no default port, no query, no fragment. */
export function baseStringUri(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Signs with HMAC-SHA1 (RFC 5849 3.4.2), the only method that Twitter accepts. */
export function signOAuth1(request: OAuth1Request, signing: OAuth1Signing): OAuth1Signature {
  const oauth = new OAuth({
    consumer: signing.clientCredentials,
    signature_method: "HMAC-SHA1",
    hash_function: (baseString, key) => createHmac("sha1", key).update(baseString).digest("base64"),
  });
  const protocolParameters: Record<string, string> = {
    oauth_consumer_key: signing.clientCredentials.key,
    oauth_nonce: signing.nonce,
    oauth_signature_method: "HMAC-SHA1",
    oauth_timestamp: String(signing.timestamp),
    ...(signing.version === undefined ? {} : { oauth_version: signing.version }),
    ...(signing.tokenCredentials === undefined ? {} : { oauth_token: signing.tokenCredentials.token }),
    ...request.protocolParameters,
  };
  // The library splits a query at every "=", so it gets the parameters separately and the URL without a query.
  const data = collect([
    ...Object.entries(protocolParameters),
    ...request.url.searchParams,
    ...(request.bodyParameters ?? []),
  ]);
  const signatureBaseString = oauth.getBaseString(
    { url: baseStringUri(request.url), method: request.method, data },
    {} as OAuth.Data,
  );
  const signingKey = oauth.getSigningKey(signing.tokenCredentials?.secret);
  const signature = oauth.hash_function(signatureBaseString, signingKey);
  const header = oauth.toHeader({
    ...protocolParameters,
    oauth_signature: signature,
  } as unknown as OAuth.Authorization);
  return { signatureBaseString, signature, authorization: ["Authorization", header.Authorization] };
}

/** Collects repeated parameters in arrays, which the library sorts by value (RFC 5849 3.4.1.3.2). */
function collect(parameters: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  // Without a prototype: a parameter may be named `constructor`.
  const data = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of parameters) {
    const known = data[name];
    if (known === undefined) data[name] = value;
    else data[name] = Array.isArray(known) ? [...known, value] : [known, value];
  }
  return data;
}
