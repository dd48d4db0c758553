import { randomUUID } from "node:crypto";
import type {
  CompleteMultipartUploadOutput,
  CreateMultipartUploadOutput,
  ListMultipartUploadsOutput,
} from "@aws-sdk/client-s3";
import type { AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";
import { type Bucket, entityTag, type MultipartUpload } from "./buckets.ts";
import { storeObject, storedHeaders } from "./objects.ts";
import { asList, asRecord, emptyResult, malformedXml, parseXml, xmlResult } from "./rest-xml.ts";
import type { S3Request } from "./s3-request.ts";

/** {@link https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html} */
export function createUpload({ headers }: S3Request, bucket: Bucket, key: string): AwsResponse {
  const uploadId = randomUUID();
  bucket.uploads.set(uploadId, { uploadId, key, headers: storedHeaders(headers), parts: new Map() });
  const output: CreateMultipartUploadOutput = { Bucket: bucket.name, Key: key, UploadId: uploadId };
  return xmlResult("InitiateMultipartUploadResult", output);
}

export function uploadPart({ body, query }: S3Request, bucket: Bucket, key: string): AwsResponse {
  const number = Number(query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new ServiceError(
      "InvalidArgument",
      "Part number must be an integer between 1 and 10000, inclusive",
    );
  }
  const etag = entityTag(body);
  findUpload(bucket, key, query).parts.set(number, { body, etag });
  return emptyResult(200, { etag });
}

export async function completeUpload(
  { body, query }: S3Request,
  bucket: Bucket,
  key: string,
  lastModified: Date,
): Promise<AwsResponse> {
  const { parts, headers, uploadId } = findUpload(bucket, key, query);
  const request = await parseXml(body);
  const listed = asList(asRecord(request["CompleteMultipartUpload"])["Part"]).map(asRecord);
  const chosen = listed.map((part) => {
    const stored = parts.get(Number(part["PartNumber"]));
    const etag = String(part["ETag"]).replace(/&quot;/g, '"');
    if (stored === undefined || stored.etag.replace(/"/g, "") !== etag.replace(/"/g, "")) {
      throw new ServiceError(
        "InvalidPart",
        "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
      );
    }
    return stored;
  });
  if (chosen.length === 0) throw malformedXml();
  const whole = Buffer.concat(chosen.map((part) => part.body));
  const digests = Buffer.concat(chosen.map((part) => Buffer.from(part.etag.replace(/"/g, ""), "hex")));
  const etag = `${entityTag(digests).slice(0, -1)}-${chosen.length}"`;
  storeObject(bucket, { key, body: whole, headers, etag, lastModified });
  bucket.uploads.delete(uploadId);
  const output: CompleteMultipartUploadOutput = { Bucket: bucket.name, Key: key, ETag: etag };
  return xmlResult("CompleteMultipartUploadResult", output);
}

export function abortUpload({ query }: S3Request, bucket: Bucket, key: string): AwsResponse {
  bucket.uploads.delete(findUpload(bucket, key, query).uploadId);
  return emptyResult(204);
}

export function listUploads(bucket: Bucket): AwsResponse {
  const output: ListMultipartUploadsOutput = {
    Bucket: bucket.name,
    Uploads: [...bucket.uploads.values()].map(({ key, uploadId }) => ({ Key: key, UploadId: uploadId })),
  };
  return xmlResult("ListMultipartUploadsResult", output, { Uploads: "Upload" });
}

function findUpload(bucket: Bucket, key: string, query: URLSearchParams): MultipartUpload {
  const found = bucket.uploads.get(query.get("uploadId") ?? "");
  if (found === undefined || found.key !== key) {
    throw new ServiceError(
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      404,
    );
  }
  return found;
}
