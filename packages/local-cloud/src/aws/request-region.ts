import { parseJsonObject } from "./json-protocol.ts";
import type { AwsRequest } from "./request.ts";

/**
 * The regions of the partition `aws`, as the rules of AWS's SDKs recognize them.
 * {@link https://github.com/aws/aws-sdk-js-v3/blob/v3.699.0/packages/util-endpoints/src/lib/aws/partitions.json}
 */
const regions = /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/;

/**
 * The region of a request. The regions have one address here, so that the signature's scope says it. The operations of
 * Cognito Identity without a signature have an id that does.
 * @returns undefined for a request without a region of AWS
 */
export function requestRegion(request: Pick<AwsRequest, "headers" | "query" | "body">): string | undefined {
  const region = scopeRegion(request) ?? cognitoRegion(request);
  return region !== undefined && regions.test(region) ? region : undefined;
}

function scopeRegion({ headers, query }: Pick<AwsRequest, "headers" | "query">): string | undefined {
  const scope = /\bCredential=([^,\s]+)/.exec(headers["authorization"] ?? "")?.[1];
  return (scope ?? new URLSearchParams(query).get("X-Amz-Credential"))?.split("/")[2];
}

function cognitoRegion({ headers, body }: Pick<AwsRequest, "headers" | "body">): string | undefined {
  if (headers["x-amz-target"]?.startsWith("AWSCognitoIdentityService.") !== true) return undefined;
  const { IdentityPoolId: pool, IdentityId: id = pool } = parseJsonObject(Buffer.from(body).toString()) ?? {};
  return typeof id === "string" ? id.split(":")[0] : undefined;
}
