import { createHash } from "node:crypto";

import type { CognitoIdentity } from "../iam/principal.ts";

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
}

export interface Identity {
  identityId: string;
  identityPoolId: string;
  /** Undefined for a guest. */
  login: VerifiedLogin | undefined;
}

/** The identities of all pools. A user of a provider has one identity in each pool. */
export interface Identities {
  /** The identity of a login, created at the first call. */
  forLogin(identityPoolId: string, login: VerifiedLogin): Identity;
  /** The existing identity of a login. */
  findByLogin(identityPoolId: string, login: VerifiedLogin): Identity | undefined;
  createGuest(identityPoolId: string): Identity;
  /** Links a login without an identity to a guest. */
  link(guest: Identity, login: VerifiedLogin): Identity;
  find(identityId: string): Identity | undefined;
}

/** @param createId returns the uuid of a new identity */
export function createIdentities(createId: () => string): Identities {
  const byId = new Map<string, Identity>();
  const byLogin = new Map<string, Identity>();

  const create = (identityPoolId: string, login: VerifiedLogin | undefined): Identity => {
    const region = identityPoolId.split(":")[0] ?? "";
    const identity = { identityId: `${region}:${createId()}`, identityPoolId, login };
    byId.set(identity.identityId, identity);
    return identity;
  };

  return {
    forLogin(identityPoolId, login) {
      const key = loginKey(identityPoolId, login);
      let identity = byLogin.get(key);
      if (identity === undefined) {
        identity = create(identityPoolId, login);
        byLogin.set(key, identity);
      }
      return identity;
    },
    findByLogin: (identityPoolId, login) => byLogin.get(loginKey(identityPoolId, login)),
    link(guest, login) {
      const identity = { ...guest, login };
      byId.set(identity.identityId, identity);
      byLogin.set(loginKey(identity.identityPoolId, login), identity);
      return identity;
    },
    createGuest: (identityPoolId) => create(identityPoolId, undefined),
    find: (identityId) => byId.get(identityId),
  };
}

function loginKey(identityPoolId: string, { provider, userId }: VerifiedLogin): string {
  return JSON.stringify([identityPoolId, provider, userId]);
}

/** The identity in the role's session and the Lambda event. */
export function describeIdentity({ identityId, identityPoolId, login }: Identity): CognitoIdentity {
  if (login === undefined) return { identityId, identityPoolId, amr: ["unauthenticated"] };
  const { provider, userId, application } = login;
  // AWS does not document the middle part for Twitter. It may hold the consumer secret, so a hash replaces it.
  const app =
    application ?? createHash("sha256").update(`${identityPoolId}\0${provider}`).digest("hex").slice(0, 25);
  return { identityId, identityPoolId, amr: ["authenticated", provider, `${provider}:${app}:${userId}`] };
}
