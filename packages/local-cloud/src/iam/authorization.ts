import type { Account, PolicyDocument, Role } from "../account.ts";
import type { RequestContext } from "./conditions.ts";
import { managedPolicies } from "./managed-policies.ts";
import { PolicyDocumentError } from "./policy-document.ts";
import { evaluatePolicies, type PolicyRequest, type RequestPrincipal } from "./policy-evaluation.ts";
import type { Principal } from "./principal.ts";

export type AuthorizationDecision = { allowed: true } | { allowed: false; reason: string };

/**
 * Whether the caller is allowed to perform the action. A role session has the role's inline and managed policies, as
 * deployed now. A user is the deployer and may do everything.
 */
export function authorize(
  account: Account,
  principal: Principal,
  { action, resource, context }: Omit<PolicyRequest, "principal">,
): AuthorizationDecision {
  if (principal.kind === "user") return { allowed: true };
  const role = account.roles.get(principal.roleArn);
  if (role === undefined) return { allowed: false, reason: `role ${principal.roleArn} does not exist` };
  const findManaged = (arn: string): PolicyDocument | undefined =>
    account.managedPolicies.get(arn)?.policyDocument ?? managedPolicies.get(arn);
  const unknown = role.managedPolicyArns.filter((arn) => findManaged(arn) === undefined);
  const managed = role.managedPolicyArns.map(findManaged).filter((document) => document !== undefined);
  const documents = [...role.policies.values(), ...managed];
  const note =
    unknown.length > 0 ? ` (managed policies unknown to the local cloud: ${unknown.join(", ")})` : "";
  const what = `${action} on ${resource}${note}`;
  return decide(
    () => evaluatePolicies(documents, { action, resource, context }),
    what,
    `role ${role.roleName}`,
  );
}

export interface AssumptionRequest {
  action: "sts:AssumeRole" | "sts:AssumeRoleWithWebIdentity";
  principal: RequestPrincipal;
  context: RequestContext;
}

/** Whether the role's trust policy lets the principal assume the role. */
export function authorizeAssumption(role: Role, request: AssumptionRequest): AuthorizationDecision {
  return decide(
    () => evaluatePolicies([role.assumeRolePolicyDocument], { ...request, resource: role.arn }),
    `${request.action} by ${request.principal.id}`,
    `the trust policy of ${role.roleName}`,
  );
}

function decide(
  evaluate: () => ReturnType<typeof evaluatePolicies>,
  what: string,
  who: string,
): AuthorizationDecision {
  try {
    const { effect } = evaluate();
    if (effect === "Allow") return { allowed: true };
    return {
      allowed: false,
      reason: effect === "ExplicitDeny" ? `${who} denies ${what}` : `${who} does not allow ${what}`,
    };
  } catch (error) {
    // A policy that cannot be evaluated must not grant access.
    if (error instanceof PolicyDocumentError) {
      return { allowed: false, reason: `${who} cannot be evaluated: ${error.message}` };
    }
    throw error;
  }
}
