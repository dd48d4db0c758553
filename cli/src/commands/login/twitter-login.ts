import type { TokenCredentials } from "../../twitter/oauth1.ts";
import type { AuthorizedUser, TwitterUser } from "../../twitter/twitter-api.ts";

/** The result of each way to log in with Twitter. */
export interface TwitterLogin {
  tokenCredentials: TokenCredentials;
  /** The owner of the token. A promise, so that Cognito need not wait for Twitter. */
  user: Promise<TwitterUser>;
}

export function loginOf({ tokenCredentials, userId, screenName }: AuthorizedUser): TwitterLogin {
  return { tokenCredentials, user: Promise.resolve({ userId, screenName }) };
}

/**
 * The user id before the dash of an X access token, `12345-AbC…`; undefined for a token of another form.
 * @see https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens
 */
export function userIdOf({ token }: TokenCredentials): string | undefined {
  return /^(\d+)-./.exec(token)?.[1];
}
