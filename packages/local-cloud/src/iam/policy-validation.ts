import type { PolicyDocument } from "../account.ts";
import { asList, asRecord, PolicyDocumentError } from "./policy-document.ts";
import { compilePolicy } from "./policy-evaluation.ts";

/** `trust` is a role's AssumeRolePolicyDocument. */
export type PolicyKind = "identity" | "trust";

/**
 * Refuses a document that IAM refuses, in IAM's words where they are public.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 *
 * @throws PolicyDocumentError
 */
export function validatePolicy(document: PolicyDocument, kind: PolicyKind): void {
  const version = document["Version"];
  const unknown = Object.keys(document).find((name) => !["Version", "Id", "Statement"].includes(name));
  const statements = asList(document["Statement"]);
  const isVersion = version === undefined || version === "2012-10-17" || version === "2008-10-17";
  if (unknown !== undefined || !isVersion || statements.length === 0) throw syntaxError();
  const ids = new Set<unknown>();
  for (const item of statements) {
    const statement = readStatement(item);
    const { Sid } = statement;
    if (Sid !== undefined && (typeof Sid !== "string" || !/^[A-Za-z0-9]*$/.test(Sid))) {
      throw new PolicyDocumentError("Statement IDs (SID) must be alpha-numeric.");
    }
    if (Sid !== undefined && ids.has(Sid)) {
      throw new PolicyDocumentError("Statement IDs (SID) in a single policy must be unique.");
    }
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
}

function readStatement(item: unknown): StatementElements {
  const isObject = typeof item === "object" && item !== null && !Array.isArray(item);
  const statement: StatementElements = isObject ? asRecord(item, "Statement") : {};
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny") throw syntaxError();
  return statement;
}

function validateActions({ Action, NotAction }: StatementElements, kind: PolicyKind): void {
  const actions = texts(Action ?? NotAction);
  if (actions.length === 0) throw new PolicyDocumentError("Policy statement must contain actions.");
  for (const action of actions) {
    if (action === "*" && kind === "identity") continue;
    const [vendor = "", name, ...rest] = action.split(":");
    if (name === undefined) {
      throw new PolicyDocumentError(
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
      );
    }
    if (rest.length > 0) throw new PolicyDocumentError("Actions/Condition can contain only one colon.");
    if (!/^[\w-]+$|^\*$/.test(vendor)) throw new PolicyDocumentError(`Vendor ${vendor} is not valid`);
    if (!/^[\w*?]+$/.test(name)) throw syntaxError();
    if (kind === "trust" && vendor.toLowerCase() !== "sts") {
      throw new PolicyDocumentError("AssumeRole policy may only specify STS AssumeRole actions.");
    }
  }
}

function validateIdentityStatement(statement: StatementElements): void {
  if (statement.Principal !== undefined || statement.NotPrincipal !== undefined) {
    throw new PolicyDocumentError("Policy document should not specify a principal.");
  }
  const resources = texts(statement.Resource ?? statement.NotResource);
  if (resources.length === 0) throw new PolicyDocumentError("Policy statement must contain resources.");
  for (const resource of resources) {
    if (resource === "*") continue;
    const [scheme, partition = ""] = resource.split(":");
    if (scheme !== "arn" || partition === "") {
      throw new PolicyDocumentError(`Resource ${resource} must be in ARN format or "*".`);
    }
    if (!/^aws(?:-[a-z-]+)?$|[*?]/.test(partition)) {
      throw new PolicyDocumentError(`Partition "${partition}" is not valid for resource "${resource}".`);
    }
  }
}

function validateTrustStatement(statement: StatementElements): void {
  if (statement.Resource !== undefined || statement.NotResource !== undefined) {
    throw new PolicyDocumentError("Has prohibited field Resource");
  }
  if (statement.Principal === undefined && statement.NotPrincipal === undefined) {
    throw new PolicyDocumentError("Missing required field Principal");
  }
}

function texts(value: unknown): string[] {
  return asList(value).map((item) => {
    if (typeof item !== "string") throw syntaxError();
    return item;
  });
}

function syntaxError(): PolicyDocumentError {
  return new PolicyDocumentError("Syntax errors in policy.");
}
