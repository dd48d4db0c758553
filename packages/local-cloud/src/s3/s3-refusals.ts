import { ServiceError } from "../aws/service-error.ts";
import { documented, ownLimit, reported } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

const api = "https://docs.aws.amazon.com/AmazonS3/latest/API";
const guide = "https://docs.aws.amazon.com/AmazonS3/latest/userguide";
const errors = `${api}/ErrorResponses.html` as const;

export const s3Refusals = defineRefusals("S3", {
  noBucket: {
    refuses: "a bucket that does not exist",
    evidence: documented(errors),
    error: () => new ServiceError("NoSuchBucket", "The specified bucket does not exist", 404),
  },
  region: {
    refuses: "a signature for another region than the bucket's",
    evidence: reported("https://github.com/jsoma/flatware/issues/10"),
    error: (signed: string, expected: string) =>
      new ServiceError(
        "AuthorizationHeaderMalformed",
        `The authorization header is malformed; the region '${signed}' is wrong; expecting '${expected}'`,
        400,
        { Region: expected },
      ),
  },
  bucketName: {
    refuses: "a bucket name other than 3 to 63 lower-case letters, digits, dots and hyphens",
    evidence: documented(`${guide}/bucketnamingrules.html`),
    error: () => new ServiceError("InvalidBucketName", "The specified bucket is not valid."),
  },
  bucketTaken: {
    refuses: "a bucket name that the account has",
    evidence: documented(errors),
    error: () =>
      new ServiceError(
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        409,
      ),
  },
  notEmpty: {
    refuses: "deleting a bucket that holds objects",
    evidence: documented(errors),
    error: () => new ServiceError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409),
  },
  noKey: {
    refuses: "an object that does not exist",
    evidence: documented(errors),
    error: () => new ServiceError("NoSuchKey", "The specified key does not exist.", 404),
  },
  keyLength: {
    refuses: "a key of more than 1024 bytes",
    evidence: documented(`${guide}/object-keys.html`),
    error: () => new ServiceError("KeyTooLongError", "Your key is too long"),
  },
  ifNoneMatch: {
    refuses: "`If-None-Match: *` for an object that exists",
    evidence: documented(`${guide}/conditional-writes.html`),
    error: () =>
      new ServiceError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
      ),
  },
  range: {
    refuses: "a `Range` after the end of the object",
    evidence: documented(errors),
    error: () => new ServiceError("InvalidRange", "The requested range is not satisfiable", 416),
  },
  checksum: {
    refuses: "a body with another checksum than the request says (MD5, CRC32, SHA-1, SHA-256)",
    evidence: documented(`${guide}/checking-object-integrity.html`),
    error: (algorithm: string) =>
      new ServiceError("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`),
  },
  length: {
    refuses: "a streamed body of another length than the request says",
    evidence: documented(errors),
    error: () =>
      new ServiceError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header.",
      ),
  },
  partNumber: {
    refuses: "a part number outside 1 to 10000",
    evidence: documented(`${api}/API_UploadPart.html`),
    error: () =>
      new ServiceError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive"),
  },
  part: {
    refuses: "completing an upload with a part that was not uploaded, or with another ETag",
    evidence: documented(`${api}/API_CompleteMultipartUpload.html`),
    error: () =>
      new ServiceError(
        "InvalidPart",
        "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
      ),
  },
  noUpload: {
    refuses: "an upload that does not exist",
    evidence: documented(errors),
    error: () =>
      new ServiceError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        404,
      ),
  },
  signedChunks: {
    refuses: "a body of signed chunks",
    evidence: ownLimit,
    error: (hash: string) =>
      new ServiceError(
        "NotImplemented",
        `The local cloud does not support signed chunks (x-amz-content-sha256: ${hash}).`,
        501,
      ),
  },
});
