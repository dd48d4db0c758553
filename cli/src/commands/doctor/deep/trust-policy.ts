import type { PolicyDocument } from "../../../aws/iam.ts";
import { actionMatches, asList, statementsOf, wildcardMatches } from "./policy.ts";

export interface TrustProblem {
  message: string;
  evidence: string;
}

const service = "cognito-identity.amazonaws.com";
const fix = {
  aud: `the condition StringEquals ${service}:aud`,
  amr: `the condition ForAnyValue:StringLike ${service}:amr`,
};

/**
 * Whether a role's trust policy lets the users of this pool have it, and nobody else: `aud` is the pool, `amr` is
 * `authenticated`.
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
      message: "the role does not trust Cognito, so that nobody gets it",
      evidence: `no statement allows sts:AssumeRoleWithWebIdentity to ${service}`,
    };
  }
  const problems = statements.map((statement) => judgeConditions(statement, identityPoolId));
  // One statement that lets too much in is enough; one that lets the right ones in is needed.
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
      message: "the role can be had through any identity pool, of any account",
      evidence: `the trust policy is without ${fix.aud}`,
    };
  }
  if (!aud.some((value) => wildcardMatches(value, identityPoolId))) {
    return {
      tooWide: false,
      message: "the role trusts another identity pool",
      evidence: `its ${service}:aud is ${aud.join(", ")}, and the pool is ${identityPoolId}`,
    };
  }
  if (amr === undefined) {
    return {
      tooWide: true,
      message: "the role is for guests of the pool, too",
      evidence: `the trust policy is without ${fix.amr}`,
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
    message: "the role is not for users of Twitter",
    evidence: `its ${service}:amr is ${amr.join(", ")}`,
  };
}

function trustsCognito(principal: unknown): boolean {
  if (principal === "*") return true;
  const federated = (principal as { Federated?: unknown } | null | undefined)?.Federated;
  return asList(federated).some((value) => value === service || value === "*");
}

/** What a key has to equal, whatever the operator; undefined when no condition names it. */
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
