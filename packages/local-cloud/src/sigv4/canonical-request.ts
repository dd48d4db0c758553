import { getCanonicalHeaders, getSigningKey, SignatureV4 } from "@smithy/signature-v4";

import { Sha256 } from "./sha256.ts";
import { parseQuery } from "./wire-request.ts";

export interface CanonicalRequestParts {
  method: string;
  rawPath: string;
  canonicalQuery: string;
  /** The signed headers, by lower-case name. */
  headers: Record<string, string>;
  payloadHash: string;
}

/** The steps of `@smithy/signature-v4` one by one, so that a signature can be recomputed from what arrived. */
export class Recomputation extends SignatureV4 {
  /** @param uriEscapePath whether the wire's path is encoded once more: everywhere but in S3 */
  constructor(uriEscapePath: boolean) {
    super({
      // Only what is asked for below is used; credentials, region and service come with each request.
      credentials: () => Promise.reject(new Error("Recomputation signs nothing")),
      region: "",
      service: "",
      sha256: Sha256,
      uriEscapePath,
    });
  }

  canonicalRequest({ method, rawPath, canonicalQuery, headers, payloadHash }: CanonicalRequestParts): string {
    const canonicalHeaders = getCanonicalHeaders(
      { headers, method, path: rawPath, protocol: "", hostname: "" },
      undefined,
      // A header that signers usually leave out counts as soon as one has signed it.
      new Set(Object.keys(headers)),
    );
    const lines = this.createCanonicalRequest(
      { method, path: rawPath, query: {}, headers, protocol: "", hostname: "" },
      canonicalHeaders,
      payloadHash,
    ).split("\n");
    lines[2] = canonicalQuery;
    return lines.join("\n");
  }

  async signature(
    canonicalRequest: string,
    amzDate: string,
    { accessKeyId, secretAccessKey, region, service }: Record<ScopePart, string>,
  ): Promise<string> {
    const shortDate = amzDate.slice(0, 8);
    const scope = `${shortDate}/${region}/${service}/aws4_request`;
    const stringToSign = await this.createStringToSign(amzDate, scope, canonicalRequest, "AWS4-HMAC-SHA256");
    // The library keeps the last 50 signing keys.
    const key = await getSigningKey(Sha256, { accessKeyId, secretAccessKey }, shortDate, region, service);
    const hmac = new Sha256(key);
    hmac.update(Buffer.from(stringToSign));
    return Buffer.from(await hmac.digest()).toString("hex");
  }
}

type ScopePart = "accessKeyId" | "secretAccessKey" | "region" | "service";

/**
 * The canonical query string: every name and value decoded and encoded again, sorted by encoded name, then value;
 * `X-Amz-Signature` left out. The library's own takes an object, which loses `__proto__`.
 *
 * A `+` on the wire is a space (`%20`): AWS front ends decode queries as forms do, the signers of AWS's SDKs and
 * aws4fetch follow (aws-sdk-go#220, aws4fetch#83).
 */
export function createCanonicalQuery(rawQuery: string, namelessParameters: "kept" | "dropped"): string {
  return parseQuery(rawQuery)
    .filter(([name]) => name !== "X-Amz-Signature" && (name !== "" || namelessParameters === "kept"))
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(
      ([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue),
    )
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** RFC 3986 percent-encoding: all but the unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
