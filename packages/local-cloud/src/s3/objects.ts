import type { CopyObjectResult, DeleteObjectsOutput } from "@aws-sdk/client-s3";
import type { AwsResponse } from "../aws/request.ts";
import { type Bucket, type Buckets, entityTag, type S3Object } from "./buckets.ts";
import { asList, asRecord, emptyResult, parseXml, xmlResult } from "./rest-xml.ts";
import { s3Refusals } from "./s3-refusals.ts";
import type { S3Request } from "./s3-request.ts";

type Headers = Readonly<Record<string, string>>;

export function putObject(
  { headers, body }: S3Request,
  bucket: Bucket,
  key: string,
  lastModified: Date,
): AwsResponse {
  s3Refusals.ifNoneMatch.when(headers["if-none-match"] === "*" && bucket.objects.has(key));
  const etag = entityTag(body);
  storeObject(bucket, { key, body, etag, lastModified, headers: storedHeaders(headers) });
  return emptyResult(200, { etag });
}

/** @param source `x-amz-copy-source`: `/bucket/key`, percent-encoded */
export function copyObject(
  source: string,
  { headers }: S3Request,
  buckets: Buckets,
  bucket: Bucket,
  key: string,
  lastModified: Date,
): AwsResponse {
  const [sourceBucket = "", ...sourceKey] = decodeURIComponent(source).replace(/^\//, "").split("/");
  const original = buckets.object(sourceBucket, sourceKey.join("/"));
  const { body, etag } = original;
  const kept = headers["x-amz-metadata-directive"] === "REPLACE" ? storedHeaders(headers) : original.headers;
  storeObject(bucket, { key, body, etag, lastModified, headers: kept });
  const output: CopyObjectResult = { LastModified: lastModified, ETag: etag };
  return xmlResult("CopyObjectResult", output);
}

/** @throws ServiceError KeyTooLongError */
export function storeObject(bucket: Bucket, object: S3Object): void {
  s3Refusals.keyLength.when(Buffer.byteLength(object.key) > 1024);
  bucket.objects.set(object.key, object);
}

/** The headers that S3 stores with an object and returns with it. */
export function storedHeaders(headers: Headers): Record<string, string> {
  const stored: Record<string, string> = { "content-type": headers["content-type"] ?? "binary/octet-stream" };
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("x-amz-meta-") || name === "cache-control" || name === "content-disposition") {
      stored[name] = value;
    }
  }
  const encoding = (headers["content-encoding"] ?? "")
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "aws-chunked")
    .join(",");
  if (encoding !== "") stored["content-encoding"] = encoding;
  return stored;
}

/** GetObject and HeadObject, with `Range` and `If-None-Match`. */
export function sendObject(
  { body, etag, lastModified, headers: stored }: S3Object,
  method: string,
  headers: Headers,
): AwsResponse {
  const common = {
    ...stored,
    etag,
    "last-modified": lastModified.toUTCString(),
    "accept-ranges": "bytes",
    "x-amz-server-side-encryption": "AES256",
  };
  if (headers["if-none-match"] === etag) return emptyResult(304, { etag });
  const range = /^bytes=(\d*)-(\d*)$/.exec(headers["range"] ?? "");
  if (range !== null && (range[1] !== "" || range[2] !== "")) {
    const suffix = range[1] === "";
    const start = suffix ? Math.max(body.length - Number(range[2]), 0) : Number(range[1]);
    const end = suffix || range[2] === "" ? body.length - 1 : Math.min(Number(range[2]), body.length - 1);
    s3Refusals.range.when(start > end);
    const part = body.subarray(start, end + 1);
    return {
      status: 206,
      headers: {
        ...common,
        "content-range": `bytes ${start}-${end}/${body.length}`,
        "content-length": String(part.length),
      },
      body: method === "HEAD" ? "" : part,
    };
  }
  return {
    status: 200,
    headers: { ...common, "content-length": String(body.length) },
    body: method === "HEAD" ? "" : body,
  };
}

/** The operation DeleteObjects. */
export async function deleteObjects({ body }: S3Request, bucket: Bucket): Promise<AwsResponse> {
  const { keys, isQuiet } = await readDeletion(body);
  for (const key of keys) bucket.objects.delete(key);
  const output: DeleteObjectsOutput = isQuiet ? {} : { Deleted: keys.map((key) => ({ Key: key })) };
  return xmlResult("DeleteResult", output);
}

/** The body of DeleteObjects. @throws ServiceError MalformedXML */
export async function readDeletion(body: Uint8Array): Promise<{ keys: string[]; isQuiet: boolean }> {
  const request = asRecord((await parseXml(body))["Delete"]);
  const keys = asList(request["Object"]).map((object) => String(asRecord(object)["Key"]));
  return { keys, isQuiet: request["Quiet"] === "true" };
}
