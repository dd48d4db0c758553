import { randomAlphanumeric } from "./random-alphanumeric.ts";
import type { TwitterUser } from "./users.ts";
import { memoryState, type State } from "../state.ts";

/** The app's permission: `x_auth_access_type`. */
export type AccessLevel = "read" | "write";

/** An access token, valid until it is invalidated. */
export interface TokenCredentials {
  /** `<user id>-<random>`. */
  token: string;
  secret: string;
  user: TwitterUser;
  accessLevel: AccessLevel;
}

/** Above it, the token with the least recent login is invalidated. */
const capacity = 10_000;

/**
 * The access tokens. As on X, a user who authorizes the app again gets the same token, until it is invalidated or the
 * access level changes.
 */
export class TokenCredentialsStore {
  readonly #byToken: Map<string, TokenCredentials>;
  readonly #byGrant: Map<string, TokenCredentials>;

  constructor(state: State = memoryState()) {
    this.#byToken = state.part("access tokens", () => new Map<string, TokenCredentials>());
    this.#byGrant = state.part("grants", () => new Map<string, TokenCredentials>());
  }

  get size(): number {
    return this.#byToken.size;
  }

  issue(user: TwitterUser, accessLevel: AccessLevel): TokenCredentials {
    const grant = grantName(user, accessLevel);
    const credentials = this.#byGrant.get(grant) ?? {
      token: `${user.userId}-${randomAlphanumeric(30)}`,
      secret: randomAlphanumeric(45),
      user,
      accessLevel,
    };
    this.invalidate(credentials);
    this.#byGrant.set(grant, credentials);
    this.#byToken.set(credentials.token, credentials);
    for (const oldest of this.#byToken.values()) {
      if (this.#byToken.size <= capacity) break;
      this.invalidate(oldest);
    }
    return credentials;
  }

  find(token: string): TokenCredentials | undefined {
    return this.#byToken.get(token);
  }

  invalidate(credentials: TokenCredentials): void {
    this.#byToken.delete(credentials.token);
    this.#byGrant.delete(grantName(credentials.user, credentials.accessLevel));
  }
}

function grantName(user: TwitterUser, accessLevel: AccessLevel): string {
  return `${user.userId} ${accessLevel}`;
}
