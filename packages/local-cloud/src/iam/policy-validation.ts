import type { PolicyDocument } from "../account.ts";
import { asList, asRecord } from "./policy-document.ts";
import { compilePolicy } from "./policy-evaluation.ts";
import { policyRefusals } from "./policy-refusals.ts";

/** `trust` is a role's AssumeRolePolicyDocument. */
export type PolicyKind = "identity" | "trust";

const elements = new Set(["Version", "Id", "Statement"]);

/**
 * Refuses a document that IAM refuses, in IAM's words where they are public.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 *
 * @throws PolicyDocumentError
 */
export function validatePolicy(document: PolicyDocument, kind: PolicyKind): void {
  const version = document["Version"];
  const statements = asList(document["Statement"]);
  policyRefusals.element.when(Object.keys(document).some((name) => !elements.has(name)));
  policyRefusals.version.when(version !== undefined && version !== "2012-10-17" && version !== "2008-10-17");
  policyRefusals.noStatement.when(statements.length === 0);
  const ids = new Set<unknown>();
  for (const item of statements) {
    const statement = readStatement(item);
    const { Sid } = statement;
    policyRefusals.sid.when(Sid !== undefined && (typeof Sid !== "string" || !/^[A-Za-z0-9]*$/.test(Sid)));
    policyRefusals.sidTwice.when(Sid !== undefined && ids.has(Sid));
    ids.add(Sid);
    validateActions(statement, kind);
    if (kind === "identity") validateIdentityStatement(statement);
    else validateTrustStatement(statement);
  }
  compilePolicy(document);
}

interface StatementElements {
  Sid?: unknown;
  Effect?: unknown;
  Principal?: unknown;
  NotPrincipal?: unknown;
  Action?: unknown;
  NotAction?: unknown;
  Resource?: unknown;
  NotResource?: unknown;
  Condition?: unknown;
}

function readStatement(item: unknown): StatementElements {
  const isObject = typeof item === "object" && item !== null && !Array.isArray(item);
  const statement: StatementElements = isObject ? asRecord(item, "Statement") : {};
  policyRefusals.effect.when(statement.Effect !== "Allow" && statement.Effect !== "Deny");
  return statement;
}

function validateActions({ Action, NotAction }: StatementElements, kind: PolicyKind): void {
  const actions = texts(Action ?? NotAction);
  policyRefusals.noAction.when(actions.length === 0);
  for (const action of actions) {
    if (action === "*" && kind === "identity") continue;
    const [vendor = "", name, ...rest] = action.split(":");
    policyRefusals.noVendor.when(name === undefined);
    policyRefusals.colons.when(rest.length > 0);
    policyRefusals.vendorWildcard.when(/[*?]/.test(vendor));
    policyRefusals.vendor.when(!/^[\w*?-]+$/.test(vendor), vendor);
    policyRefusals.actionName.when(!/^[\w*?]+$/.test(name ?? ""));
    policyRefusals.trustAction.when(kind === "trust" && vendor.toLowerCase() !== "sts");
  }
}

function validateIdentityStatement(statement: StatementElements): void {
  policyRefusals.principal.when(statement.Principal !== undefined || statement.NotPrincipal !== undefined);
  const resources = texts(statement.Resource ?? statement.NotResource);
  policyRefusals.noResource.when(resources.length === 0);
  for (const resource of resources) {
    if (resource === "*") continue;
    const [scheme, partition = ""] = resource.split(":");
    policyRefusals.resource.when(scheme !== "arn" || partition === "", resource);
    policyRefusals.partition.when(!/^aws(?:-[a-z-]+)?$|[*?]/.test(partition), partition, resource);
  }
}

function validateTrustStatement(statement: StatementElements): void {
  policyRefusals.trustResource.when(statement.Resource !== undefined || statement.NotResource !== undefined);
  policyRefusals.noPrincipal.when(statement.Principal === undefined && statement.NotPrincipal === undefined);
  policyRefusals.cognitoAudience.when(acceptsAnyIdentityPool(statement));
}

/** Cognito is a shared provider: every account's identity pools have it. */
function acceptsAnyIdentityPool({ Effect, Principal, Condition }: StatementElements): boolean {
  const service = "cognito-identity.amazonaws.com";
  const { Federated } = isRecord(Principal) ? Principal : {};
  if (Effect !== "Allow" || !asList(Federated).includes(service)) return false;
  const keys = Object.values(isRecord(Condition) ? Condition : {}).flatMap((block) =>
    Object.keys(isRecord(block) ? block : {}),
  );
  return !keys.some((key) => key.toLowerCase() === `${service}:aud`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function texts(value: unknown): string[] {
  const items = asList(value);
  policyRefusals.text.when(!items.every((item) => typeof item === "string"));
  return items.map(String);
}
