import type { JsonObject } from "../json.ts";
import { type AwsOperation, jsonResult, signedRequest } from "./control-plane.ts";
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
export function describeIdentityPool(identityPoolId: string): AwsOperation<IdentityPoolDescription> {
  return identityPoolOperation("DescribeIdentityPool", identityPoolId, (result) => ({
    allowsGuests: result["AllowUnauthenticatedIdentities"] === true,
    supportedLoginProviders: texts(result["SupportedLoginProviders"]),
    openIdConnectProviders: Object.values(texts(result["OpenIdConnectProviderARNs"])),
  }));
}

/**
 * The ARNs of the attached roles, by `authenticated` and `unauthenticated`.
 * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetIdentityPoolRoles.html
 */
export function getIdentityPoolRoles(identityPoolId: string): AwsOperation<Record<string, string>> {
  return identityPoolOperation("GetIdentityPoolRoles", identityPoolId, (result) => texts(result["Roles"]));
}

function identityPoolOperation<T>(
  name: string,
  identityPoolId: string,
  read: (result: JsonObject) => T,
): AwsOperation<T> {
  return {
    service: "COGNITO_IDENTITY",
    request: (context) =>
      signedRequest(context, {
        action: `cognito-identity:${name}`,
        service: "cognito-identity",
        address: serviceAddress("cognito-identity", context.region),
        method: "POST",
        headers: [
          ["Content-Type", "application/x-amz-json-1.1"],
          ["X-Amz-Target", `AWSCognitoIdentityService.${name}`],
        ],
        body: JSON.stringify({ IdentityPoolId: identityPoolId }),
      }),
    read: (reply) => read(jsonResult(reply)),
  };
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
