import type * as sdk from "@aws-sdk/client-iam";
import type { QueryParameters, QueryRequest } from "../aws/query-protocol.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import type { Account, PolicyDocument, Role } from "../account.ts";
import { managedPolicies } from "./managed-policies.ts";
import { PolicyDocumentError } from "./policy-document.ts";
import { evaluatePolicies } from "./policy-evaluation.ts";

export const iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/";

type Action = (parameters: QueryParameters) => object;

export interface IamService {
  /** @throws ServiceError with a code of the service's model */
  handle(parameters: QueryParameters): Promise<object>;
  /** The resource of a request, as policies name it. */
  resourceArn: (parameters: QueryParameters) => string;
}

export interface IamOptions {
  account: Account;
  /** The creation time of a role or policy, by physical id. */
  createdAt: (physicalId: string) => Date;
}

/**
 * The actions of IAM that read roles and policies and simulate them.
 * {@link https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html}
 */
export function createIam({ account, createdAt }: IamOptions): IamService {
  const findRole = (roleName: string): Role | undefined =>
    [...account.roles.values()].find((role) => role.roleName === roleName);

  function requiredRole(parameters: QueryParameters<"RoleName">): Role {
    const roleName = required(parameters, "RoleName", /^[\w+=,.@-]{1,64}$/);
    return findRole(roleName) ?? missing(`The role with name ${roleName} cannot be found.`);
  }

  function managedPolicy(arn: string): { policyName: string; document: PolicyDocument; own: boolean } {
    const own = account.managedPolicies.get(arn);
    if (own !== undefined) return { policyName: own.policyName, document: own.policyDocument, own: true };
    const document = managedPolicies.get(arn) ?? missing(`Policy ${arn} was not found.`);
    return { policyName: nameIn(arn), document, own: false };
  }

  function simulate(
    parameters: QueryRequest<sdk.SimulatePrincipalPolicyRequest>,
  ): sdk.SimulatePolicyResponse {
    refuseParameters(parameters, [
      "ContextEntries",
      "PolicyInputList",
      "PermissionsBoundaryPolicyInputList",
      "ResourcePolicy",
    ]);
    refuseParameters(parameters, ["CallerArn", "ResourceOwner", "ResourceHandlingOption"]);
    const source = required(parameters, "PolicySourceArn", /^arn:/);
    const role =
      account.roles.get(source) ?? missing(`The role with name ${nameIn(source)} cannot be found.`);
    const actions = parameters.list("ActionNames");
    if (actions.length === 0) required(parameters, "ActionNames", /./);
    const resources = parameters.has("ResourceArns") ? parameters.list("ResourceArns") : ["*"];
    const documents = [
      ...role.policies.values(),
      ...role.managedPolicyArns.map((arn) => managedPolicy(arn).document),
    ];
    const results = actions.flatMap((action) =>
      resources.map((resource) => ({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decide(documents, action, resource),
        MatchedStatements: [],
        MissingContextValues: [],
      })),
    );
    const { items, ...rest } = page(parameters, results);
    return { EvaluationResults: items, ...rest };
  }

  const actions: Record<string, Action> = {
    GetRole: (parameters: QueryRequest<sdk.GetRoleRequest>): sdk.GetRoleResponse => {
      const role = requiredRole(parameters);
      return {
        Role: {
          Path: /:role(\/(?:.*\/)?)[^/]+$/.exec(role.arn)?.[1] ?? "/",
          RoleName: role.roleName,
          RoleId: role.roleId,
          Arn: role.arn,
          CreateDate: createdAt(role.roleName),
          AssumeRolePolicyDocument: encodeDocument(role.assumeRolePolicyDocument),
          MaxSessionDuration: 3600,
          RoleLastUsed: {},
        },
      };
    },
    ListRolePolicies: (
      parameters: QueryRequest<sdk.ListRolePoliciesRequest>,
    ): sdk.ListRolePoliciesResponse => {
      const { items, ...rest } = page(parameters, [...requiredRole(parameters).policies.keys()]);
      return { PolicyNames: items, ...rest };
    },
    GetRolePolicy: (parameters: QueryRequest<sdk.GetRolePolicyRequest>): sdk.GetRolePolicyResponse => {
      const role = requiredRole(parameters);
      const policyName = required(parameters, "PolicyName", /^[\w+=,.@-]{1,128}$/);
      const document =
        role.policies.get(policyName) ?? missing(`The role policy with name ${policyName} cannot be found.`);
      return { RoleName: role.roleName, PolicyName: policyName, PolicyDocument: encodeDocument(document) };
    },
    ListAttachedRolePolicies: (
      parameters: QueryRequest<sdk.ListAttachedRolePoliciesRequest>,
    ): sdk.ListAttachedRolePoliciesResponse => {
      const { managedPolicyArns } = requiredRole(parameters);
      const { items, ...rest } = page(
        parameters,
        managedPolicyArns.map((arn) => ({ PolicyName: nameIn(arn), PolicyArn: arn })),
      );
      return { AttachedPolicies: items, ...rest };
    },
    GetPolicy: (parameters: QueryRequest<sdk.GetPolicyRequest>): sdk.GetPolicyResponse => {
      const arn = required(parameters, "PolicyArn", /^arn:/);
      const { policyName, own } = managedPolicy(arn);
      const attached = [...account.roles.values()].filter((role) => role.managedPolicyArns.includes(arn));
      return {
        Policy: {
          PolicyName: policyName,
          Arn: arn,
          Path: /:policy(\/(?:.*\/)?)[^/]+$/.exec(arn)?.[1] ?? "/",
          DefaultVersionId: "v1",
          AttachmentCount: attached.length,
          PermissionsBoundaryUsageCount: 0,
          IsAttachable: true,
          ...(own && { CreateDate: createdAt(arn), UpdateDate: createdAt(arn) }),
        },
      };
    },
    GetPolicyVersion: (
      parameters: QueryRequest<sdk.GetPolicyVersionRequest>,
    ): sdk.GetPolicyVersionResponse => {
      const arn = required(parameters, "PolicyArn", /^arn:/);
      const versionId = required(parameters, "VersionId", /^v[1-9]\d*(\.[\w-]*)?$/);
      const { document, own } = managedPolicy(arn);
      // CloudFormation replaces the only version.
      if (versionId !== "v1")
        missing(`Policy ${arn} version ${versionId} does not exist or is not attachable.`);
      return {
        PolicyVersion: {
          Document: encodeDocument(document),
          VersionId: versionId,
          IsDefaultVersion: true,
          ...(own && { CreateDate: createdAt(arn) }),
        },
      };
    },
    SimulatePrincipalPolicy: simulate,
  };

  return {
    async handle(parameters) {
      const run = findOperation(actions, parameters.action ?? "", { service: "IAM", code: "InvalidAction" });
      return run(parameters);
    },
    resourceArn(parameters) {
      const roleName = parameters.text("RoleName");
      const named = parameters.text("PolicyArn") ?? parameters.text("PolicySourceArn");
      if (roleName === undefined) return named ?? "*";
      return findRole(roleName)?.arn ?? `arn:aws:iam::${account.accountId}:role/${roleName}`;
    },
  };
}

