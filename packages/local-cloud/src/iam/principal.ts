import type { PolicyDocument } from "../account.ts";

/** A federated caller, for `event.requestContext.authorizer.iam.cognitoIdentity` and policy variables. */
export interface CognitoIdentity {
  /** `us-east-1:<uuid>`. */
  identityId: string;
  identityPoolId: string;
  /** `authenticated`, the provider, and `<provider>:<app>:<user id>`; or just `unauthenticated`. */
  amr: string[];
}

/** Condition keys of an identity, for trust policies and for the policies of its role. */
export function identityConditionKeys({
  identityId,
  identityPoolId,
  amr,
}: CognitoIdentity): Readonly<Record<string, string | readonly string[]>> {
  return {
    "cognito-identity.amazonaws.com:aud": identityPoolId,
    // AWS does not document the values that name an app and a user.
    "cognito-identity.amazonaws.com:amr": amr.filter((_method, index) => index === 0 || index % 2 === 1),
    "cognito-identity.amazonaws.com:sub": identityId,
  };
}

/** Session policies: a session may do what its role and one of them allow. */
export type SessionPolicies =
  | "cognito-guest"
  | {
      document?: PolicyDocument;
      /** ARNs of managed policies. */
      arns: readonly string[];
    };

/** The caller behind an access key. */
export type Principal =
  | {
      kind: "assumed-role";
      accessKeyId: string;
      /** `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
      arn: string;
      /** `AROA…:<session>`. */
      userId: string;
      roleArn: string;
      cognitoIdentity: CognitoIdentity | undefined;
      sessionPolicies?: SessionPolicies;
      /** `aws:PrincipalTag/…`. */
      tags?: Readonly<Record<string, string>>;
    }
  | {
      kind: "user";
      accessKeyId: string;
      /** `arn:aws:iam::<account>:user/<name>`. */
      arn: string;
      /** `AIDA…`. */
      userId: string;
    };

/** The account that owns the principal, read from its ARN. */
export function accountOf(principal: Principal): string {
  return principal.arn.split(":")[4] ?? "";
}

/**
 * Whether the `Principal` of a Lambda permission is the caller: `*`, the account, or the caller's role or user.
 * @param principal undefined for a request without a signature
 */
export function matchesPrincipal(wanted: string, principal: Principal | undefined): boolean {
  if (wanted === "*" || principal === undefined) return wanted === "*";
  const own = principal.kind === "assumed-role" ? principal.roleArn : principal.arn;
  const accountId = accountOf(principal);
  return [own, principal.arn, accountId, `arn:aws:iam::${accountId}:root`].includes(wanted);
}
