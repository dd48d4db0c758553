import { describe, expect, it } from "vitest";
import { requestRegion } from "./request-region.ts";

const scope = (region: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIA/20260102/${region}/ssm/aws4_request, SignedHeaders=host, Signature=00`;
const cognito = (body: string) => ({
  headers: { "x-amz-target": "AWSCognitoIdentityService.GetId" },
  query: "",
  body: Buffer.from(body),
});
const request = (authorization: string, query = "") => ({
  headers: { authorization },
  query,
  body: Buffer.alloc(0),
});

describe("the region of a request", () => {
  it.each([
    ["its signature", request(scope("eu-west-1")), "eu-west-1"],
    [
      "a presigned URL",
      request("", "X-Amz-Credential=AKIA%2F20260102%2Fus-west-2%2Fs3%2Faws4_request"),
      "us-west-2",
    ],
    ["an identity pool id", cognito('{"IdentityPoolId":"eu-west-1:1"}'), "eu-west-1"],
    ["an identity id", cognito('{"IdentityId":"ap-southeast-2:1"}'), "ap-southeast-2"],
  ])("is that of %s", (_what, asked, region) => {
    expect(requestRegion(asked)).toBe(region);
  });

  it.each([
    ["a scope without a region of AWS", request(scope("mars-1"))],
    ["another partition", request(scope("cn-north-1"))],
    ["no signature", request("")],
    ["a body that is not JSON", cognito("{")],
    ["an id without a region", cognito('{"IdentityPoolId":"1"}')],
    ["an id that is not text", cognito('{"IdentityPoolId":1}')],
  ])("is undefined for %s", (_what, asked) => {
    expect(requestRegion(asked)).toBeUndefined();
  });
});
