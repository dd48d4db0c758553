import type { ListObjectsOutput, ListObjectsV2Output } from "@aws-sdk/client-s3";
import type { AwsResponse } from "../aws/request.ts";
import type { Bucket, S3Object } from "./buckets.ts";
import { xmlResult } from "./rest-xml.ts";

interface Listing {
  contents: S3Object[];
  commonPrefixes: Set<string>;
  /** The last key that the listing covers. */
  last: string | undefined;
  truncated: boolean;
}

/**
 * ListObjects and, with `list-type=2`, ListObjectsV2.
 * {@link https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html}
 */
export function listObjects(bucket: Bucket, query: URLSearchParams): AwsResponse {
  const isVersion2 = query.get("list-type") === "2";
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const limit = Math.min(Number(query.get("max-keys") ?? "1000") || 0, 1000);
  const token = query.get("continuation-token");
  const after =
    token === null
      ? (query.get(isVersion2 ? "start-after" : "marker") ?? "")
      : Buffer.from(token, "base64url").toString();

  const listing = list(bucket, { prefix, delimiter, limit, after });
  const { contents, commonPrefixes } = listing;
  const encodingType = query.get("encoding-type") ?? undefined;
  const encode = (text: string): string =>
    encodingType === "url" ? encodeURIComponent(text).replace(/%2F/g, "/") : text;
  const next = listing.truncated ? listing.last : undefined;

  const output: ListObjectsV2Output & ListObjectsOutput = {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    MaxKeys: limit,
    EncodingType: encodingType === "url" ? encodingType : undefined,
    IsTruncated: listing.truncated,
    KeyCount: isVersion2 ? contents.length + commonPrefixes.size : undefined,
    ContinuationToken: token ?? undefined,
    NextContinuationToken:
      isVersion2 && next !== undefined ? Buffer.from(next).toString("base64url") : undefined,
    NextMarker: !isVersion2 && next !== undefined ? encode(next) : undefined,
    Contents: contents.map(({ key, lastModified, etag, body }) => ({
      Key: encode(key),
      LastModified: lastModified,
      ETag: etag,
      Size: body.length,
      StorageClass: "STANDARD",
    })),
    CommonPrefixes: [...commonPrefixes].map((name) => ({ Prefix: encode(name) })),
  };
  return xmlResult("ListBucketResult", output);
}

function list(
  { objects }: Bucket,
  { prefix, delimiter, limit, after }: { prefix: string; delimiter: string; limit: number; after: string },
): Listing {
  const contents: S3Object[] = [];
  const commonPrefixes = new Set<string>();
  let last: string | undefined;
  for (const [key, object] of [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (key <= after || !key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const commonPrefix = end === -1 ? undefined : key.slice(0, end + delimiter.length);
    const isCovered =
      commonPrefix !== undefined && (commonPrefixes.has(commonPrefix) || after.startsWith(commonPrefix));
    if (!isCovered) {
      if (contents.length + commonPrefixes.size >= limit) {
        return { contents, commonPrefixes, last, truncated: true };
      }
      if (commonPrefix === undefined) contents.push(object);
      else commonPrefixes.add(commonPrefix);
    }
    last = key;
  }
  return { contents, commonPrefixes, last, truncated: false };
}
