import type { IdentityPool, PrincipalTagMap } from "../account.ts";
import type { VerifiedLogin } from "./identities.ts";
import type { RequestMembers } from "./request-members.ts";
import { claimValues, mappingNames } from "./role-mapping.ts";

/** https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html */
export const defaultPrincipalTags: Readonly<Record<string, string>> = { client: "aud", username: "sub" };

/** https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetPrincipalTagAttributeMap.html */
export function readPrincipalTagMap(members: RequestMembers): PrincipalTagMap {
  return {
    useDefaults: members.flag("UseDefaults") ?? false,
    principalTags: Object.fromEntries(
      members.textMap("PrincipalTags", {
        maximum: 50,
        key: { min: 1, max: 128 },
        value: { min: 1, max: 256 },
      }),
    ),
  };
}

/**
 * The session tags of a user: the claims that the provider's map names. A claim that is absent sets no tag [?].
 * https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
 */
export function principalTagsOf(
  pool: IdentityPool,
  logins: readonly VerifiedLogin[],
): Record<string, string> {
  for (const login of logins) {
    for (const name of mappingNames(login, pool)) {
      const map = pool.principalTagMaps?.[name];
      if (map === undefined) continue;
      const entries = Object.entries(map.useDefaults ? defaultPrincipalTags : map.principalTags);
      return Object.fromEntries(
        entries.flatMap(([key, claim]) => {
          const values = claimValues(login.claims[claim]);
          return values.length === 0 ? [] : [[key, values.join(",")]];
        }),
      );
    }
  }
  return {};
}
