import type { PolicyDocument } from "../../../aws/iam.ts";
import { actionMatches, asList, statementsOf, wildcardMatches } from "./policy.ts";

export interface TrustProblem {
  message: string;
  evidence: string;
}

const service = "cognito-identity.amazonaws.com";
const required = {
  aud: `the condition StringEquals ${service}:aud`,
  amr: `the condition ForAnyValue:StringLike ${service}:amr`,
};

/**
 * Checks that a role's trust policy accepts the authenticated users of this pool only: `aud` is the pool, `amr` is
 * `authenticated`. Undefined when it does.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
 */
export function judgeTrust(document: PolicyDocument, identityPoolId: string): TrustProblem | undefined {
  const statements = statementsOf(document).filter(
    (statement) =>
      statement["Effect"] === "Allow" &&
      actionMatches(statement["Action"], "sts:AssumeRoleWithWebIdentity") &&
      trustsCognito(statement["Principal"]),
  );
  if (statements.length === 0) {
    return {
      message: "the role does not trust Cognito, so no user can assume it",
      evidence: `no statement allows sts:AssumeRoleWithWebIdentity to ${service}`,
    };
  }
  const problems = statements.map((statement) => judgeConditions(statement, identityPoolId));
  // One statement that accepts too much is a problem. Otherwise one right statement is enough.
  return (
    problems.find((problem) => problem?.tooWide) ?? (problems.includes(undefined) ? undefined : problems[0])
  );
}

function judgeConditions(
  statement: Record<string, unknown>,
  identityPoolId: string,
): (TrustProblem & { tooWide: boolean }) | undefined {
  const aud = conditionValues(statement, `${service}:aud`);
  const amr = conditionValues(statement, `${service}:amr`);
  if (aud === undefined) {
    return {
      tooWide: true,
      message: "users of any identity pool, of any account, can assume the role",
      evidence: `the trust policy lacks ${required.aud}`,
    };
  }
  if (!aud.some((value) => wildcardMatches(value, identityPoolId))) {
    return {
      tooWide: false,
      message: "the role trusts another identity pool",
      evidence: `its ${service}:aud is ${aud.join(", ")}, but the pool is ${identityPoolId}`,
    };
  }
  if (amr === undefined) {
    return {
      tooWide: true,
      message: "guests of the pool can assume the role too",
      evidence: `the trust policy lacks ${required.amr}`,
    };
  }
  if (amr.some((value) => wildcardMatches(value, "unauthenticated"))) {
    return {
      tooWide: true,
      message: "the role is for guests of the pool",
      evidence: `its ${service}:amr is ${amr.join(", ")}`,
    };
  }
  if (
    amr.some((value) => ["authenticated", "api.twitter.com"].some((method) => wildcardMatches(value, method)))
  ) {
    return undefined;
  }
  return {
    tooWide: false,
    message: "users of Twitter cannot assume the role",
    evidence: `its ${service}:amr is ${amr.join(", ")}`,
  };
}

function trustsCognito(principal: unknown): boolean {
  if (principal === "*") return true;
  const federated = (principal as { Federated?: unknown } | null | undefined)?.Federated;
  return asList(federated).some((value) => value === service || value === "*");
}

/** The values that a condition key must equal, for any operator; undefined when no condition names it. */
function conditionValues(statement: Record<string, unknown>, key: string): string[] | undefined {
  const conditions = Object.entries((statement["Condition"] ?? {}) as Record<string, unknown>).filter(
    ([operator]) => /^(ForAnyValue:|ForAllValues:)?String(Equals|Like)/.test(operator),
  );
  const found = conditions.flatMap(([, keys]) =>
    Object.entries((keys ?? {}) as Record<string, unknown>)
      .filter(([name]) => name.toLowerCase() === key)
      .flatMap(([, value]) => asList(value).map(String)),
  );
  return found.length === 0 ? undefined : found;
}
