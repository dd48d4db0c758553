import type { TokenCredentials } from "../../twitter/oauth1.ts";
import type { AuthorizedUser, TwitterUser } from "../../twitter/twitter.ts";

/** What each way of logging in to Twitter gives. */
export interface TwitterLogin {
  tokenCredentials: TokenCredentials;
  /** Whose token it is. Twitter may still be being asked, which Cognito need not wait for. */
  user: Promise<TwitterUser>;
}

export function loginOf({ tokenCredentials, userId, screenName }: AuthorizedUser): TwitterLogin {
  return { tokenCredentials, user: Promise.resolve({ userId, screenName }) };
}

/**
 * The user id that X puts before the dash of an access token, `12345-AbC…`; undefined in a token of another make.
 * @see https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens
 */
export function userIdOf({ token }: TokenCredentials): string | undefined {
  return /^(\d+)-./.exec(token)?.[1];
}
