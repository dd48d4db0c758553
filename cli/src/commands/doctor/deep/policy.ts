import type { PolicyDocument } from "../../../aws/iam.ts";
import { isJsonObject, type JsonObject } from "../../../json.ts";

/** The policy grammar allows one value wherever it allows a list. */
export function asList(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function statementsOf(document: PolicyDocument): JsonObject[] {
  return asList(document["Statement"]).filter(isJsonObject);
}

/** `*` is any text, `?` any one character. Takes no longer for many stars, as a regular expression would. */
export function wildcardMatches(pattern: string, text: string): boolean {
  let [at, position] = [0, 0];
  /** After the last star, and the first character that it does not take. */
  let [afterStar, end] = [-1, 0];
  while (position < text.length) {
    if (pattern[at] === "*") [afterStar, end] = [(at += 1), position];
    else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[position]))
      [at, position] = [at + 1, position + 1];
    else if (afterStar >= 0) [at, position] = [afterStar, (end += 1)];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** Actions are case-insensitive. */
export function actionMatches(actions: unknown, action: string): boolean {
  return asList(actions).some(
    (pattern) => typeof pattern === "string" && wildcardMatches(pattern.toLowerCase(), action.toLowerCase()),
  );
}

export interface ReadVerdict {
  decision: "allowed" | "denied";
  /** The deciding statement has a condition, so the verdict may be wrong. */
  doubtful: boolean;
}

/**
 * Evaluates policies as IAM does, except for conditions. Used when the deployer may not simulate them. An explicit Deny
 * wins, then any Allow.
 */
export function readVerdict(
  documents: readonly PolicyDocument[],
  action: string,
  resource: string,
): ReadVerdict {
  const applying = documents
    .flatMap(statementsOf)
    .filter((statement) => covers(statement, "Action", (value) => actionMatches(value, action)))
    .filter((statement) =>
      covers(statement, "Resource", (value) =>
        asList(value).some((arn) => typeof arn === "string" && arnMatches(arn, resource)),
      ),
    );
  const denying = applying.filter(({ Effect }) => Effect === "Deny");
  const allowing = applying.filter(({ Effect }) => Effect === "Allow");
  const deciding = denying.length > 0 ? denying : allowing;
  const certain = deciding.some((statement) => statement["Condition"] === undefined);
  if (denying.length > 0) return { decision: "denied", doubtful: !certain };
  return { decision: allowing.length > 0 ? "allowed" : "denied", doubtful: allowing.length > 0 && !certain };
}

/** Whether an element or its negation (`NotAction`) applies. */
function covers(
  statement: Record<string, unknown>,
  element: string,
  matches: (value: unknown) => boolean,
): boolean {
  if (statement[element] !== undefined) return matches(statement[element]);
  const negated = statement[`Not${element}`];
  return negated !== undefined && !matches(negated);
}

/** An asterisk does not match across the colons of the first five parts. */
function arnMatches(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const patternParts = splitArn(pattern);
  const parts = splitArn(arn);
  return (
    patternParts.length === parts.length &&
    patternParts.every((part, index) => wildcardMatches(part, parts[index] ?? ""))
  );
}

function splitArn(arn: string): string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}
