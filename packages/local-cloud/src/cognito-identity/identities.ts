import { createHash } from "node:crypto";

import type { CognitoIdentity } from "../iam/principal.ts";
import { identityRefusals } from "./refusals.ts";
import { memoryState } from "../state.ts";

/** A login that its provider verified. */
export interface VerifiedLogin {
  /** `api.twitter.com`. */
  provider: string;
  /** The provider's id of the user, which does not change with the token. */
  userId: string;
  /**
   * `CognitoSignIn` for a user pool, as observed in AWS. AWS does not document the rest, so the local cloud uses `OIDC`
   * for an IAM provider, the client id for Google and Apple, and undefined for Twitter.
   */
  application?: string;
  /** The app client of a user pool. */
  clientId?: string;
  /** For role mappings and principal tags: of the ID token, or `iss`, `aud` and `sub` where there is none. */
  claims: Readonly<Record<string, unknown>>;
}

type LinkedLogin = Pick<VerifiedLogin, "provider" | "userId">;

export interface Identity {
  identityId: string;
  identityPoolId: string;
  /** Empty for a guest. */
  logins: readonly LinkedLogin[];
  createdAt: Date;
  modifiedAt: Date;
}

/** The identities of all pools. A user of a provider has one identity in each pool. */
export interface Identities {
  /**
   * The identity that has one of the logins, created at the first call. The other logins are linked to it.
   *
   * @throws ServiceError ResourceConflictException when another identity has one of them
   */
  forLogins(identityPoolId: string, logins: readonly VerifiedLogin[]): Identity;
  createGuest(identityPoolId: string): Identity;
  /** Whether an identity has one of the logins, or this one is a guest's. */
  isLinkable(identity: Identity, logins: readonly VerifiedLogin[]): boolean;
  /**
   * Links the logins that no identity has.
   *
   * @throws ServiceError ResourceConflictException when another identity has one of them
   */
  link(identity: Identity, logins: readonly VerifiedLogin[]): Identity;
  /** Removes logins. An identity without logins that once had some is gone. */
  unlink(identity: Identity, providers: readonly string[]): void;
  find(identityId: string): Identity | undefined;
}

/** @param createId returns the uuid of a new identity */
export function createIdentities(createId: () => string, now: () => Date, state = memoryState()): Identities {
  const byId = state.part("identities", () => new Map<string, Identity>());
  const byLogin = state.part("logins", () => new Map<string, string>());

  const create = (identityPoolId: string): Identity => {
    const region = identityPoolId.split(":")[0] ?? "";
    const time = now();
    const identityId = `${region}:${createId()}`;
    const identity = { identityId, identityPoolId, logins: [], createdAt: time, modifiedAt: time };
    byId.set(identityId, identity);
    return identity;
  };

  const ownersOf = ({ identityPoolId }: Identity, logins: readonly LinkedLogin[]) =>
    logins.map((login) => byLogin.get(loginKey(identityPoolId, login)));

  const link = (identity: Identity, logins: readonly VerifiedLogin[]): Identity => {
    const { identityId, identityPoolId } = identity;
    const owners = ownersOf(identity, logins);
    identityRefusals.linkedLogin.when(owners.some((owner) => owner !== undefined && owner !== identityId));
    const added = logins.filter((_login, index) => owners[index] === undefined);
    if (added.length === 0) return identity;
    for (const login of added) byLogin.set(loginKey(identityPoolId, login), identityId);
    const all = [...identity.logins, ...added.map(({ provider, userId }) => ({ provider, userId }))];
    const linked = { ...identity, logins: all, modifiedAt: now() };
    byId.set(identityId, linked);
    return linked;
  };

  return {
    forLogins(identityPoolId, logins) {
      const owner = logins
        .map((login) => byLogin.get(loginKey(identityPoolId, login)))
        .find((identityId) => identityId !== undefined);
      const identity = (owner === undefined ? undefined : byId.get(owner)) ?? create(identityPoolId);
      return link(identity, logins);
    },
    createGuest: create,
    isLinkable: (identity, logins) =>
      identity.logins.length === 0 || ownersOf(identity, logins).some((owner) => owner !== undefined),
    link,
    unlink(identity, providers) {
      const { identityId, identityPoolId, logins } = identity;
      for (const login of logins) {
        if (providers.includes(login.provider)) byLogin.delete(loginKey(identityPoolId, login));
      }
      const kept = logins.filter(({ provider }) => !providers.includes(provider));
      if (kept.length === 0) byId.delete(identityId);
      else byId.set(identityId, { ...identity, logins: kept, modifiedAt: now() });
    },
    find: (identityId) => byId.get(identityId),
  };
}

function loginKey(identityPoolId: string, { provider, userId }: LinkedLogin): string {
  return JSON.stringify([identityPoolId, provider, userId]);
}

/**
 * The identity in the role's session and the Lambda event.
 *
 * @param logins of the request; empty for a guest
 */
export function describeIdentity(
  { identityId, identityPoolId }: Identity,
  logins: readonly VerifiedLogin[],
): CognitoIdentity {
  if (logins.length === 0) return { identityId, identityPoolId, amr: ["unauthenticated"] };
  const methods = logins.flatMap(({ provider, userId, application }) => {
    // AWS does not document the middle part for Twitter. It may hold the consumer secret, so a hash replaces it.
    const app =
      application ?? createHash("sha256").update(`${identityPoolId}\0${provider}`).digest("hex").slice(0, 25);
    return [provider, `${provider}:${app}:${userId}`];
  });
  return { identityId, identityPoolId, amr: ["authenticated", ...methods] };
}
