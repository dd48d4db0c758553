import type { Account } from "../account.ts";
import type { QueryParameters } from "../aws/query-protocol.ts";
import type { AwsResponse } from "../aws/request.ts";
import { findOperation } from "../aws/service-error.ts";
import { toXml, xmlDeclaration } from "../aws/xml.ts";

export const ec2Version = "2016-11-15";
export const ec2Namespace = `http://ec2.amazonaws.com/doc/${ec2Version}/`;

/** The zones that `Fn::GetAZs` gives too. */
export function availabilityZones({ region }: Pick<Account, "region">): string[] {
  return ["a", "b", "c"].map((zone) => region + zone);
}

/**
 * What CDK asks EC2 to look up the zones of a VPC.
 * {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html}
 */
export function createEc2(account: Pick<Account, "region">): {
  /** @throws ServiceError for another action */
  handle(parameters: QueryParameters, requestId: string): AwsResponse;
} {
  const actions = {
    DescribeAvailabilityZones: () =>
      availabilityZones(account).map((zoneName) => ({
        zoneName,
        zoneState: "available",
        zoneType: "availability-zone",
        optInStatus: "opt-in-not-required",
        regionName: account.region,
        groupName: account.region,
      })),
  };
  return {
    handle(parameters, requestId) {
      const action = parameters.action ?? "";
      const zones = findOperation(actions, action, { service: "EC2", code: "InvalidAction" })();
      const items = zones.map((zone) => toXml("item", zone)).join("");
      const body = `${toXml("requestId", requestId)}<availabilityZoneInfo>${items}</availabilityZoneInfo>`;
      return {
        status: 200,
        headers: { "content-type": "text/xml" },
        body: `${xmlDeclaration}<${action}Response xmlns="${ec2Namespace}">${body}</${action}Response>`,
      };
    },
  };
}
