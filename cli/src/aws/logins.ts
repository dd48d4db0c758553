import type { TokenCredentials } from "../twitter/oauth1.ts";

/**
 * Provider name → that provider's token (AWS: `Logins`).
 * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html#API_GetId_RequestSyntax
 */
export type LoginsMap = Readonly<Record<string, string>>;

export const twitterProvider = "api.twitter.com";

/** Twitter's entry: access token and secret, a semicolon between them. */
export function twitterLogins({ token, secret }: TokenCredentials): LoginsMap {
  return { [twitterProvider]: `${token};${secret}` };
}
