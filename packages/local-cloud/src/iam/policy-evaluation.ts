import type { PolicyDocument } from "../account.ts";
import { compileConditions, type RequestContext, substituteVariables } from "./conditions.ts";
import { asList, asRecord, PolicyDocumentError } from "./policy-document.ts";
import { policyRefusals } from "./policy-refusals.ts";
import { compileArnPattern, matchesGlob } from "./wildcards.ts";

/** A request that policies are evaluated for. */
export interface PolicyRequest {
  /** `execute-api:Invoke`. */
  action: string;
  /** ARN. */
  resource: string;
  context: RequestContext;
  /** The caller. Only for policies with a `Principal`, such as a role's trust policy. */
  principal?: RequestPrincipal;
}

export interface RequestPrincipal {
  type: "AWS" | "Federated" | "Service";
  /** ARN, identity provider or service name. */
  id: string;
}

export type Decision = { effect: "Allow" | "ExplicitDeny" | "ImplicitDeny" };

/**
 * Evaluates the policies of one account: an explicit Deny wins over any Allow, and the default is to deny.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 *
 * @throws PolicyDocumentError for a document that IAM would reject, or an element that the local cloud does not support
 */
export function evaluatePolicies(documents: Iterable<PolicyDocument>, request: PolicyRequest): Decision {
  let allowed = false;
  for (const document of documents) {
    for (const statement of compiled(document)) {
      if (!statement.applies(request)) continue;
      if (statement.effect === "Deny") return { effect: "ExplicitDeny" };
      allowed = true;
    }
  }
  return { effect: allowed ? "Allow" : "ImplicitDeny" };
}

interface Statement {
  effect: "Allow" | "Deny";
  applies(request: PolicyRequest): boolean;
}

type Test = (request: PolicyRequest) => boolean;

/** Documents are replaced, never changed in place. */
const cache = new WeakMap<PolicyDocument, Statement[]>();

/** Compiles a document for evaluation. @throws PolicyDocumentError */
export function compilePolicy(document: PolicyDocument): void {
  compiled(document);
}

function compiled(document: PolicyDocument): Statement[] {
  let statements = cache.get(document);
  if (statements === undefined) {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    const hasVariables = document["Version"] === "2012-10-17";
    statements = asList(document["Statement"]).map((statement) =>
      compileStatement(asRecord(statement, "Statement"), hasVariables),
    );
    cache.set(document, statements);
  }
  return statements;
}

const statementElements = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

function compileStatement(statement: Record<string, unknown>, hasVariables: boolean): Statement {
  const unknown = Object.keys(statement).find((element) => !statementElements.has(element));
  policyRefusals.statementElement.when(unknown !== undefined, unknown ?? "");
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw new PolicyDocumentError("Effect must be Allow or Deny");
  const tests = [
    ...either(statement, "Action", compileActions),
    ...either(statement, "Resource", (value) => compileResources(value, hasVariables)),
    ...either(statement, "Principal", compilePrincipals),
  ];
  if (statement["Action"] === undefined && statement["NotAction"] === undefined) {
    throw new PolicyDocumentError("a statement needs Action or NotAction");
  }
  if (statement["Condition"] !== undefined) {
    const conditions = compileConditions(statement["Condition"], hasVariables);
    tests.push((request) => conditions(request.context));
  }
  return { effect, applies: (request) => tests.every((test) => test(request)) };
}

/** `Action` or its negation `NotAction`, and so on. A statement cannot have both. */
function either(
  statement: Record<string, unknown>,
  element: string,
  compile: (value: unknown) => Test,
): Test[] {
  const value = statement[element];
  const negated = statement[`Not${element}`];
  policyRefusals.bothForms.when(value !== undefined && negated !== undefined, element);
  if (value !== undefined) return [compile(value)];
  if (negated === undefined) return [];
  const test = compile(negated);
  return [(request) => !test(request)];
}

function compileActions(value: unknown): Test {
  const patterns = texts(value, "Action").map((pattern) => pattern.toLowerCase());
  return ({ action }) => {
    const name = action.toLowerCase();
    return patterns.some((pattern) => matchesGlob(pattern, name));
  };
}

function compileResources(value: unknown, hasVariables: boolean): Test {
  const tests = texts(value, "Resource").map((pattern) => compileResource(pattern, hasVariables));
  return (request) => tests.some((test) => test(request));
}

function compileResource(pattern: string, hasVariables: boolean): Test {
  if (!hasVariables || !pattern.includes("${")) {
    const matches = compileArnPattern(pattern);
    return ({ resource }) => matches(resource);
  }
  return ({ resource, context }) => {
    const text = substituteVariables(pattern, context, true);
    return text !== undefined && compileArnPattern(text)(resource);
  };
}

const principalTypes: readonly string[] = ["AWS", "Federated", "Service", "CanonicalUser"];

function compilePrincipals(value: unknown): Test {
  if (value === "*") return ({ principal }) => principal !== undefined;
  const accepted = new Map<string, string[]>();
  for (const [type, ids] of Object.entries(asRecord(value, "Principal"))) {
    policyRefusals.principalType.when(!principalTypes.includes(type), type);
    accepted.set(type, texts(ids, "Principal"));
  }
  return ({ principal }) => {
    const ids = principal && accepted.get(principal.type);
    return ids?.some((id) => id === "*" || id === principal?.id || isAccountOf(id, principal)) === true;
  };
}

/** `123456789012` and `arn:aws:iam::123456789012:root` stand for every principal of the account. */
function isAccountOf(id: string, principal: RequestPrincipal | undefined): boolean {
  if (principal?.type !== "AWS") return false;
  const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(id)?.[1];
  return account !== undefined && account === principal.id.split(":")[4];
}

function texts(value: unknown, element: string): string[] {
  return asList(value).map((item) => {
    if (typeof item !== "string") throw new PolicyDocumentError(`${element} must be text or a list of texts`);
    return item;
  });
}
