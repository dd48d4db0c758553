import { randomInt } from "node:crypto";
import { equalInConstantTime } from "./hmac-signature.ts";
import { randomAlphanumeric } from "./random-alphanumeric.ts";
import type { AccessLevel } from "./token-credentials.ts";
import type { TwitterUser } from "./users.ts";

export interface TemporaryCredentialsRequest {
  /** `oob`, or the URL that the user returns to. */
  callback: string;
  accessLevel: AccessLevel;
}

/** A request token: issued, then authorized by a user, then forgotten. */
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

/** A PIN has ten million values, so five guesses are safe. */
const maximumWrongTries = 5;

/** Bounds the memory that a looping client uses. */
const capacity = 10_000;

/**
 * The request tokens. Used, denied, expired and too often guessed tokens are forgotten, since Twitter answers them like
 * unknown tokens.
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

  /** @returns the verifier: seven digits for `oob`, otherwise a long random text */
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
   * Exchanges a request token.
   *
   * @returns the user who authorized the token. Undefined for a wrong verifier or an unauthorized token, and the
   *   token stays valid
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

  /** All tokens have the same lifetime, so they expire in insertion order. */
  #makeRoom(): void {
    const now = this.#now().getTime();
    for (const credentials of this.#byToken.values()) {
      if (credentials.expiresAt > now && this.#byToken.size < capacity) return;
      this.forget(credentials);
    }
  }
}
