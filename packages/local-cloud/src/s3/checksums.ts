import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { s3Refusals } from "./s3-refusals.ts";

const algorithms: Record<string, (body: Uint8Array) => Buffer> = {
  "content-md5": (body) => createHash("md5").update(body).digest(),
  "x-amz-checksum-crc32": (body) => {
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    return checksum;
  },
  "x-amz-checksum-sha1": (body) => createHash("sha1").update(body).digest(),
  "x-amz-checksum-sha256": (body) => createHash("sha256").update(body).digest(),
};

/**
 * Verifies the checksums that a client sends in headers or trailers.
 * CRC32C and CRC64NVME, which Node has no function for, are not verified.
 *
 * @throws ServiceError BadDigest
 */
export function verifyChecksums(headers: Readonly<Record<string, string>>, body: Uint8Array): void {
  for (const [name, digest] of Object.entries(algorithms)) {
    const expected = headers[name];
    const isWrong = expected !== undefined && digest(body).toString("base64") !== expected;
    s3Refusals.checksum.when(isWrong, name.replace("x-amz-checksum-", "").toUpperCase());
  }
}