function decide(
  documents: readonly PolicyDocument[],
  action: string,
  resource: string,
): "allowed" | "explicitDeny" | "implicitDeny" {
  try {
    const { effect } = evaluatePolicies(documents, { action, resource, context: {} });
    return ({ Allow: "allowed", ExplicitDeny: "explicitDeny", ImplicitDeny: "implicitDeny" } as const)[
      effect
    ];
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error;
    throw new ServiceError("PolicyEvaluation", `The policy cannot be evaluated: ${error.message}`, 500);
  }
}

/** A page of `MaxItems` items (100 by default), with the `Marker` of the next page. */
function page<T>(
  parameters: QueryParameters<"MaxItems" | "Marker">,
  items: readonly T[],
): { items: T[]; IsTruncated: boolean; Marker: string | undefined } {
  const maximum = Number(parameters.text("MaxItems") ?? 100);
  if (!Number.isInteger(maximum) || maximum < 1 || maximum > 1000) {
    throw new ServiceError(
      "ValidationError",
      `1 validation error detected: Value '${parameters.text("MaxItems") ?? ""}' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000`,
    );
  }
  const marker = parameters.text("Marker");
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, "base64url").toString());
  if (!Number.isInteger(start) || start < 0 || (start >= items.length && start > 0)) {
    throw new ServiceError("ValidationError", "Invalid Marker.");
  }
  const end = start + maximum;
  const isTruncated = end < items.length;
  return {
    items: items.slice(start, end),
    IsTruncated: isTruncated,
    Marker: isTruncated ? Buffer.from(String(end)).toString("base64url") : undefined,
  };
}

function required<Name extends string>(
  parameters: QueryParameters<Name>,
  name: Name,
  pattern: RegExp,
): string {
  const value = parameters.text(name);
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  if (value === undefined || value === "") {
    throw new ServiceError(
      "ValidationError",
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    );
  }
  if (pattern.test(value)) return value;
  throw new ServiceError(
    "ValidationError",
    `The specified value for ${member} is invalid. It must match ${pattern.source}`,
  );
}

function refuseParameters<Name extends string>(
  parameters: QueryParameters<Name>,
  names: readonly Name[],
): void {
  const unknown = names.find((name) => parameters.has(name));
  if (unknown === undefined) return;
  throw new ServiceError(
    "ValidationError",
    `The local cloud does not support the parameter ${unknown} of ${parameters.action ?? ""}.`,
  );
}

function missing(message: string): never {
  throw new ServiceError("NoSuchEntity", message, 404);
}

/** `arn:aws:iam::aws:policy/service-role/Name` → `Name` */
function nameIn(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** IAM sends documents percent-encoded (RFC 3986). */
function encodeDocument(document: PolicyDocument): string {
  return encodeURIComponent(JSON.stringify(document)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
