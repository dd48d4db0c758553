import type { HttpRequest, Reply } from "../http.ts";
import { type AwsContext, jsonResult, signedRequest } from "./control-plane.ts";
import { serviceAddress } from "./partition.ts";

/** The settings of an identity pool that only its owner may read. */
export interface IdentityPoolDescription {
  allowsGuests: boolean;
  /** `{"api.twitter.com": "<consumer key>;<consumer secret>"}`. The values are secrets. */
  supportedLoginProviders: Record<string, string>;
  /** ARNs. */
  openIdConnectProviders: string[];
}

/** @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html */
export function describeIdentityPoolRequest(
  context: AwsContext,
  identityPoolId: string,
): Promise<HttpRequest> {
  return identityPoolRequest(context, "DescribeIdentityPool", identityPoolId);
}

export function processDescribeIdentityPoolResponse(reply: Reply): IdentityPoolDescription {
  const result = jsonResult(reply);
  return {
    allowsGuests: result["AllowUnauthenticatedIdentities"] === true,
    supportedLoginProviders: texts(result["SupportedLoginProviders"]),
    openIdConnectProviders: Object.values(texts(result["OpenIdConnectProviderARNs"])),
  };
}

/** @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetIdentityPoolRoles.html */
export function getIdentityPoolRolesRequest(
  context: AwsContext,
  identityPoolId: string,
): Promise<HttpRequest> {
  return identityPoolRequest(context, "GetIdentityPoolRoles", identityPoolId);
}

/** @returns the ARNs of the attached roles, by `authenticated` and `unauthenticated` */
export function processGetIdentityPoolRolesResponse(reply: Reply): Record<string, string> {
  return texts(jsonResult(reply)["Roles"]);
}

function identityPoolRequest(
  context: AwsContext,
  operation: string,
  identityPoolId: string,
): Promise<HttpRequest> {
  return signedRequest(context, {
    action: `cognito-identity:${operation}`,
    service: "cognito-identity",
    address: serviceAddress("cognito-identity", context.region),
    method: "POST",
    headers: [
      ["Content-Type", "application/x-amz-json-1.1"],
      ["X-Amz-Target", `AWSCognitoIdentityService.${operation}`],
    ],
    body: JSON.stringify({ IdentityPoolId: identityPoolId }),
  });
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
