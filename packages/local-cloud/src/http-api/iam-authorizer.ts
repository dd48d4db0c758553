import { type AuthorizationDecision, authorize } from "../iam/authorize.ts";
import type { Principal } from "../iam/principal.ts";
import { requestContext } from "../iam/request-context.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { Account } from "../account.ts";
import { verifySigV4 } from "../sigv4/verify-sigv4.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";
import type { Connection } from "./request-context.ts";

export interface IamAuthorizerOptions {
  account: Account;
  region: string;
  sessions: Sessions;
  now: () => Date;
  /**
   * How long a presigned URL without `X-Amz-Expires` is valid, in seconds. By default it is refused, because no source
   * says what API Gateway does.
   */
  presignedSeconds?: number;
}

export type IamAuthorization =
  { allowed: true; principal: Principal } | Extract<AuthorizationDecision, { allowed: false }>;

/** The AWS_IAM authorizer: the signature proves the caller, whose policies must allow `execute-api:Invoke`. */
export function createIamAuthorizer(options: IamAuthorizerOptions) {
  const { account, region, sessions, now, presignedSeconds } = options;
  const expectations = {
    service: "execute-api",
    region,
    now,
    sessions,
    // AWS's generated JavaScript SDK and aws-api-gateway-client add the token after signing, and work live.
    signedToken: "optional" as const,
    ...(presignedSeconds !== undefined && { defaultExpiresSeconds: presignedSeconds }),
  };

  /** @param resource the ARN of the method and path */
  return (request: ParsedRequest, connection: Connection, resource: string): IamAuthorization => {
    const verdict = verifySigV4(request, expectations);
    if (!verdict.ok) {
      const { code, message, detail } = verdict;
      return { allowed: false, reason: `${code}: ${message}${detail === undefined ? "" : ` (${detail})`}` };
    }
    const { principal } = verdict;
    const decision = authorize(account, principal, {
      action: "execute-api:Invoke",
      resource,
      context: () => requestContext(account, principal, request, connection, now()),
    });
    return decision.allowed
      ? { allowed: true, principal }
      : { allowed: false, reason: `AccessDenied: ${decision.reason}` };
  };
}
