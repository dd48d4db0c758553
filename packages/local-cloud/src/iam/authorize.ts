import type { Account, PolicyDocument, Role } from "../account.ts";
import type { RequestContext } from "./conditions.ts";
import { guestPolicies } from "./guest-policies.ts";
import { managedPolicies } from "./managed-policies.ts";
import { PolicyDocumentError } from "./policy-document.ts";
import { evaluatePolicies, type PolicyRequest, type RequestPrincipal } from "./policy-evaluation.ts";
import { type CognitoIdentity, identityConditionKeys, type Principal } from "./principal.ts";

export type AuthorizationDecision =
  | { allowed: true }
  | {
      allowed: false;
      reason: string;
      /** How AWS goes on after “is not authorized to perform: … on resource: …”. */
      because?: string;
    };

export interface AuthorizationRequest extends Omit<PolicyRequest, "principal" | "context"> {
  /** A function is called only if a policy has conditions or variables, which most have not. */
  context: RequestContext | (() => RequestContext);
  /** The resource's own policy allows it, which in one account replaces the caller's policies, but no explicit Deny. */
  isGranted?: boolean;
  /** The policy of the resource, from which follows what it grants and denies. */
  resourcePolicy?: PolicyDocument | undefined;
}

/**
 * Whether the caller is allowed to perform the action. A role session has the role's inline and managed policies, as
 * deployed now, limited by its session policies. A user is the deployer and may do everything.
 */
export function authorize(
  account: Account,
  principal: Principal,
  request: AuthorizationRequest,
): AuthorizationDecision {
  if (principal.kind === "user") return { allowed: true };
  const role = account.roles.get(principal.roleArn);
  if (role === undefined) return { allowed: false, reason: `role ${principal.roleArn} does not exist` };
  const { action, resource, resourcePolicy } = request;
  const policyRequest = new SessionRequest(request, principal);
  let { isGranted = false } = request;
  const decideBy = (
    documents: readonly PolicyDocument[],
    arns: readonly string[],
    who: string,
    kind: PolicyKind,
  ) => {
    const { managed, note } = findManagedPolicies(account, arns);
    return decide(() => evaluatePolicies([...documents, ...managed], policyRequest), {
      action,
      what: `${action} on ${resource}${note}`,
      who,
      kind,
      isGranted,
    });
  };
  if (resourcePolicy !== undefined) {
    const decisions = [principal.roleArn, principal.arn].map((id) =>
      decide(() => evaluatePolicies([resourcePolicy], policyRequest.by({ type: "AWS", id })), {
        action,
        what: `${action} on ${resource}`,
        who: `the policy of ${resource}`,
        kind: "resource-based",
      }),
    );
    const denied = decisions.find((each) => !each.allowed && each.because?.startsWith("with an explicit"));
    if (denied !== undefined) return denied;
    isGranted ||= decisions.some(({ allowed }) => allowed);
  }
  const decision = decideBy(
    [...role.policies.values()],
    role.managedPolicyArns,
    `role ${role.roleName}`,
    "identity-based",
  );
  const { sessionPolicies } = principal;
  if (!decision.allowed || sessionPolicies === undefined) return decision;
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
  const { document, arns } = sessionPolicies === "cognito-guest" ? guestPolicies : sessionPolicies;
  return decideBy(
    document === undefined ? [] : [document],
    arns,
    sessionPolicies === "cognito-guest" ? "Cognito's session policy for guests" : "the session policy",
    "session",
  );
}

/** A class, because an object literal with a getter has a hidden class of its own each time. */
class SessionRequest implements PolicyRequest {
  readonly action: string;
  readonly resource: string;
  private readonly given: AuthorizationRequest["context"];
  private readonly session: Session;
  private known: RequestContext | undefined;

  constructor({ action, resource, context }: AuthorizationRequest, session: Session) {
    this.action = action;
    this.resource = resource;
    this.given = context;
    this.session = session;
  }

  /** The same request, for policies with a `Principal`. */
  by(principal: RequestPrincipal): PolicyRequest {
    const { action, resource, context } = this;
    return { action, resource, context, principal };
  }

