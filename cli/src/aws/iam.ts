import { members, path, text } from "./aws-xml.ts";
import { type AwsOperation, type Page, queryRequest, queryResult } from "./control-plane.ts";
import { iamOf } from "./partition.ts";
import { type JsonObject, parseJsonObject } from "../json.ts";

/** An IAM policy document, as JSON. */
export type PolicyDocument = JsonObject;

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html */
function iamOperation<T>(
  name: string,
  parameters: Readonly<Record<string, string | undefined>>,
  read: (result: unknown) => T,
): AwsOperation<T> {
  return {
    service: "IAM",
    request(context) {
      const { address, region } = iamOf(context.region);
      const service = { service: "iam", address, version: "2010-05-08" };
      return queryRequest({ ...context, region }, service, name, parameters);
    },
    read: (reply) => read(queryResult(reply, name)),
  };
}

/** The trust policy of a role. Undefined when it is not valid JSON. */
export function getRole(roleName: string): AwsOperation<PolicyDocument | undefined> {
  return iamOperation("GetRole", { RoleName: roleName }, (result) =>
    documentIn(result, "Role", "AssumeRolePolicyDocument"),
  );
}

/** The names of the inline policies of a role. */
export function listRolePolicies(roleName: string, marker: string | undefined): AwsOperation<Page<string>> {
  return iamOperation("ListRolePolicies", { RoleName: roleName, Marker: marker }, (result) => ({
    items: members(path(result, "PolicyNames")).map(String),
    next: markerOf(result),
  }));
}

export function getRolePolicy(
  roleName: string,
  policyName: string,
): AwsOperation<PolicyDocument | undefined> {
  return iamOperation("GetRolePolicy", { RoleName: roleName, PolicyName: policyName }, (result) =>
    documentIn(result, "PolicyDocument"),
  );
}

/** The ARNs of the managed policies of a role. */
export function listAttachedRolePolicies(
  roleName: string,
  marker: string | undefined,
): AwsOperation<Page<string>> {
  return iamOperation("ListAttachedRolePolicies", { RoleName: roleName, Marker: marker }, (result) => ({
    items: members(path(result, "AttachedPolicies")).flatMap((policy) => text(policy, "PolicyArn") ?? []),
    next: markerOf(result),
  }));
}

/** The version of a managed policy that is in force: `v1`. */
export function getPolicy(policyArn: string): AwsOperation<string> {
  return iamOperation(
    "GetPolicy",
    { PolicyArn: policyArn },
    (result) => text(result, "Policy", "DefaultVersionId") ?? "v1",
  );
}

export function getPolicyVersion(
  policyArn: string,
  versionId: string,
): AwsOperation<PolicyDocument | undefined> {
  return iamOperation("GetPolicyVersion", { PolicyArn: policyArn, VersionId: versionId }, (result) =>
    documentIn(result, "PolicyVersion", "Document"),
  );
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
export function simulatePrincipalPolicy(
  roleArn: string,
  action: string,
  resources: readonly string[],
): AwsOperation<SimulationResult[]> {
  const parameters = {
    PolicySourceArn: roleArn,
    "ActionNames.member.1": action,
    ...Object.fromEntries(resources.map((arn, index) => [`ResourceArns.member.${index + 1}`, arn])),
    MaxItems: "1000",
  };
  return iamOperation("SimulatePrincipalPolicy", parameters, (simulated) =>
    members(path(simulated, "EvaluationResults")).map((result) => {
      const decision = text(result, "EvalDecision");
      return {
        resource: text(result, "EvalResourceName") ?? "*",
        decision: decision === "allowed" || decision === "explicitDeny" ? decision : "implicitDeny",
        missingContext: members(path(result, "MissingContextValues")).map(String),
      };
    }),
  );
}

function markerOf(result: unknown): string | undefined {
  return text(result, "IsTruncated") === "true" ? text(result, "Marker") : undefined;
}

/** IAM percent-encodes policy documents (RFC 3986). */
function documentIn(result: unknown, ...names: string[]): PolicyDocument | undefined {
  try {
    return parseJsonObject(decodeURIComponent(text(result, ...names) ?? ""));
  } catch {
    return undefined;
  }
}
