import type { IssuerDirectory } from "../oidc/issuers.ts";
import type { Account, IdentityPool } from "../account.ts";
import type { TokenVerdict, VerifyTokenOptions } from "./verify-twitter-token.ts";
import type { VerifiedLogin } from "./identities.ts";
import { identityRefusals } from "./refusals.ts";
import { messageOf } from "../error-text.ts";

/** Gets the user of a token from Twitter: `verifyTwitterToken`. */
export type VerifyTwitterToken = (
  options: Pick<VerifyTokenOptions, "apiUrl" | "clientCredentials" | "tokenCredentials" | "now">,
) => Promise<TokenVerdict>;

export interface LoginVerification {
  account: Pick<Account, "oidcProviders">;
  verifyTwitterToken: VerifyTwitterToken;
  /** Twitter's origin. */
  twitterApiUrl: string;
  /** The keys of ID tokens' issuers. */
  issuers: IssuerDirectory;
  now: () => Date;
}

const twitter = "api.twitter.com";

/** Login providers with ID tokens but without an IAM provider. The pool holds the client id. */
const idTokenProviders = new Set(["accounts.google.com", "appleid.apple.com"]);

/**
 * Verifies every login of a request with its provider.
 *
 * @throws ServiceError NotAuthorizedException for an invalid login; ExternalServiceException when a provider fails
 */
export async function verifyLogins(
  pool: IdentityPool,
  logins: ReadonlyMap<string, string>,
  verification: LoginVerification,
): Promise<VerifiedLogin[]> {
  const { supportedLoginProviders, openIdConnectProviderArns, cognitoIdentityProviders } = pool;
  identityRefusals.noProviders.when(
    Object.keys(supportedLoginProviders).length === 0 &&
      openIdConnectProviderArns.length === 0 &&
      cognitoIdentityProviders.length === 0,
  );
  const verifiers = [...logins].map(([provider, token]) => {
    const verify = identityRefusals.unsupportedProvider.unless(verifierOf(provider, pool, verification));
    return { token, verify };
  });
  return Promise.all(verifiers.map(({ token, verify }) => verify(token)));
}

type Verifier = (token: string) => Promise<VerifiedLogin>;

/** The verifier of a provider's tokens; undefined for a provider that the pool does not have. */
function verifierOf(
  provider: string,
  { supportedLoginProviders, openIdConnectProviderArns, cognitoIdentityProviders }: IdentityPool,
  verification: LoginVerification,
): Verifier | undefined {
  const application = Object.hasOwn(supportedLoginProviders, provider)
    ? supportedLoginProviders[provider]
    : undefined;
  if (application !== undefined && provider === twitter) {
    return (token) => verifyTwitterLogin(application, token, verification);
  }
  const userPoolClients = cognitoIdentityProviders.filter(({ providerName }) => providerName === provider);
  if (userPoolClients.length > 0) {
    const clientIds = userPoolClients.map(({ clientId }) => clientId);
    return (token) => verifyIdTokenLogin(token, { provider, kind: "CognitoSignIn", clientIds }, verification);
  }
  const oidcProviders = openIdConnectProviderArns
    .map((arn) => verification.account.oidcProviders.get(arn))
    .filter((candidate) => candidate?.providerName === provider);
  const isIdTokenProvider = application !== undefined && idTokenProviders.has(provider);
  if (oidcProviders.length > 0 || isIdTokenProvider) {
    const clientIds = oidcProviders.flatMap((candidate) => candidate?.clientIds ?? []);
    if (isIdTokenProvider) clientIds.push(application);
    const kind = isIdTokenProvider ? application : "OIDC";
    return (token) => verifyIdTokenLogin(token, { provider, kind, clientIds }, verification);
  }
  if (application === undefined) return undefined;
  return () => {
    identityRefusals.unverifiableProvider.when(true, provider);
    return Promise.resolve({ ...nobody, provider });
  };
}

interface IdTokenProvider {
  provider: string;
  /** The middle of the identity's third `amr`. */
  kind: string;
  clientIds: readonly string[];
}

async function verifyIdTokenLogin(
  token: string,
  { provider, kind, clientIds }: IdTokenProvider,
  { issuers, now }: LoginVerification,
): Promise<VerifiedLogin> {
  const { verifyIdToken } = await import("../oidc/verify-id-token.ts");
  const verdict = await verifyIdToken(token, {
    providerName: provider,
    clientIds,
    keys: () => issuers.keysOf(provider),
    now,
  });
  if (!verdict.ok) {
    const { fault, message } = verdict;
    identityRefusals.unavailableProvider.when(fault === "unavailable", message);
    // Cognito answers an unknown app client like an unknown user pool.
    identityRefusals.unsupportedProvider.when(fault === "audience" && kind === "CognitoSignIn");
    identityRefusals.idToken.when(true, message);
    return { ...nobody, provider };
  }
  const { userId, clientId, claims } = verdict;
  return { provider, userId, application: kind, claims, ...(kind === "CognitoSignIn" && { clientId }) };
}

/** Nobody gets here: a refusal comes before. */
const nobody = { userId: "", claims: {} };

/**
 * @param application `<consumer key>;<consumer secret>`, as the pool holds it
 * @param login `<access token>;<access token secret>`
 */
async function verifyTwitterLogin(
  application: string,
  login: string,
  { verifyTwitterToken, twitterApiUrl, now }: LoginVerification,
): Promise<VerifiedLogin> {
  // The pool's settings have been checked.
  const [key = "", consumerSecret = ""] = splitPair(application) ?? [];
  const [token, tokenSecret] = identityRefusals.twitterLoginForm.unless(splitPair(login));
  const verdict = await verifyTwitterToken({
    apiUrl: twitterApiUrl,
    clientCredentials: { key, secret: consumerSecret },
    tokenCredentials: { token, secret: tokenSecret },
    now,
  }).catch((error: unknown) => {
    const reason = messageOf(error);
    return { ok: false, status: 0, message: `Cannot validate the Twitter token: ${reason}` } as const;
  });
  if (!verdict.ok) {
    const { status, message } = verdict;
    const isUnavailable = status === 0 || status === 429 || status >= 500;
    identityRefusals.unavailableProvider.when(
      isUnavailable,
      status === 0 ? message : `Twitter answered ${status}: ${message}`,
    );
    identityRefusals.twitterToken.when(!isUnavailable, message);
    return { ...nobody, provider: twitter };
  }
  // The values of Twitter's default principal tags in provider-mappings.html [D].
  const claims = { iss: twitter, aud: application, sub: verdict.userId };
  return { provider: twitter, userId: verdict.userId, claims };
}

function splitPair(text: string): [string, string] | undefined {
  const [first, second, ...more] = text.split(";");
  return first && second && more.length === 0 ? [first, second] : undefined;
}
