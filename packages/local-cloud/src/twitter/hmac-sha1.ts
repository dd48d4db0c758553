import { createHmac, timingSafeEqual } from "node:crypto";
import { percentEncode } from "./percent-encode.ts";

/**
 * The HMAC-SHA1 signature of RFC 5849 §3.4.2, in base64.
 *
 * @param tokenSecret empty for a request without a token
 */
export function hmacSha1Signature(baseString: string, clientSecret: string, tokenSecret: string): string {
  const key = `${percentEncode(clientSecret)}&${percentEncode(tokenSecret)}`;
  return createHmac("sha1", key).update(baseString).digest("base64");
}

/** Compares texts in a time that does not depend on where they differ. */
export function equalInConstantTime(given: string, expected: string): boolean {
  const givenBytes = Buffer.from(given);
  const expectedBytes = Buffer.from(expected);
  return givenBytes.length === expectedBytes.length && timingSafeEqual(givenBytes, expectedBytes);
}
