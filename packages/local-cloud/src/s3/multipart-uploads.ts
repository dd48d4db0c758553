import { randomUUID } from "node:crypto";
import type {
  CompleteMultipartUploadOutput,
  CreateMultipartUploadOutput,
  ListMultipartUploadsOutput,
} from "@aws-sdk/client-s3";
import type { AwsResponse } from "../aws/request.ts";
import { type Bucket, entityTag, type MultipartUpload } from "./buckets.ts";
import { storeObject, storedHeaders } from "./objects.ts";
import { asList, asRecord, emptyResult, malformedXml, parseXml, xmlResult } from "./rest-xml.ts";
import { s3Refusals } from "./s3-refusals.ts";
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
  s3Refusals.partNumber.when(!Number.isInteger(number) || number < 1 || number > 10_000);
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
    const etag = String(part["ETag"]).replace(/&quot;|"/g, "");
    const stored = s3Refusals.part.unless(parts.get(Number(part["PartNumber"])));
    s3Refusals.part.when(stored.etag.replace(/"/g, "") !== etag);
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
  return s3Refusals.noUpload.unless(found?.key === key ? found : undefined);
}
