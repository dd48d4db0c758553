/** The end of the host names of a partition, by the start of its regions. */
const suffixes: readonly [regions: string, suffix: string][] = [
  ["cn-", "amazonaws.com.cn"],
  ["us-iso-", "c2s.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["eusc-", "amazonaws.eu"],
];

/** Where AWS itself serves the control plane: at the end of a host name. */
export const partitionSuffixes: readonly string[] = [
  "amazonaws.com",
  ...suffixes.map(([, suffix]) => suffix),
];

/**
 * `https://sts.cn-north-1.amazonaws.com.cn`. A test compares it with the rules of AWS's SDK, which are too large to load at
 * each start.
 */
export function serviceAddress(service: string, region: string): string {
  return `https://${service}.${region}.${suffixOf(region)}`;
}

/** IAM is global in each partition: its address, and the region that signatures name. */
export function iamOf(region: string): { address: string; region: string } {
  const global = [
    ["us-gov-", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"],
    ["cn-", serviceAddress("iam", "cn-north-1"), "cn-north-1"],
    ["us-iso-", serviceAddress("iam", "us-iso-east-1"), "us-iso-east-1"],
    ["us-isob-", serviceAddress("iam", "us-isob-east-1"), "us-isob-east-1"],
    ["eu-isoe-", serviceAddress("iam", "eu-isoe-west-1"), "eu-isoe-west-1"],
    ["us-isof-", serviceAddress("iam", "us-isof-south-1"), "us-isof-south-1"],
    ["eusc-", serviceAddress("iam", "eusc-de-east-1"), "eusc-de-east-1"],
  ].find(([regions = ""]) => region.startsWith(regions));
  const [, address = "https://iam.amazonaws.com", signed = "us-east-1"] = global ?? [];
  return { address, region: signed };
}

function suffixOf(region: string): string {
  return suffixes.find(([regions]) => region.startsWith(regions))?.[1] ?? "amazonaws.com";
}
