import { createHmac, timingSafeEqual } from "node:crypto";
import { percentEncode } from "./percent-encode.ts";

/** `oauth_signature_method` → hash. RFC 5849 defines the first, X takes both [P: Twitter's joauth, `Signer`]. */
const hashes = { "HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256" } as const;

export type SignatureMethod = keyof typeof hashes;

export function isSignatureMethod(text: string): text is SignatureMethod {
  return Object.hasOwn(hashes, text);
}

/**
 * The HMAC signature of RFC 5849 §3.4.2, in base64.
 *
 * @param tokenSecret empty for a request without a token
 */
export function hmacSignature(
  method: SignatureMethod,
  baseString: string,
  clientSecret: string,
  tokenSecret: string,
): string {
  const key = `${percentEncode(clientSecret)}&${percentEncode(tokenSecret)}`;
  return createHmac(hashes[method], key).update(baseString).digest("base64");
}

export function hmacSha1Signature(baseString: string, clientSecret: string, tokenSecret: string): string {
  return hmacSignature("HMAC-SHA1", baseString, clientSecret, tokenSecret);
}

/** Compares texts in a time that does not depend on where they differ. */
export function equalInConstantTime(given: string, expected: string): boolean {
  const givenBytes = Buffer.from(given);
  const expectedBytes = Buffer.from(expected);
  return givenBytes.length === expectedBytes.length && timingSafeEqual(givenBytes, expectedBytes);
}