  get context(): RequestContext {
    const { given, session } = this;
    return (this.known ??= withPrincipalKeys(typeof given === "function" ? given() : given, session));
  }
}

type Session = Extract<Principal, { kind: "assumed-role" }>;

function findManagedPolicies(
  account: Account,
  arns: readonly string[],
): { managed: PolicyDocument[]; note: string } {
  const find = (arn: string): PolicyDocument | undefined =>
    account.managedPolicies.get(arn)?.policyDocument ?? managedPolicies.get(arn);
  const unknown = arns.filter((arn) => find(arn) === undefined);
  return {
    managed: arns.map(find).filter((document) => document !== undefined),
    note: unknown.length > 0 ? ` (managed policies unknown to the local cloud: ${unknown.join(", ")})` : "",
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif */
function withPrincipalKeys(context: RequestContext, { cognitoIdentity, tags = {} }: Session): RequestContext {
  // Spreading takes ten times as long in Node 20.
  const result: Record<string, RequestContext[string]> = {};
  Object.assign(result, context);
  if (cognitoIdentity !== undefined) Object.assign(result, identityConditionKeys(cognitoIdentity));
  for (const [key, value] of Object.entries(tags)) result[`aws:PrincipalTag/${key}`] = value;
  return result;
}

export interface AssumptionRequest {
  action: "sts:AssumeRole" | "sts:AssumeRoleWithWebIdentity" | "sts:TagSession";
  principal: RequestPrincipal;
  context: RequestContext;
}

/** Whether the role's trust policy lets an identity of Cognito assume the role, with these session tags. */
export function authorizeIdentity(
  role: Role,
  identity: CognitoIdentity,
  { now, tags }: { now: Date; tags: Readonly<Record<string, string>> },
): AuthorizationDecision {
  const keys = Object.keys(tags);
  const request = {
    principal: { type: "Federated", id: "cognito-identity.amazonaws.com" },
    context: {
      ...identityConditionKeys(identity),
      "aws:CurrentTime": now.toISOString(),
      "aws:EpochTime": String(Math.floor(now.getTime() / 1000)),
      ...(keys.length > 0 && { "aws:TagKeys": keys }),
      ...Object.fromEntries(keys.map((key) => [`aws:RequestTag/${key}`, tags[key] ?? ""])),
    },
  } as const;
  const decision = authorizeAssumption(role, { ...request, action: "sts:AssumeRoleWithWebIdentity" });
  if (!decision.allowed || keys.length === 0) return decision;
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
  return authorizeAssumption(role, { ...request, action: "sts:TagSession" });
}

/** Whether the role's trust policy lets the principal assume the role. */
export function authorizeAssumption(role: Role, request: AssumptionRequest): AuthorizationDecision {
  return decide(() => evaluatePolicies([role.assumeRolePolicyDocument], { ...request, resource: role.arn }), {
    action: request.action,
    what: `${request.action} by ${request.principal.id}`,
    who: `the trust policy of ${role.roleName}`,
    kind: "resource-based",
  });
}

type PolicyKind = "identity-based" | "resource-based" | "session";

function decide(
  evaluate: () => ReturnType<typeof evaluatePolicies>,
  {
    action,
    what,
    who,
    kind,
    isGranted = false,
  }: { action: string; what: string; who: string; kind: PolicyKind; isGranted?: boolean },
): AuthorizationDecision {
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
  const implicit = `because no ${kind} policy allows the ${action} action`;
  try {
    const { effect } = evaluate();
    if (effect === "Allow" || (effect === "ImplicitDeny" && isGranted)) return { allowed: true };
    if (effect === "ImplicitDeny")
      return { allowed: false, reason: `${who} does not allow ${what}`, because: implicit };
    return {
      allowed: false,
      reason: `${who} denies ${what}`,
      because: `with an explicit deny in ${kind.startsWith("i") ? "an" : "a"} ${kind} policy`,
    };
  } catch (error) {
    // A policy that cannot be evaluated must not grant access.
    if (error instanceof PolicyDocumentError) {
      return {
        allowed: false,
        reason: `${who} cannot be evaluated: ${error.message}`,
        because: implicit,
      };
    }
    throw error;
  }
}
