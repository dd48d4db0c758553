import { randomInt } from "node:crypto";
import { equalInConstantTime } from "./hmac-sha1.ts";
import { randomAlphanumeric } from "./random-alphanumeric.ts";
import type { AccessLevel } from "./token-credentials.ts";
import type { TwitterUser } from "./users.ts";

/** What a request token is asked for with. */
export interface TemporaryCredentialsRequest {
  /** `oob`, or the URL to return the user to. */
  callback: string;
  accessLevel: AccessLevel;
}

/** A request token and where it stands: asked for, then authorized by a user, then gone. */
export interface TemporaryCredentials extends TemporaryCredentialsRequest {
  token: string;
  secret: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  authorization: Authorization | undefined;
}

interface Authorization {
  user: TwitterUser;
  /** The PIN of an out-of-band flow, or the `oauth_verifier` of a callback. */
  verifier: string;
  wrongTries: number;
}

/** A PIN has ten million values: five guesses are no risk, and more than anyone mistypes. */
const maximumWrongTries = 5;

/** Those of an unattended client in a loop; the oldest go first. */
const capacity = 10_000;

/**
 * The request tokens. A token that is used, denied, too old or guessed at too often is forgotten, as Twitter does not
 * tell these apart from one that it never knew.
 */
export class TemporaryCredentialsStore {
  readonly #byToken = new Map<string, TemporaryCredentials>();
  readonly #now: () => Date;
  readonly #lifetimeSeconds: number;

  constructor(now: () => Date, lifetimeSeconds: number) {
    this.#now = now;
    this.#lifetimeSeconds = lifetimeSeconds;
  }

  get size(): number {
    return this.#byToken.size;
  }

  issue(request: TemporaryCredentialsRequest): TemporaryCredentials {
    this.#makeRoom();
    const credentials: TemporaryCredentials = {
      ...request,
      token: randomAlphanumeric(27),
      secret: randomAlphanumeric(32),
      expiresAt: this.#now().getTime() + this.#lifetimeSeconds * 1000,
      authorization: undefined,
    };
    this.#byToken.set(credentials.token, credentials);
    return credentials;
  }

  find(token: string): TemporaryCredentials | undefined {
    const credentials = this.#byToken.get(token);
    if (credentials === undefined || credentials.expiresAt > this.#now().getTime()) return credentials;
    this.#byToken.delete(token);
    return undefined;
  }

  /** @returns the verifier: about seven digits for `oob`, else a long random text */
  authorize(credentials: TemporaryCredentials, user: TwitterUser): string {
    const verifier =
      credentials.callback === "oob"
        ? String(randomInt(10_000_000)).padStart(7, "0")
        : randomAlphanumeric(32);
    credentials.authorization = { user, verifier, wrongTries: 0 };
    return verifier;
  }

  forget(credentials: TemporaryCredentials): void {
    this.#byToken.delete(credentials.token);
  }

  /**
   * Uses a request token up.
   *
   * @returns the user who authorized it; undefined, and the token stays, when the verifier is wrong or nobody has
   *   authorized the token
   */
  redeem(credentials: TemporaryCredentials, verifier: string): TwitterUser | undefined {
    const { authorization } = credentials;
    if (authorization === undefined) return undefined;
    if (equalInConstantTime(verifier, authorization.verifier)) {
      this.forget(credentials);
      return authorization.user;
    }
    authorization.wrongTries += 1;
    if (authorization.wrongTries >= maximumWrongTries) this.forget(credentials);
    return undefined;
  }

  /** All live equally long, so that the map's order of insertion is the order in which they expire. */
  #makeRoom(): void {
    const now = this.#now().getTime();
    for (const credentials of this.#byToken.values()) {
      if (credentials.expiresAt > now && this.#byToken.size < capacity) return;
      this.forget(credentials);
    }
  }
}
