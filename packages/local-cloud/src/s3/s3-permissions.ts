import type { Permission } from "../aws/permission.ts";
import type { AwsRequest } from "../aws/request.ts";
import { readDeletion } from "./objects.ts";
import { parseS3Request, s3Address } from "./s3-request.ts";

/** The actions on a bucket, by method and subresource. */
const bucketActions: Readonly<Record<string, string>> = {
  GET: "ListBucket",
  HEAD: "ListBucket",
  PUT: "CreateBucket",
  DELETE: "DeleteBucket",
  "GET location": "GetBucketLocation",
  "GET encryption": "GetEncryptionConfiguration",
  "GET versioning": "GetBucketVersioning",
  "GET uploads": "ListBucketMultipartUploads",
};

const objectActions: Readonly<Record<string, string>> = {
  GET: "GetObject",
  HEAD: "GetObject",
  DELETE: "DeleteObject",
  "DELETE uploadId": "AbortMultipartUpload",
};

/**
 * What policies must allow for a request to S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 * @throws ServiceError for a request that cannot be read
 */
export async function s3Permissions(request: AwsRequest): Promise<Permission[]> {
  const { method, headers } = request;
  const { bucketName, key, query } = s3Address(request);
  const find = (actions: Readonly<Record<string, string>>): string | undefined => {
    const subresource = [...query.keys()].find((name) => actions[`${method} ${name}`] !== undefined);
    return actions[subresource === undefined ? method : `${method} ${subresource}`];
  };
  if (bucketName === undefined) return [{ action: "s3:ListAllMyBuckets", resource: "*" }];
  if (key !== undefined) {
    const source = method === "PUT" ? headers["x-amz-copy-source"] : undefined;
    const resource = arn(`${bucketName}/${key}`);
    return [
      { action: `s3:${find(objectActions) ?? "PutObject"}`, resource },
      ...(source === undefined
        ? []
        : [{ action: "s3:GetObject", resource: arn(decodeURIComponent(source).replace(/^\//, "")) }]),
    ];
  }
  if (method === "POST") {
    const { keys } = await readDeletion(parseS3Request(request).body);
    return keys.map((each) => ({ action: "s3:DeleteObject", resource: arn(`${bucketName}/${each}`) }));
  }
  const prefix = query.get("prefix");
  return [
    {
      action: `s3:${find(bucketActions) ?? "ListBucket"}`,
      resource: arn(bucketName),
      ...(prefix !== null && { context: { "s3:prefix": prefix } }),
    },
  ];
}

function arn(path: string): string {
  return `arn:aws:s3:::${path}`;
}
