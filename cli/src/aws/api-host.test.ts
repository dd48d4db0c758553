import { describe, expect, it } from "vitest";
import { apiIdOfHost, isHostOfAws, scopeOfHost } from "./api-host.ts";

const at = (hostname: string) => new URL(`https://${hostname}/prod/x`);

describe("scopeOfHost", () => {
  it.each([
    ["abc123.execute-api.us-east-1.amazonaws.com", "execute-api", "us-east-1", "abc123"],
    ["abc123.execute-api.cn-north-1.amazonaws.com.cn", "execute-api", "cn-north-1", "abc123"],
    ["abc123.execute-api.us-gov-west-1.amazonaws.com", "execute-api", "us-gov-west-1", "abc123"],
    ["abc123.execute-api-fips.us-east-1.amazonaws.com", "execute-api", "us-east-1", "abc123"],
    ["abc123.execute-api.eu-west-1.api.aws", "execute-api", "eu-west-1", "abc123"],
    ["abc123.execute-api.eusc-de-east-1.amazonaws.eu", "execute-api", "eusc-de-east-1", "abc123"],
    ["abc123-vpce-0a1b2c.execute-api.us-east-2.amazonaws.com", "execute-api", "us-east-2", "abc123"],
    [
      "vpce-0a1b-c2d3.execute-api.ap-southeast-2.vpce.amazonaws.com",
      "execute-api",
      "ap-southeast-2",
      undefined,
    ],
    ["vpce-0a-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com", "execute-api", "us-east-1", undefined],
    ["abc123def456.lambda-url.eu-central-1.on.aws", "lambda", "eu-central-1", undefined],
    ["abc123def456.lambda-url.us-east-1.localhost", "lambda", "us-east-1", undefined],
    ["abc123def456.lambda-url.cn-north-1.on.amazonwebservices.com.cn", "lambda", "cn-north-1", undefined],
    ["abc123def.appsync-api.us-west-2.amazonaws.com", "appsync", "us-west-2", undefined],
    ["abc123def.appsync-api.cn-north-1.amazonaws.com.cn", "appsync", "cn-north-1", undefined],
  ])("reads %s", (hostname, service, region, apiId) => {
    expect(scopeOfHost(at(hostname))).toEqual({ service, region });
    expect(apiIdOfHost(at(hostname))).toBe(apiId);
    expect(isHostOfAws(at(hostname))).toBe(!hostname.endsWith("localhost"));
  });

  it.each([
    "api.example.com",
    "127.0.0.1",
    "localhost",
    "abc123.execute-api.us-east-1.amazonaws.com.evil.example",
    "abc123.execute-api.us-east-1.evil.example",
    "execute-api.us-east-1.amazonaws.com",
    "abc123.s3.us-east-1.amazonaws.com",
    "abc123.execute-api.mars.amazonaws.com",
  ])("finds nothing in %s", (hostname) => {
    expect(scopeOfHost(at(hostname))).toBeUndefined();
    expect(apiIdOfHost(at(hostname))).toBeUndefined();
    expect(isHostOfAws(at(hostname))).toBe(false);
  });
});
