import { members, path, text } from "./aws-xml.ts";
import { type AwsContext, queryRequest, queryResult } from "./control-plane.ts";
import { iamOf } from "./partition.ts";
import type { HttpRequest, Reply } from "../http.ts";
import { type JsonObject, parseJsonObject } from "../json.ts";

/** An IAM policy document, as JSON. */
export type PolicyDocument = JsonObject;

const iamRequest = (
  context: AwsContext,
  operation: string,
  parameters: Record<string, string | undefined>,
): Promise<HttpRequest> => {
  const { address, region } = iamOf(context.region);
  const service = { service: "iam", address, version: "2010-05-08" };
  return queryRequest({ ...context, region }, service, operation, parameters);
};

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export function getRoleRequest(context: AwsContext, roleName: string): Promise<HttpRequest> {
  return iamRequest(context, "GetRole", { RoleName: roleName });
}

/** @returns the trust policy, undefined when it is not valid JSON */
export function processGetRoleResponse(reply: Reply): PolicyDocument | undefined {
  return parseDocument(text(queryResult(reply, "GetRole"), "Role", "AssumeRolePolicyDocument"));
}

/** A page of a list. */
interface Page<T> {
  items: T[];
  /** Marker of the next page. Undefined on the last one. */
  next: string | undefined;
}

/** The inline policies of a role. */
export function listRolePoliciesRequest(
  context: AwsContext,
  roleName: string,
  marker: string | undefined,
): Promise<HttpRequest> {
  return iamRequest(context, "ListRolePolicies", { RoleName: roleName, Marker: marker });
}

export function processListRolePoliciesResponse(reply: Reply): Page<string> {
  const result = queryResult(reply, "ListRolePolicies");
  return { items: members(path(result, "PolicyNames")).map(String), next: markerOf(result) };
}

export function getRolePolicyRequest(
  context: AwsContext,
  roleName: string,
  policyName: string,
): Promise<HttpRequest> {
  return iamRequest(context, "GetRolePolicy", { RoleName: roleName, PolicyName: policyName });
}

export function processGetRolePolicyResponse(reply: Reply): PolicyDocument | undefined {
  return parseDocument(text(queryResult(reply, "GetRolePolicy"), "PolicyDocument"));
}

/** The managed policies of a role. */
export function listAttachedRolePoliciesRequest(
  context: AwsContext,
  roleName: string,
  marker: string | undefined,
): Promise<HttpRequest> {
  return iamRequest(context, "ListAttachedRolePolicies", { RoleName: roleName, Marker: marker });
}

/** @returns their ARNs */
export function processListAttachedRolePoliciesResponse(reply: Reply): Page<string> {
  const result = queryResult(reply, "ListAttachedRolePolicies");
  return {
    items: members(path(result, "AttachedPolicies")).flatMap((policy) => text(policy, "PolicyArn") ?? []),
    next: markerOf(result),
  };
}

export function getPolicyRequest(context: AwsContext, policyArn: string): Promise<HttpRequest> {
  return iamRequest(context, "GetPolicy", { PolicyArn: policyArn });
}

/** @returns the version in force, `v1` */
export function processGetPolicyResponse(reply: Reply): string {
  return text(queryResult(reply, "GetPolicy"), "Policy", "DefaultVersionId") ?? "v1";
}

export function getPolicyVersionRequest(
  context: AwsContext,
  policyArn: string,
  versionId: string,
): Promise<HttpRequest> {
  return iamRequest(context, "GetPolicyVersion", { PolicyArn: policyArn, VersionId: versionId });
}

export function processGetPolicyVersionResponse(reply: Reply): PolicyDocument | undefined {
  return parseDocument(text(queryResult(reply, "GetPolicyVersion"), "PolicyVersion", "Document"));
}

/** IAM's decision on one action and one resource. */
export interface SimulationResult {
  resource: string;
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** Condition keys that the simulation got no value for. */
  missingContext: string[];
}

/**
 * Asks whether the role is allowed to do something. Changes nothing.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export function simulatePrincipalPolicyRequest(
  context: AwsContext,
  roleArn: string,
  action: string,
  resources: readonly string[],
): Promise<HttpRequest> {
  return iamRequest(context, "SimulatePrincipalPolicy", {
    PolicySourceArn: roleArn,
    "ActionNames.member.1": action,
    ...Object.fromEntries(resources.map((arn, index) => [`ResourceArns.member.${index + 1}`, arn])),
    MaxItems: "1000",
  });
}

export function processSimulatePrincipalPolicyResponse(reply: Reply): SimulationResult[] {
  return members(path(queryResult(reply, "SimulatePrincipalPolicy"), "EvaluationResults")).map((result) => {
    const decision = text(result, "EvalDecision");
    return {
      resource: text(result, "EvalResourceName") ?? "*",
      decision: decision === "allowed" || decision === "explicitDeny" ? decision : "implicitDeny",
      missingContext: members(path(result, "MissingContextValues")).map(String),
    };
  });
}

function markerOf(result: unknown): string | undefined {
  return text(result, "IsTruncated") === "true" ? text(result, "Marker") : undefined;
}

/** IAM percent-encodes policy documents (RFC 3986). */
function parseDocument(encoded = ""): PolicyDocument | undefined {
  try {
    return parseJsonObject(decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
}
