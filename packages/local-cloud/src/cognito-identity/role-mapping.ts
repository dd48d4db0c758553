import type { IdentityPool, MappingRule, RoleMapping } from "../account.ts";
import type { VerifiedLogin } from "./identities.ts";
import { isConfiguredProvider } from "./pool-settings.ts";
import { identityRefusals, roleAttachmentRefusals } from "./refusals.ts";
import { arnLimits, type RequestMembers } from "./request-members.ts";

/**
 * The RoleMappings of SetIdentityPoolRoles.
 * https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_RoleMapping.html
 *
 * @param pool whose providers the mappings must name
 * @throws ServiceError
 */
export function readRoleMappings(members: RequestMembers, pool: IdentityPool): Record<string, RoleMapping> {
  const read = [...members.structureMap("RoleMappings", 10)].map(([provider, mapping]) => ({
    provider,
    type: mapping.requiredChoice("Type", ["Token", "Rules"]),
    ambiguousRoleResolution: mapping.choice("AmbiguousRoleResolution", ["AuthenticatedRole", "Deny"]),
    rules: mapping.structure("RulesConfiguration")?.structures("Rules", { min: 1, max: 400 }).map(readRule),
  }));
  members.check();
  return Object.fromEntries(
    read.map(({ provider, type, ambiguousRoleResolution, rules }) => {
      roleAttachmentRefusals.mappingProvider.when(!isConfiguredProvider(pool, provider), provider);
      roleAttachmentRefusals.mappingRules.when(type === "Rules" && rules === undefined);
      const resolution = roleAttachmentRefusals.mappingResolution.unless(ambiguousRoleResolution);
      return [
        provider,
        { type, ambiguousRoleResolution: resolution, rules: type === "Rules" ? (rules ?? []) : [] },
      ];
    }),
  );
}

function readRule(rule: RequestMembers): MappingRule {
  return {
    claim: rule.text("Claim", { min: 1, max: 64, pattern: /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u }),
    matchType: rule.requiredChoice("MatchType", ["Equals", "Contains", "StartsWith", "NotEqual"]),
    value: rule.text("Value", { min: 1, max: 128 }),
    roleArn: rule.text("RoleARN", arnLimits),
  };
}

/**
 * The role of a user: by the first login with a mapping, else the pool's authenticated role.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
 *
 * @returns undefined when the pool has no authenticated role
 * @throws ServiceError NotAuthorizedException when the mapping denies the request
 */
export function chooseRole(
  pool: IdentityPool,
  logins: readonly VerifiedLogin[],
  customRoleArn: string | undefined,
): string | undefined {
  for (const login of logins) {
    for (const name of mappingNames(login, pool)) {
      const mapping = pool.roleMappings?.[name];
      if (mapping !== undefined) return mappedRole(name, mapping, login, pool, customRoleArn);
    }
  }
  identityRefusals.customRoleWithoutMapping.when(customRoleArn !== undefined);
  return pool.roles?.["authenticated"];
}

/** The names by which role mappings and principal tags know the provider of a login. */
export function mappingNames({ provider, clientId }: VerifiedLogin, pool: IdentityPool): string[] {
  const arns = pool.openIdConnectProviderArns.filter((arn) => arn.endsWith(`:oidc-provider/${provider}`));
  return [...(clientId === undefined ? [] : [`${provider}:${clientId}`]), provider, ...arns];
}

function mappedRole(
  name: string,
  { type, ambiguousRoleResolution, rules }: RoleMapping,
  { claims }: VerifiedLogin,
  pool: IdentityPool,
  customRoleArn: string | undefined,
): string | undefined {
  const candidates =
    type === "Rules"
      ? rules.filter((rule) => matches(rule, claims[rule.claim])).map(({ roleArn }) => roleArn)
      : claimValues(claims["cognito:roles"]).flatMap((roles) => roles.split(","));
  if (customRoleArn !== undefined) {
    identityRefusals.customRole.when(!candidates.includes(customRoleArn), customRoleArn);
    return customRoleArn;
  }
  const [chosen] = type === "Rules" ? candidates : claimValues(claims["cognito:preferred_role"]);
  if (chosen !== undefined) return chosen;
  identityRefusals.ambiguousRole.when(ambiguousRoleResolution === "Deny", name);
  return pool.roles?.["authenticated"];
}

/** A claim that is a list matches by any of its items [?]. A rule for an absent claim does not match [D]. */
function matches({ matchType, value }: MappingRule, claim: unknown): boolean {
  const values = claimValues(claim);
  const tests: Record<MappingRule["matchType"], () => boolean> = {
    Equals: () => values.includes(value),
    Contains: () => values.some((item) => item.includes(value)),
    StartsWith: () => values.some((item) => item.startsWith(value)),
    NotEqual: () => values.length > 0 && !values.includes(value),
  };
  return tests[matchType]();
}

/** The values of a claim as text; none when it is absent. */
export function claimValues(claim: unknown): string[] {
  if (claim === undefined || claim === null) return [];
  return [claim].flat().map(textOf);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
