import { randomUUID } from "node:crypto";
import { ServiceError } from "../aws/service-error.ts";
import type { AwsRequest, AwsResponse } from "../aws/request.ts";
import { escapeXml, toXml, xmlDeclaration } from "../aws/xml.ts";
import { decodeAwsChunked } from "./aws-chunked.ts";
import { type Bucket, type Buckets, entityTag, type MultipartUpload, type S3Object } from "./buckets.ts";
import { verifyChecksums } from "./checksums.ts";

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

export interface S3Options {
  buckets: Buckets;
  accountId: string;
  region: string;
  now: () => Date;
}

interface S3Request {
  method: string;
  bucketName: string | undefined;
  key: string | undefined;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/**
 * Amazon S3's REST protocol, path style (`/bucket/key`) and virtual-hosted style (`bucket.localhost`).
 * {@link https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html}
 */
export function createS3({ buckets, accountId, region, now }: S3Options): {
  handle(request: AwsRequest): Promise<AwsResponse>;
} {
  const owner = { ID: accountId, DisplayName: "deployer" };

  function listBuckets(): AwsResponse {
    const list = buckets
      .list()
      .map(({ name, createdDate }) => toXml("Bucket", { Name: name, CreationDate: createdDate }));
    return document(`ListAllMyBucketsResult`, `${toXml("Owner", owner)}<Buckets>${list.join("")}</Buckets>`);
  }

  function listObjects(bucket: Bucket, query: URLSearchParams): AwsResponse {
    const version2 = query.get("list-type") === "2";
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const limit = Math.min(Number(query.get("max-keys") ?? "1000") || 0, 1000);
    const token = query.get("continuation-token");
    const after =
      token === null
        ? (query.get(version2 ? "start-after" : "marker") ?? "")
        : Buffer.from(token, "base64url").toString();

    const contents: S3Object[] = [];
    const commonPrefixes = new Set<string>();
    let last: string | undefined;
    let truncated = false;
    for (const key of [...bucket.objects.keys()].toSorted()) {
      if (key <= after || !key.startsWith(prefix)) continue;
      const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const commonPrefix = end === -1 ? undefined : key.slice(0, end + delimiter.length);
      if (
        commonPrefix !== undefined &&
        (commonPrefixes.has(commonPrefix) || after.startsWith(commonPrefix))
      ) {
        last = key;
        continue;
      }
      if (contents.length + commonPrefixes.size >= limit) {
        truncated = true;
        break;
      }
      if (commonPrefix === undefined) contents.push(buckets.object(bucket.name, key));
      else commonPrefixes.add(commonPrefix);
      last = key;
    }
    const encode = (text: string): string =>
      query.get("encoding-type") === "url" ? encodeURIComponent(text).replace(/%2F/g, "/") : text;
    const elements: [string, unknown][] = [
      ["Name", bucket.name],
      ["Prefix", encode(prefix)],
      ["Delimiter", delimiter === "" ? undefined : encode(delimiter)],
      ["MaxKeys", limit],
      ["EncodingType", query.get("encoding-type") ?? undefined],
      ["IsTruncated", truncated],
      ["KeyCount", version2 ? contents.length + commonPrefixes.size : undefined],
      ["ContinuationToken", token ?? undefined],
      [
        version2 ? "NextContinuationToken" : "NextMarker",
        truncated && last !== undefined
          ? version2
            ? Buffer.from(last).toString("base64url")
            : encode(last)
          : undefined,
      ],
      ...contents.map(({ key, lastModified, etag, body }): [string, unknown] => [
        "Contents",
        {
          Key: encode(key),
          LastModified: lastModified,
          ETag: etag,
          Size: body.length,
          StorageClass: "STANDARD",
        },
      ]),
      ...[...commonPrefixes].map((name): [string, unknown] => ["CommonPrefixes", { Prefix: encode(name) }]),
    ];
    return document("ListBucketResult", elements.map(([name, value]) => toXml(name, value)).join(""));
  }

  function put(
    bucket: Bucket,
    key: string,
    body: Uint8Array,
    headers: Record<string, string>,
    etag: string,
  ): S3Object {
    if (Buffer.byteLength(key) > 1024) throw new ServiceError("KeyTooLongError", "Your key is too long");
    const stored: S3Object = { key, body, etag, lastModified: now(), headers };
    bucket.objects.set(key, stored);
    return stored;
  }

  function putObject({ headers, body, query }: S3Request, bucket: Bucket, key: string): AwsResponse {
    const source = headers["x-amz-copy-source"];
    if (source !== undefined) {
      const [sourceBucket = "", ...sourceKey] = decodeURIComponent(source).replace(/^\//, "").split("/");
      const original = buckets.object(sourceBucket, sourceKey.join("/"));
      const kept =
        headers["x-amz-metadata-directive"] === "REPLACE" ? storedHeaders(headers) : original.headers;
      const copy = put(bucket, key, original.body, kept, original.etag);
      return document(
        "CopyObjectResult",
        toXml("LastModified", copy.lastModified) + toXml("ETag", copy.etag),
      );
    }
    if (query.has("uploadId")) {
      const number = Number(query.get("partNumber"));
      if (!Number.isInteger(number) || number < 1 || number > 10_000) {
        throw new ServiceError(
          "InvalidArgument",
          "Part number must be an integer between 1 and 10000, inclusive",
        );
      }
      const etag = entityTag(body);
      findUpload(bucket, key, query).parts.set(number, { body, etag });
      return empty(200, { etag });
    }
    if (headers["if-none-match"] === "*" && bucket.objects.has(key)) {
      throw new ServiceError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
      );
    }
    return empty(200, { etag: put(bucket, key, body, storedHeaders(headers), entityTag(body)).etag });
  }

  async function completeUpload(
    { body, query }: S3Request,
    bucket: Bucket,
    key: string,
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
    if (chosen.length === 0) throw malformed();
    const whole = Buffer.concat(chosen.map((part) => part.body));
    const digests = Buffer.concat(chosen.map((part) => Buffer.from(part.etag.replace(/"/g, ""), "hex")));
    const etag = `${entityTag(digests).slice(0, -1)}-${chosen.length}"`;
    put(bucket, key, whole, headers, etag);
    bucket.uploads.delete(uploadId);
    return document(
      "CompleteMultipartUploadResult",
      toXml("Bucket", bucket.name) + toXml("Key", key) + toXml("ETag", etag),
    );
  }

  function onService({ method }: S3Request): AwsResponse {
    if (method === "GET") return listBuckets();
    throw unknown(method, "the service");
  }

  async function onBucket(request: S3Request, name: string): Promise<AwsResponse> {
    const { method, query } = request;
    const subresource = [...query.keys()].find((key) => bucketSubresources.has(key));
    if (method === "PUT" && subresource === undefined) {
      buckets.create(name);
      return empty(200, { location: `/${name}` });
    }
    const bucket = buckets.get(name);
    switch (`${method} ${subresource ?? ""}`.trim()) {
      case "GET":
        return listObjects(bucket, query);
      case "HEAD":
        return empty(200, { "x-amz-bucket-region": region });
      case "DELETE":
        buckets.remove(name);
        return empty(204);
      case "POST delete":
        return deleteObjects(request, bucket);
      case "GET location":
        // us-east-1 is the empty constraint.
        return document("LocationConstraint", region === "us-east-1" ? "" : escapeXml(region));
      case "GET encryption":
        return document(
          "ServerSideEncryptionConfiguration",
          toXml("Rule", {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" },
            BucketKeyEnabled: false,
          }),
        );
      case "GET versioning":
        return document("VersioningConfiguration", "");
      case "GET uploads":
        return document(
          "ListMultipartUploadsResult",
          toXml("Bucket", name) +
            [...bucket.uploads.values()]
              .map(({ key, uploadId }) => toXml("Upload", { Key: key, UploadId: uploadId }))
              .join(""),
        );
      default:
        throw unknown(method, `a bucket's ${subresource ?? "self"}`);
    }
  }

  async function onObject(request: S3Request, name: string, key: string): Promise<AwsResponse> {
    const { method, query, headers } = request;
    const bucket = buckets.get(name);
    const subresource = [...query.keys()].find((parameter) => objectSubresources.has(parameter));
    switch (`${method} ${subresource ?? ""}`.trim()) {
      case "GET":
      case "HEAD":
        return sendObject(buckets.object(name, key), method, headers);
      case "PUT":
      case "PUT uploadId":
        return putObject(request, bucket, key);
      case "DELETE":
        bucket.objects.delete(key);
        return empty(204);
      case "POST uploads": {
        const uploadId = randomUUID();
        bucket.uploads.set(uploadId, { uploadId, key, headers: storedHeaders(headers), parts: new Map() });
        return document(
          "InitiateMultipartUploadResult",
          toXml("Bucket", name) + toXml("Key", key) + toXml("UploadId", uploadId),
        );
      }
      case "POST uploadId":
        return completeUpload(request, bucket, key);
      case "DELETE uploadId":
        bucket.uploads.delete(findUpload(bucket, key, query).uploadId);
        return empty(204);
      default:
        throw unknown(method, `an object's ${subresource ?? "self"}`);
    }
  }

  return {
    async handle(request) {
      const parsed = parseRequest(request);
      if (parsed.bucketName === undefined) return onService(parsed);
      if (parsed.key === undefined) return onBucket(parsed, parsed.bucketName);
      return onObject(parsed, parsed.bucketName, parsed.key);
    },
  };
}

/** S3 writes errors without an envelope, and none at all in reply to HEAD. */
export function s3Error(error: ServiceError, request: AwsRequest): AwsResponse {
  const body = toXml("Error", {
    Code: error.code,
    Message: error.message,
    Resource: request.path,
    RequestId: request.requestId,
  });
  return {
    status: error.status,
    headers: { "content-type": "application/xml", "x-amz-request-id": request.requestId },
    body: request.method === "HEAD" ? "" : xmlDeclaration + body,
  };
}

const bucketSubresources = new Set(
  "accelerate acl analytics cors delete encryption intelligent-tiering inventory lifecycle location logging metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment tagging uploads versioning versions website".split(
    " ",
  ),
);
const objectSubresources = new Set(
  "acl attributes legal-hold restore retention select tagging torrent uploadId uploads versionId".split(" "),
);

function parseRequest({ method, path, query, headers, body }: AwsRequest): S3Request {
  const hosted = /^(.+?)(?:\.s3(?:[.-][a-z0-9-]+)?)?\.localhost(?::\d+)?$/.exec(headers["host"] ?? "")?.[1];
  const [first = "", ...rest] = path.slice(1).split("/");
  const bucketName = hosted ?? decodeKey(first);
  const key = decodeKey(hosted === undefined ? rest.join("/") : path.slice(1));
  const contents = contentsOf(headers, body);
  return {
    method,
    bucketName: bucketName === "" ? undefined : bucketName,
    key: key === "" ? undefined : key,
    query: new URLSearchParams(query),
    headers,
    body: contents,
  };
}

/** The object itself: chunked transfer of the SDKs undone, checksums verified. */
function contentsOf(headers: Readonly<Record<string, string>>, body: Uint8Array): Uint8Array {
  const streaming = headers["x-amz-content-sha256"]?.startsWith("STREAMING-") ?? false;
  if (!streaming) {
    verifyChecksums(headers, body);
    return body;
  }
  if (headers["x-amz-content-sha256"]?.startsWith("STREAMING-UNSIGNED-PAYLOAD") !== true) {
    throw new ServiceError(
      "NotImplemented",
      `The local cloud verifies no chunk signatures, so it does not take ${headers["x-amz-content-sha256"]}.`,
      501,
    );
  }
  const decoded = decodeAwsChunked(body);
  const length = headers["x-amz-decoded-content-length"];
  if (length !== undefined && Number(length) !== decoded.body.length) {
    throw new ServiceError(
      "IncompleteBody",
      "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    );
  }
  verifyChecksums({ ...headers, ...decoded.trailers }, decoded.body);
  return decoded.body;
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError("InvalidURI", "Couldn't parse the specified URI.");
  }
}

function sendObject(
  { body, etag, lastModified, headers: stored }: S3Object,
  method: string,
  headers: Readonly<Record<string, string>>,
): AwsResponse {
  const common = {
    ...stored,
    etag,
    "last-modified": lastModified.toUTCString(),
    "accept-ranges": "bytes",
    "x-amz-server-side-encryption": "AES256",
  };
  if (headers["if-none-match"] === etag) return empty(304, { etag });
  const range = /^bytes=(\d*)-(\d*)$/.exec(headers["range"] ?? "");
  if (range !== null && (range[1] !== "" || range[2] !== "")) {
    const suffix = range[1] === "";
    const start = suffix ? Math.max(body.length - Number(range[2]), 0) : Number(range[1]);
    const end = suffix || range[2] === "" ? body.length - 1 : Math.min(Number(range[2]), body.length - 1);
    if (start > end) throw new ServiceError("InvalidRange", "The requested range is not satisfiable", 416);
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

function storedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
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

function document(name: string, contents: string): AwsResponse {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `${xmlDeclaration}<${name} xmlns="${namespace}">${contents}</${name}>`,
  };
}

function empty(status: number, headers: Record<string, string> = {}): AwsResponse {
  return { status, headers, body: "" };
}

function unknown(method: string, what: string): ServiceError {
  return new ServiceError(
    "NotImplemented",
    `The local cloud does not support ${method} of ${what} in S3.`,
    501,
  );
}

function malformed(): ServiceError {
  return new ServiceError(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

async function parseXml(body: Uint8Array): Promise<Record<string, unknown>> {
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  const text = Buffer.from(body).toString("utf8");
  if (XMLValidator.validate(text) !== true) throw malformed();
  return asRecord(new XMLParser({ parseTagValue: false, trimValues: false }).parse(text));
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed();
  return value as Record<string, unknown>;
}

function asList(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
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

async function deleteObjects({ body }: S3Request, bucket: Bucket): Promise<AwsResponse> {
  const request = asRecord((await parseXml(body))["Delete"]);
  const keys = asList(request["Object"]).map((object) => String(asRecord(object)["Key"]));
  for (const key of keys) bucket.objects.delete(key);
  const quiet = request["Quiet"] === "true";
  return document("DeleteResult", quiet ? "" : keys.map((key) => toXml("Deleted", { Key: key })).join(""));
}
