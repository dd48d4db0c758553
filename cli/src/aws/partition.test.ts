import { partition } from "@aws-sdk/core/client";
import { describe, expect, it } from "vitest";
import { scopeOfHost } from "./api-host.ts";
import { iamOf, partitionSuffixes, serviceAddress } from "./partition.ts";

/** Regions of every partition in the table of AWS's SDK. */
const regions = [
  "us-east-1",
  "eu-central-2",
  "ap-southeast-7",
  "mx-central-1",
  "cn-north-1",
  "cn-northwest-1",
  "us-gov-west-1",
  "us-gov-east-1",
  "us-iso-east-1",
  "us-iso-west-1",
  "us-isob-east-1",
  "eu-isoe-west-1",
  "us-isof-south-1",
  "eusc-de-east-1",
];

describe.each(regions)("in %s", (region) => {
  const { dnsSuffix, dualStackDnsSuffix, ...rest } = partition(region);
  const { implicitGlobalRegion } = rest as { implicitGlobalRegion?: string };

  it("a service has the host of the SDK's endpoint rules", () => {
    expect(serviceAddress("sts", region)).toBe(`https://sts.${region}.${dnsSuffix}`);
    expect(partitionSuffixes).toContain(dnsSuffix);
  });

  it("IAM is signed for the partition's global region", () => {
    // IAM's own rule for China: https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html
    expect(iamOf(region).region).toBe(region.startsWith("cn-") ? "cn-north-1" : implicitGlobalRegion);
    expect(new URL(iamOf(region).address).hostname).toMatch(new RegExp(`^iam\\..*${dnsSuffix}$`));
  });

  it.each([dnsSuffix, dualStackDnsSuffix])("an API below %s names service and region", (suffix) => {
    const hostname = `abc123.execute-api.${region}.${suffix}`;
    expect(scopeOfHost({ hostname })).toEqual({ service: "execute-api", region });
  });
});
