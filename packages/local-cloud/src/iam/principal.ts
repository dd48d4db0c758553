/** A federated caller, for `event.requestContext.authorizer.iam.cognitoIdentity` and policy variables. */
export interface CognitoIdentity {
  /** `us-east-1:<uuid>`. */
  identityId: string;
  identityPoolId: string;
  /** `authenticated`, the provider, and `<provider>:<app>:<user id>`; or just `unauthenticated`. */
  amr: string[];
}

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
