import { createHash } from "node:crypto";

import type { CognitoIdentity } from "../iam/principal.ts";

/** A login that a provider has vouched for. */
export interface VerifiedLogin {
  /** `api.twitter.com`. */
  provider: string;
  /** The provider's name for the user, which lasts when tokens change. */
  userId: string;
  /**
   * `CognitoSignIn` for a user pool, as observed by others; for the rest AWS tells nothing, and it is decided here: `OIDC`
   * for a provider of IAM, the client id for Google and Apple, undefined for Twitter.
   */
  application?: string;
}

export interface Identity {
  identityId: string;
  identityPoolId: string;
  /** Undefined for a guest. */
  login: VerifiedLogin | undefined;
}

/** The identities of all pools. The same user of the same provider in the same pool is always the same identity. */
export interface Identities {
  /** The identity of a login, made at its first call. */
  forLogin(identityPoolId: string, login: VerifiedLogin): Identity;
  /** The identity that a login has already. */
  findByLogin(identityPoolId: string, login: VerifiedLogin): Identity | undefined;
  createGuest(identityPoolId: string): Identity;
  /** Makes a guest the identity of a login that has none yet. */
  link(guest: Identity, login: VerifiedLogin): Identity;
  find(identityId: string): Identity | undefined;
}

/** @param createId gives the uuid of a new identity */
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

/** What the role's session, and with it the Lambda event, says of the identity. */
export function describeIdentity({ identityId, identityPoolId, login }: Identity): CognitoIdentity {
  if (login === undefined) return { identityId, identityPoolId, amr: ["unauthenticated"] };
  const { provider, userId, application } = login;
  // Twitter's middle part is not documented, and the real one may hold the consumer secret; this one is of no use to anyone.
  const app =
    application ?? createHash("sha256").update(`${identityPoolId}\0${provider}`).digest("hex").slice(0, 25);
  return { identityId, identityPoolId, amr: ["authenticated", provider, `${provider}:${app}:${userId}`] };
}
