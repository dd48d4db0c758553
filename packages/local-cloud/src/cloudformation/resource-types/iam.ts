import { iamUniqueId } from "../../aws/identifiers.ts";
import type { Account, PolicyDocument, Role } from "../../account.ts";
import { PolicyDocumentError } from "../../iam/policy-document.ts";
import { type PolicyKind, validatePolicy } from "../../iam/policy-validation.ts";
import { attachmentRefusals, roleRefusals } from "./iam-refusals.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { ResourceError } from "./resource-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::IAM::Role. `Ref` is the role's name. */
export function roleType(account: Account): ResourceType {
  return {
    create(properties, context) {
      const roleName = properties.optionalText("RoleName") ?? physicalName(context);
      const path = properties.optionalText("Path") ?? "/";
      const arn = `arn:aws:iam::${account.accountId}:role${path}${roleName}`;
      roleRefusals.name.when(!/^[\w+=,.@-]{1,64}$/.test(roleName), roleName);
      roleRefusals.nameTaken.when(findRole(account, roleName) !== undefined, roleName);
      const role: Role = {
        ...settings(properties),
        arn,
        roleName,
        roleId: iamUniqueId("AROA"),
        policies: new Map(inlinePolicies(properties)),
      };
      account.roles.set(arn, role);
      return { physicalId: roleName, attributes: { Arn: arn, RoleId: role.roleId } };
    },
    update(instance, properties, previous) {
      const role = requireRole(account, instance.physicalId);
      const next = settings(properties);
      const policies = inlinePolicies(properties);
      for (const [name] of inlinePolicies(previous)) role.policies.delete(name);
      for (const [name, document] of policies) role.policies.set(name, document);
      // Policies that AWS::IAM::ManagedPolicy attached stay attached.
      const own = new Set(previous.textList("ManagedPolicyArns"));
      const attached = role.managedPolicyArns.filter((arn) => !own.has(arn));
      Object.assign(role, next, {
        managedPolicyArns: [...new Set([...next.managedPolicyArns, ...attached])],
      });
      return instance;
    },
    remove({ attributes }) {
      account.roles.delete(String(attributes["Arn"]));
    },
  };
}

/** AWS::IAM::Policy: an inline policy in each of its roles. */
export function policyType(account: Account): ResourceType {
  const attach = (properties: Properties): void => {
    const document = policyDocument(properties, "PolicyDocument");
    for (const role of attachedRoles(account, properties)) {
      role.policies.set(properties.text("PolicyName"), document);
    }
  };
  const detach = (properties: Properties): void => {
    for (const roleName of properties.textList("Roles")) {
      findRole(account, roleName)?.policies.delete(properties.text("PolicyName"));
    }
  };
  return {
    create(properties, context) {
      refuseUsersAndGroups(properties);
      attachmentRefusals.nothing.when(properties.textList("Roles").length === 0);
      attach(properties);
      const physicalId = physicalName(context);
      return { physicalId, attributes: { Id: physicalId } };
    },
    update(instance, properties, previous) {
      refuseUsersAndGroups(properties);
      attachedRoles(account, properties);
      policyDocument(properties, "PolicyDocument");
      detach(previous);
      attach(properties);
      return instance;
    },
    remove(_instance, properties) {
      detach(properties);
    },
  };
}

/** AWS::IAM::ManagedPolicy. `Ref` is its ARN. */
export function managedPolicyType(account: Account): ResourceType {
  const detach = (arn: string, properties: Properties): void => {
    for (const roleName of properties.textList("Roles")) {
      const role = findRole(account, roleName);
      if (role !== undefined)
        role.managedPolicyArns = role.managedPolicyArns.filter((attached) => attached !== arn);
    }
  };
  const attach = (arn: string, properties: Properties): void => {
    for (const role of attachedRoles(account, properties)) {
      if (!role.managedPolicyArns.includes(arn)) role.managedPolicyArns.push(arn);
    }
  };
  return {
    create(properties, context) {
      refuseUsersAndGroups(properties);
      const policyName = properties.optionalText("ManagedPolicyName") ?? physicalName(context, 128);
      const arn = `arn:aws:iam::${account.accountId}:policy${properties.optionalText("Path") ?? "/"}${policyName}`;
      attachmentRefusals.nameTaken.when(account.managedPolicies.has(arn), policyName);
      const document = policyDocument(properties, "PolicyDocument");
      attach(arn, properties);
      account.managedPolicies.set(arn, { arn, policyName, policyDocument: document });
      return { physicalId: arn, attributes: { PolicyArn: arn, PolicyId: iamUniqueId("ANPA") } };
    },
    update(instance, properties, previous) {
      refuseUsersAndGroups(properties);
      const document = policyDocument(properties, "PolicyDocument");
      attachedRoles(account, properties);
      const policy = account.managedPolicies.get(instance.physicalId);
      if (policy === undefined) throw new ResourceError(`Policy ${instance.physicalId} does not exist.`);
      policy.policyDocument = document;
      detach(instance.physicalId, previous);
      attach(instance.physicalId, properties);
      return instance;
    },
    remove({ physicalId }, properties) {
      detach(physicalId, properties);
      account.managedPolicies.delete(physicalId);
    },
  };
}

function findRole(account: Account, roleName: string): Role | undefined {
  return [...account.roles.values()].find((role) => role.roleName === roleName);
}

function requireRole(account: Account, roleName: string): Role {
  return attachmentRefusals.noRole.unless(findRole(account, roleName), roleName);
}

function attachedRoles(account: Account, properties: Properties): Role[] {
  return properties.textList("Roles").map((roleName) => requireRole(account, roleName));
}

function refuseUsersAndGroups(properties: Properties): void {
  for (const kind of ["Users", "Groups"]) {
    attachmentRefusals.usersAndGroups.when(properties.textList(kind).length > 0, kind);
  }
}

function policyDocument(properties: Properties, name: string, kind: PolicyKind = "identity"): PolicyDocument {
  const document = properties.document(name);
  try {
    validatePolicy(document, kind);
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error;
    throw new ResourceError(`${error.message} (Service: Iam, Status Code: 400, MalformedPolicyDocument)`);
  }
  return document;
}

function settings(properties: Properties): Pick<Role, "assumeRolePolicyDocument" | "managedPolicyArns"> {
  return {
    assumeRolePolicyDocument: policyDocument(properties, "AssumeRolePolicyDocument", "trust"),
    managedPolicyArns: properties.textList("ManagedPolicyArns"),
  };
}

function inlinePolicies(properties: Properties): [string, PolicyDocument][] {
  return properties
    .objects("Policies")
    .map((policy) => [policy.text("PolicyName"), policyDocument(policy, "PolicyDocument")]);
}
