import { createHash } from "node:crypto";
import { ServiceError } from "../aws/service-error.ts";

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
  create(name: string): Bucket;
  /** @throws ServiceError BucketNotEmpty */
  remove(name: string): void;
  /** @throws ServiceError NoSuchBucket, NoSuchKey */
  object(bucket: string, key: string): S3Object;
}

export function createBuckets({ now }: { now: () => Date }): Buckets {
  const buckets = new Map<string, Bucket>();

  function get(name: string): Bucket {
    const bucket = buckets.get(name);
    if (bucket === undefined) {
      throw new ServiceError("NoSuchBucket", "The specified bucket does not exist", 404);
    }
    return bucket;
  }

  return {
    list: () => [...buckets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    find: (name) => buckets.get(name),
    get,
    create(name) {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes("..")) {
        throw new ServiceError("InvalidBucketName", "The specified bucket is not valid.");
      }
      if (buckets.has(name)) {
        throw new ServiceError(
          "BucketAlreadyOwnedByYou",
          "Your previous request to create the named bucket succeeded and you already own it.",
          409,
        );
      }
      const bucket: Bucket = { name, createdDate: now(), objects: new Map(), uploads: new Map() };
      buckets.set(name, bucket);
      return bucket;
    },
    remove(name) {
      if (get(name).objects.size > 0) {
        throw new ServiceError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409);
      }
      buckets.delete(name);
    },
    object(bucket, key) {
      const object = get(bucket).objects.get(key);
      if (object === undefined) {
        throw new ServiceError("NoSuchKey", "The specified key does not exist.", 404);
      }
      return object;
    },
  };
}

export function entityTag(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}
