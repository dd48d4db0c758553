import { createHash } from "node:crypto";
import { s3Refusals } from "./s3-refusals.ts";
import { memoryState, type State } from "../state.ts";

export interface S3Object {
  key: string;
  body: Uint8Array;
  /** With its quotation marks, as in the header. */
  etag: string;
  lastModified: Date;
  /** Headers that S3 returns with the object: content-type, x-amz-meta-… */
  headers: Record<string, string>;
}

export interface MultipartUpload {
  uploadId: string;
  key: string;
  headers: Record<string, string>;
  parts: Map<number, { body: Uint8Array; etag: string }>;
}

export interface Bucket {
  name: string;
  region: string;
  createdDate: Date;
  objects: Map<string, S3Object>;
  uploads: Map<string, MultipartUpload>;
}

/** The buckets of the account. */
export interface Buckets {
  list(): Bucket[];
  find(name: string): Bucket | undefined;
  /** @throws ServiceError NoSuchBucket */
  get(name: string): Bucket;
  /** @throws ServiceError InvalidBucketName, BucketAlreadyOwnedByYou */
  create(name: string, region: string): Bucket;
  /** @throws ServiceError BucketNotEmpty */
  remove(name: string): void;
  /** @throws ServiceError NoSuchBucket, NoSuchKey */
  object(bucket: string, key: string): S3Object;
}

export function createBuckets({
  now,
  state = memoryState(),
}: {
  now: () => Date;
  state?: State | undefined;
}): Buckets {
  const buckets = state.part("buckets", () => new Map<string, Bucket>());

  function get(name: string): Bucket {
    return s3Refusals.noBucket.unless(buckets.get(name));
  }

  return {
    list: () => [...buckets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    find: (name) => buckets.get(name),
    get,
    create(name, region) {
      s3Refusals.bucketName.when(!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes(".."));
      s3Refusals.bucketTaken.when(buckets.has(name));
      const bucket: Bucket = { name, region, createdDate: now(), objects: new Map(), uploads: new Map() };
      buckets.set(name, bucket);
      return bucket;
    },
    remove(name) {
      s3Refusals.notEmpty.when(get(name).objects.size > 0);
      buckets.delete(name);
    },
    object(bucket, key) {
      return s3Refusals.noKey.unless(get(bucket).objects.get(key));
    },
  };
}

export function entityTag(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}
