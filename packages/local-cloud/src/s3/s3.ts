import type { GetBucketEncryptionOutput, ListBucketsOutput } from "@aws-sdk/client-s3";
import type { AwsRequest, AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";
import { escapeXml, toXml, xmlDeclaration } from "../aws/xml.ts";
import type { Bucket, Buckets } from "./buckets.ts";
import { listObjects } from "./list-objects.ts";
import { abortUpload, completeUpload, createUpload, listUploads, uploadPart } from "./multipart-uploads.ts";
import { copyObject, deleteObjects, putObject, sendObject } from "./objects.ts";
import { s3Refusals } from "./s3-refusals.ts";
import { emptyResult, xmlDocument, xmlResult } from "./rest-xml.ts";
import { parseS3Request, type S3Request } from "./s3-request.ts";

export interface S3Options {
  buckets: Buckets;
  accountId: string;
  region: string;
  now: () => Date;
}

/**
 * The REST API of Amazon S3.
 * {@link https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html}
 */
export function createS3({ buckets, accountId, region, now }: S3Options): {
  handle(request: AwsRequest): Promise<AwsResponse>;
} {
  function ownBucket(name: string): Bucket {
    const bucket = buckets.get(name);
    s3Refusals.region.when(bucket.region !== region, region, bucket.region);
    return bucket;
  }

  function onService({ method }: S3Request): AwsResponse {
    if (method === "GET") return listBuckets(buckets, accountId);
    throw notSupported(method, "the service");
  }

  async function onBucket(request: S3Request, name: string): Promise<AwsResponse> {
    const { method, query } = request;
    const subresource = [...query.keys()].find((key) => bucketSubresources.has(key));
    if (method === "PUT" && subresource === undefined) {
      buckets.create(name, region);
      return emptyResult(200, { location: `/${name}` });
    }
    const bucket = ownBucket(name);
    switch (`${method} ${subresource ?? ""}`.trim()) {
      case "GET":
        return listObjects(bucket, query);
      case "HEAD":
        return emptyResult(200, { "x-amz-bucket-region": region });
      case "DELETE":
        buckets.remove(name);
        return emptyResult(204);
      case "POST delete":
        return deleteObjects(request, bucket);
      case "GET location":
        // S3 reports us-east-1 as an empty constraint.
        return xmlDocument("LocationConstraint", region === "us-east-1" ? "" : escapeXml(region));
      case "GET encryption":
        return xmlResult("ServerSideEncryptionConfiguration", encryption, { Rules: "Rule" });
      case "GET versioning":
        return xmlDocument("VersioningConfiguration", "");
      case "GET uploads":
        return listUploads(bucket);
      default:
        throw notSupported(method, `a bucket's ${subresource ?? "self"}`);
    }
  }

  async function onObject(request: S3Request, name: string, key: string): Promise<AwsResponse> {
    const { method, query, headers } = request;
    const bucket = ownBucket(name);
    const subresource = [...query.keys()].find((parameter) => objectSubresources.has(parameter));
    switch (`${method} ${subresource ?? ""}`.trim()) {
      case "GET":
      case "HEAD":
        return sendObject(buckets.object(name, key), method, headers);
      case "PUT":
      case "PUT uploadId": {
        const source = headers["x-amz-copy-source"];
        if (source !== undefined) return copyObject(source, request, buckets, bucket, key, now());
        if (query.has("uploadId")) return uploadPart(request, bucket, key);
        return putObject(request, bucket, key, now());
      }
      case "DELETE":
        bucket.objects.delete(key);
        return emptyResult(204);
      case "POST uploads":
        return createUpload(request, bucket, key);
      case "POST uploadId":
        return completeUpload(request, bucket, key, now());
      case "DELETE uploadId":
        return abortUpload(request, bucket, key);
      default:
        throw notSupported(method, `an object's ${subresource ?? "self"}`);
    }
  }

  return {
    async handle(request) {
      const parsed = parseS3Request(request);
      if (parsed.bucketName === undefined) return onService(parsed);
      if (parsed.key === undefined) return onBucket(parsed, parsed.bucketName);
      return onObject(parsed, parsed.bucketName, parsed.key);
    },
  };
}

/** S3 sends errors without an envelope, and an empty body in reply to HEAD. */
export function s3Error(error: ServiceError, request: AwsRequest): AwsResponse {
  const body = toXml("Error", {
    Code: error.code,
    Message: error.message,
    ...error.members,
    Resource: request.path,
    RequestId: request.requestId,
  });
  return {
    status: error.status,
    headers: {
      "content-type": "application/xml",
      "x-amz-request-id": request.requestId,
      ...(error.members.Region !== undefined && { "x-amz-bucket-region": error.members.Region }),
    },
    body: request.method === "HEAD" ? "" : xmlDeclaration + body,
  };
}

/** Query parameters that select a part of a bucket or object instead of the whole. */
const bucketSubresources = new Set(
  "accelerate acl analytics cors delete encryption intelligent-tiering inventory lifecycle location logging metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment tagging uploads versioning versions website".split(
    " ",
  ),
);
const objectSubresources = new Set(
  "acl attributes legal-hold restore retention select tagging torrent uploadId uploads versionId".split(" "),
);

type EncryptionConfiguration = NonNullable<GetBucketEncryptionOutput["ServerSideEncryptionConfiguration"]>;

const encryption: EncryptionConfiguration = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
};

function listBuckets(buckets: Buckets, accountId: string): AwsResponse {
  const output: Required<Pick<ListBucketsOutput, "Owner" | "Buckets">> = {
    Owner: { ID: accountId, DisplayName: "deployer" },
    Buckets: buckets.list().map(({ name, createdDate }) => ({ Name: name, CreationDate: createdDate })),
  };
  const list = (output.Buckets ?? []).map((bucket) => toXml("Bucket", bucket)).join("");
  return xmlDocument("ListAllMyBucketsResult", `${toXml("Owner", output.Owner)}<Buckets>${list}</Buckets>`);
}

function notSupported(method: string, what: string): ServiceError {
  return new ServiceError(
    "NotImplemented",
    `The local cloud does not support ${method} of ${what} in S3.`,
    501,
  );
}
