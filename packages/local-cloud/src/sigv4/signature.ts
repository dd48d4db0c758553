import { createHmac, hash } from "node:crypto";

import { setBounded } from "../aws/set-bounded.ts";

/** The input of a signing key: the secret and the credential scope. */
export interface SigningScope {
  secretAccessKey: string;
  /** `yyyyMMdd`. */
  scopeDate: string;
  region: string;
  service: string;
}

/**
 * The signature of a canonical request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @param amzDate `yyyyMMddTHHmmssZ`
 * @returns 32 bytes
 */
export function createSignature(canonicalRequest: string, amzDate: string, scope: SigningScope): Buffer {
  return hmac(signingKey(scope), createStringToSign(canonicalRequest, amzDate, scope));
}

export function createStringToSign(
  canonicalRequest: string,
  amzDate: string,
  { scopeDate, region, service }: Omit<SigningScope, "secretAccessKey">,
): string {
  return `AWS4-HMAC-SHA256\n${amzDate}\n${scopeDate}/${region}/${service}/aws4_request\n${sha256Hex(canonicalRequest)}`;
}

export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** By secret and scope: a client signs with one key all day. */
const signingKeys = new Map<string, Buffer>();
const maximumSigningKeys = 50;

export function signingKey({ secretAccessKey, scopeDate, region, service }: SigningScope): Buffer {
  const id = `${secretAccessKey}/${scopeDate}/${region}/${service}`;
  let key = signingKeys.get(id);
  if (key === undefined) {
    key = [region, service, "aws4_request"].reduce(hmac, hmac(`AWS4${secretAccessKey}`, scopeDate));
    setBounded(signingKeys, maximumSigningKeys, id, key);
  }
  return key;
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
