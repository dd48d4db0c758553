import { type DeployerContext, deployerRequest, jsonResult } from "./control-plane.ts";
import type { HttpRequest, Reply } from "../http.ts";

/** What only the owner of an identity pool may see of it. */
export interface IdentityPoolDescription {
  allowsGuests: boolean;
  /** `{"api.twitter.com": "<consumer key>;<consumer secret>"}`: its values are secrets. */
  supportedLoginProviders: Record<string, string>;
  /** ARNs. */
  openIdConnectProviders: string[];
}

/** @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html */
export function describeIdentityPoolRequest(
  context: DeployerContext,
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
  context: DeployerContext,
  identityPoolId: string,
): Promise<HttpRequest> {
  return identityPoolRequest(context, "GetIdentityPoolRoles", identityPoolId);
}

/** @returns role ARNs by `authenticated` and `unauthenticated`, those that are attached */
export function processGetIdentityPoolRolesResponse(reply: Reply): Record<string, string> {
  return texts(jsonResult(reply)["Roles"]);
}

function identityPoolRequest(
  context: DeployerContext,
  operation: string,
  identityPoolId: string,
): Promise<HttpRequest> {
  return deployerRequest(context, {
    action: `cognito-identity:${operation}`,
    service: "cognito-identity",
    address: `https://cognito-identity.${context.region}.amazonaws.com`,
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
