import type { AwsRequest } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";
import { decodeAwsChunked } from "./aws-chunked.ts";
import { verifyChecksums } from "./checksums.ts";
import { s3Refusals } from "./s3-refusals.ts";

export interface S3Request {
  method: string;
  bucketName: string | undefined;
  key: string | undefined;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  /** The object's bytes: aws-chunked decoded, checksums verified. */
  body: Uint8Array;
}

/**
 * Parses a path-style (`/bucket/key`) or virtual-hosted-style (`bucket.localhost`) request.
 *
 * @throws ServiceError InvalidURI, BadDigest, IncompleteBody or NotImplemented
 */
export function parseS3Request(request: AwsRequest): S3Request {
  const { method, headers, body } = request;
  return { method, ...s3Address(request), headers, body: decodeBody(headers, body) };
}

/** @throws ServiceError InvalidURI */
export function s3Address({
  path,
  query,
  headers,
}: Pick<AwsRequest, "path" | "query" | "headers">): Pick<S3Request, "bucketName" | "key" | "query"> {
  const hosted = /^(.+?)(?:\.s3(?:[.-][a-z0-9-]+)?)?\.localhost(?::\d+)?$/.exec(headers["host"] ?? "")?.[1];
  const [first = "", ...rest] = path.slice(1).split("/");
  const bucketName = hosted ?? decodePath(first);
  const key = decodePath(hosted === undefined ? rest.join("/") : path.slice(1));
  return {
    bucketName: bucketName === "" ? undefined : bucketName,
    key: key === "" ? undefined : key,
    query: new URLSearchParams(query),
  };
}

function decodeBody(headers: Readonly<Record<string, string>>, body: Uint8Array): Uint8Array {
  const contentSha256 = headers["x-amz-content-sha256"] ?? "";
  if (!contentSha256.startsWith("STREAMING-")) {
    verifyChecksums(headers, body);
    return body;
  }
  s3Refusals.signedChunks.when(!contentSha256.startsWith("STREAMING-UNSIGNED-PAYLOAD"), contentSha256);
  const decoded = decodeAwsChunked(body);
  const length = headers["x-amz-decoded-content-length"];
  s3Refusals.length.when(length !== undefined && Number(length) !== decoded.body.length);
  verifyChecksums({ ...headers, ...decoded.trailers }, decoded.body);
  return decoded.body;
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError("InvalidURI", "Couldn't parse the specified URI.");
  }
}
