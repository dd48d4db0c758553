import { ServiceError } from "../aws/service-error.ts";
import type { IdentityPool } from "../resources.ts";
import type { TokenVerdict, VerifyTokenOptions } from "../twitter/verify-token.ts";
import type { VerifiedLogin } from "./identities.ts";

/** Asks Twitter whose a token is; `verifyTwitterToken`. */
export type VerifyTwitterToken = (
  options: Pick<VerifyTokenOptions, "apiUrl" | "clientCredentials" | "tokenCredentials" | "now">,
) => Promise<TokenVerdict>;

export interface LoginVerification {
  verifyTwitterToken: VerifyTwitterToken;
  /** Twitter's origin. */
  twitterApiUrl: string;
  now: () => Date;
}

const twitter = "api.twitter.com";

export const loginsDoNotMatch =
  "Logins don't match. Please include at least one valid login for this identity or identity pool.";

/**
 * Has the providers vouch for every login of a request, with what the pool knows of them.
 *
 * @throws ServiceError NotAuthorizedException when one does not; ExternalServiceException when one cannot be asked
 */
export async function verifyLogins(
  pool: IdentityPool,
  logins: ReadonlyMap<string, string>,
  verification: LoginVerification,
): Promise<VerifiedLogin[]> {
  const { supportedLoginProviders, openIdConnectProviderArns } = pool;
  if (Object.keys(supportedLoginProviders).length === 0 && openIdConnectProviderArns.length === 0) {
    throw new ServiceError("NotAuthorizedException", loginsDoNotMatch);
  }
  const unsupported = [...logins.keys()].find(
    (provider) => !Object.hasOwn(supportedLoginProviders, provider),
  );
  if (unsupported !== undefined) {
    throw new ServiceError(
      "NotAuthorizedException",
      "Token is not from a supported provider of this identity pool.",
    );
  }
  return Promise.all(
    [...logins].map(([provider, token]) => {
      if (provider !== twitter) {
        throw new ServiceError(
          "ExternalServiceException",
          `The local cloud cannot validate a token of ${provider}.`,
        );
      }
      return verifyTwitterLogin(supportedLoginProviders[twitter] ?? "", token, verification);
    }),
  );
}

/**
 * @param application `<consumer key>;<consumer secret>`, as the pool holds it
 * @param login `<access token>;<access token secret>`
 */
async function verifyTwitterLogin(
  application: string,
  login: string,
  { verifyTwitterToken, twitterApiUrl, now }: LoginVerification,
): Promise<VerifiedLogin> {
  const [key, consumerSecret] = splitPair(application) ?? [];
  if (key === undefined || consumerSecret === undefined) {
    throw new ServiceError(
      "InvalidIdentityPoolConfigurationException",
      `Invalid identity pool configuration. The pool's ${twitter} entry is not '<consumer key>;<consumer secret>'.`,
    );
  }
  const [token, tokenSecret] = splitPair(login) ?? [];
  if (token === undefined || tokenSecret === undefined) {
    throw new ServiceError(
      "NotAuthorizedException",
      "Invalid login token. A Twitter login is '<access token>;<access token secret>'.",
    );
  }

  let verdict: TokenVerdict;
  try {
    verdict = await verifyTwitterToken({
      apiUrl: twitterApiUrl,
      clientCredentials: { key, secret: consumerSecret },
      tokenCredentials: { token, secret: tokenSecret },
      now,
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ServiceError("ExternalServiceException", `Twitter could not be asked: ${detail}`);
  }
  if (verdict.ok) return { provider: twitter, userId: verdict.userId };
  if (verdict.status === 429 || verdict.status >= 500) {
    throw new ServiceError(
      "ExternalServiceException",
      `Twitter answered ${verdict.status}: ${verdict.message}`,
    );
  }
  throw new ServiceError("NotAuthorizedException", `Invalid login token. Twitter: ${verdict.message}`);
}

function splitPair(text: string): [string, string] | undefined {
  const [first, second, ...more] = text.split(";");
  return first && second && more.length === 0 ? [first, second] : undefined;
}
