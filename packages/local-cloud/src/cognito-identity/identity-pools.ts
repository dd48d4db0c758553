import { randomUUID } from "node:crypto";
import type {
  GetIdentityPoolRolesResponse,
  GetPrincipalTagAttributeMapResponse,
  IdentityPool as IdentityPoolDescription,
  ListIdentityPoolsResponse,
} from "@aws-sdk/client-cognito-identity";
import type { Account, IdentityPool, PrincipalTagMap } from "../account.ts";
import { describePool, describePoolRoles } from "./pool-description.ts";
import { isConfiguredProvider, readPoolSettings } from "./pool-settings.ts";
import { defaultPrincipalTags, readPrincipalTagMap } from "./principal-tags.ts";
import { identityRefusals, principalTagRefusals, roleAttachmentRefusals } from "./refusals.ts";
import { arnLimits, type RequestMembers } from "./request-members.ts";
import { readRoleMappings } from "./role-mapping.ts";

/** The operations that manage pools, for the console and the CLI, and for the pools of a template. */
export interface IdentityPools {
  /** @throws ServiceError ResourceNotFoundException */
  find: (identityPoolId: string, accountId?: string) => IdentityPool;
  create: (members: RequestMembers) => IdentityPoolDescription;
  /** Replaces every setting: one that the request lacks is reset. */
  update: (members: RequestMembers) => IdentityPoolDescription;
  remove: (members: RequestMembers) => object;
  describe: (members: RequestMembers) => IdentityPoolDescription;
  list: (members: RequestMembers) => ListIdentityPoolsResponse;
  /** Replaces the roles and the role mappings. */
  setRoles: (members: RequestMembers) => object;
  getRoles: (members: RequestMembers) => GetIdentityPoolRolesResponse;
  setPrincipalTags: (members: RequestMembers) => GetPrincipalTagAttributeMapResponse;
  getPrincipalTags: (members: RequestMembers) => GetPrincipalTagAttributeMapResponse;
}

export function createIdentityPools(account: Account): IdentityPools {
  const find = (identityPoolId: string, accountId = account.accountId): IdentityPool => {
    const pool = accountId === account.accountId ? account.identityPools.get(identityPoolId) : undefined;
    return identityRefusals.unknownPool.unless(pool, identityPoolId);
  };

  const named = (members: RequestMembers): IdentityPool => {
    const identityPoolId = members.identityPoolId();
    members.check();
    return find(identityPoolId);
  };

  const namedProvider = (members: RequestMembers): { pool: IdentityPool; provider: string } => {
    const provider = members.text("IdentityProviderName", { min: 1, max: 128 });
    const pool = named(members);
    principalTagRefusals.provider.when(!isConfiguredProvider(pool, provider), provider);
    return { pool, provider };
  };

  const requireRole = (arn: string): void => {
    roleAttachmentRefusals.role.when(!account.roles.has(arn), arn);
  };

  return {
    find,

    create(members) {
      const pool: IdentityPool = {
        ...readPoolSettings(members),
        identityPoolId: `${account.region}:${randomUUID()}`,
        roles: undefined,
      };
      account.identityPools.set(pool.identityPoolId, pool);
      return describePool(pool);
    },

    update(members) {
      const settings = readPoolSettings(members);
      return describePool(Object.assign(named(members), settings));
    },

    remove(members) {
      account.identityPools.delete(named(members).identityPoolId);
      return {};
    },

    describe: (members) => describePool(named(members)),

    list(members) {
      const maximum = members.integer("MaxResults", { min: 1, max: 60 });
      const after = members.optionalText("NextToken", { min: 1, max: 65_535 });
      members.check();
      const all = [...account.identityPools.values()];
      const start = all.findIndex(({ identityPoolId }) => identityPoolId === after) + 1;
      const page = all.slice(start, start + maximum);
      const last = page.at(-1)?.identityPoolId;
      return {
        IdentityPools: page.map(({ identityPoolId, identityPoolName }) => ({
          IdentityPoolId: identityPoolId,
          IdentityPoolName: identityPoolName,
        })),
        ...(start + maximum < all.length && last !== undefined && { NextToken: last }),
      };
    },

    setRoles(members) {
      const roles = members.textMap("Roles", {
        maximum: 2,
        key: { min: 1, max: 128, pattern: /^(un)?authenticated$/ },
        value: arnLimits,
      });
      const pool = named(members);
      const roleMappings = readRoleMappings(members, pool);
      for (const arn of roles.values()) requireRole(arn);
      for (const { rules } of Object.values(roleMappings)) {
        for (const { roleArn } of rules) requireRole(roleArn);
      }
      Object.assign(pool, { roles: Object.fromEntries(roles), roleMappings });
      return {};
    },

    getRoles: (members) => describePoolRoles(named(members)),

    setPrincipalTags(members) {
      const map = readPrincipalTagMap(members);
      const { pool, provider } = namedProvider(members);
      pool.principalTagMaps = { ...pool.principalTagMaps, [provider]: map };
      return describePrincipalTags(pool, provider, map);
    },

    getPrincipalTags(members) {
      const { pool, provider } = namedProvider(members);
      const map = pool.principalTagMaps?.[provider] ?? { useDefaults: false, principalTags: {} };
      return describePrincipalTags(pool, provider, map);
    },
  };
}

function describePrincipalTags(
  { identityPoolId }: IdentityPool,
  provider: string,
  { useDefaults, principalTags }: PrincipalTagMap,
): GetPrincipalTagAttributeMapResponse {
  return {
    IdentityPoolId: identityPoolId,
    IdentityProviderName: provider,
    UseDefaults: useDefaults,
    PrincipalTags: { ...(useDefaults ? defaultPrincipalTags : principalTags) },
  };
}
