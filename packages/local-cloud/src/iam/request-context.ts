import type { Account } from "../account.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";
import type { RequestContext } from "./conditions.ts";
import type { Principal } from "./principal.ts";

/** Where a request came from. */
export interface RequestOrigin {
  sourceIp: string;
  /** Whether the origin uses https. */
  isSecure: boolean;
}

/**
 * The global condition keys of a signed request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function requestContext(
  { accountId, region }: Pick<Account, "accountId" | "region">,
  principal: Principal,
  { headers }: Pick<ParsedRequest, "headers">,
  { sourceIp, isSecure }: RequestOrigin,
  time: Date,
): RequestContext {
  const isRole = principal.kind === "assumed-role";
  const identity = isRole ? principal.cognitoIdentity : undefined;
  return {
    "aws:SourceIp": sourceIp,
    "aws:CurrentTime": time.toISOString(),
    "aws:EpochTime": String(Math.floor(time.getTime() / 1000)),
    "aws:SecureTransport": String(isSecure),
    "aws:PrincipalArn": isRole ? principal.roleArn : principal.arn,
    "aws:PrincipalAccount": accountId,
    "aws:PrincipalType": isRole ? "AssumedRole" : "User",
    "aws:userid": principal.userId,
    "aws:RequestedRegion": region,
    "aws:UserAgent": headers.get("user-agent") ?? "",
    ...(identity && {
      "aws:FederatedProvider": "cognito-identity.amazonaws.com",
    }),
  };
}
