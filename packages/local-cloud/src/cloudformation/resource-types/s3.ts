import type { Account } from "../../account.ts";
import type { Buckets } from "../../s3/buckets.ts";
import { physicalName } from "./physical-name.ts";
import { asResourceError } from "./resource-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::S3::Bucket. `Ref` is its name. A bucket that holds objects cannot be deleted. */
export function bucketType(account: Account, buckets: Buckets): ResourceType {
  return {
    create(properties, context) {
      const name = properties.optionalText("BucketName") ?? physicalName(context, 63).toLowerCase();
      asResourceError(() => buckets.create(name, account.region));
      return {
        physicalId: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${account.region}.amazonaws.com`,
          DualStackDomainName: `${name}.s3.dualstack.${account.region}.amazonaws.com`,
          WebsiteURL: `http://${name}.s3-website-${account.region}.amazonaws.com`,
        },
      };
    },
    update: (instance) => instance,
    remove({ physicalId }) {
      if (buckets.find(physicalId) === undefined) return;
      asResourceError(() => buckets.remove(physicalId));
    },
    drift: ({ physicalId }) => (buckets.find(physicalId) === undefined ? "DELETED" : []),
  };
}

/** AWS::S3::BucketPolicy: recorded only, since every caller belongs to the account. */
export function bucketPolicyType(buckets: Buckets): ResourceType {
  return {
    create(properties) {
      const name = properties.text("Bucket");
      properties.document("PolicyDocument");
      asResourceError(() => buckets.get(name));
      return { physicalId: name, attributes: {} };
    },
    update(instance, properties) {
      properties.document("PolicyDocument");
      return instance;
    },
    remove() {},
  };
}

/** Custom::S3AutoDeleteObjects, which the CDK adds to a bucket: empties the bucket before its deletion. */
export function autoDeleteObjectsType(buckets: Buckets): ResourceType {
  return {
    create(properties, context) {
      asResourceError(() => buckets.get(properties.text("BucketName")));
      return { physicalId: physicalName(context), attributes: {} };
    },
    update: (instance) => instance,
    remove(_instance, properties) {
      const bucket = buckets.find(properties.text("BucketName"));
      bucket?.objects.clear();
      bucket?.uploads.clear();
    },
  };
}
