import { getCanonicalHeaders, getSigningKey, SignatureV4 } from "@smithy/signature-v4";
import * as fc from "fast-check";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { expect, it } from "vitest";

import { Sha256 } from "../../test/sha256.ts";
import { createCanonicalPath, createCanonicalQuery, createCanonicalRequest } from "./canonical-request.ts";
import { createSignature, createStringToSign } from "./signature.ts";
import { parseRequest } from "./wire-request.ts";

const accessKeyId = "ASIAEXAMPLEEXAMPLE12";
const payloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

interface SdkRequest {
  method: string;
  path: string;
  query: Record<string, string[]>;
  headers: Record<string, string>;
}

/** The steps of the AWS SDK's signer, which it does not make public. */
class SdkSigner extends SignatureV4 {
  constructor(uriEscapePath: boolean) {
    super({
      credentials: () => Promise.reject(new Error("only the steps below are used")),
      region: "",
      service: "",
      sha256: Sha256,
      uriEscapePath,
    });
  }

  canonicalRequest(request: SdkRequest): string {
    const message = { ...request, protocol: "https:", hostname: "api.example" };
    // The SDK drops headers such as user-agent unless they are named.
    const canonicalHeaders = getCanonicalHeaders(message, undefined, new Set(Object.keys(request.headers)));
    return this.createCanonicalRequest(message, canonicalHeaders, payloadHash);
  }

  async signature(canonicalRequest: string, amzDate: string, scope: Record<ScopePart, string>) {
    const { scopeDate, region, service, secretAccessKey } = scope;
    const credentialScope = `${scopeDate}/${region}/${service}/aws4_request`;
    const stringToSign = await this.createStringToSign(
      amzDate,
      credentialScope,
      canonicalRequest,
      "AWS4-HMAC-SHA256",
    );
    const credentials = { accessKeyId, secretAccessKey };
    const hmac = new Sha256(await getSigningKey(Sha256, credentials, scopeDate, region, service));
    hmac.update(Buffer.from(stringToSign));
    return { stringToSign, signature: Buffer.from(await hmac.digest()).toString("hex") };
  }
}

type ScopePart = "secretAccessKey" | "scopeDate" | "region" | "service";

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("a b", "*'()!~", "a+b", "50%", "é€😀", "a/b", "..", "constructor"),
);
const path = fc
  .array(
    fc.oneof(
      text.map(encodeURIComponent),
      fc.constantFrom("", ".", "..", "%2F", "a%2fb", "%ZZ", "*'()!~", "a+b"),
    ),
    {
      maxLength: 5,
    },
  )
  .map((segments) => `/${segments.join("/")}`);
// The SDK's query is an object, which cannot hold `__proto__`.
const query = fc.array(
  fc.tuple(
    text.filter((name) => name !== "__proto__"),
    text,
  ),
  { maxLength: 6 },
);
const headers = fc.dictionary(
  fc.constantFrom("accept", "content-type", "user-agent", "x-amz-meta-note", "x-custom", "cookie"),
  fc
    .array(fc.constantFrom("a", " ", "  ", "\t", '"', ",", "é", "=", "Z9", "€"), { maxLength: 10 })
    .map((parts) => parts.join("").trim()),
);
const signed = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
  path,
  query,
  headers: headers.map((others) => ({ host: "api.example", ...others })),
  uriEscapePath: fc.boolean(),
  amzDate: fc.constantFrom("20260301T235958Z", "20240229T000000Z"),
  region: fc.constantFrom("us-east-1", "eu-west-1"),
  service: fc.constantFrom("execute-api", "s3"),
  secretAccessKey: fc.string({ minLength: 1, maxLength: 40 }),
});

it("agrees with the AWS SDK's signer on canonical request, string to sign and signature", async () => {
  await fc.assert(
    fc.asyncProperty(
      signed,
      async ({ uriEscapePath, amzDate, region, service, secretAccessKey, ...request }) => {
        const { method } = request;
        const signer = new SdkSigner(uriEscapePath);
        const bag = Object.create(null) as Record<string, string[]>;
        for (const [name, value] of request.query) (bag[name] ??= []).push(value);
        const expected = signer.canonicalRequest({ ...request, query: bag });

        const wireQuery = request.query.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
        const parsed = parseRequest({
          method,
          rawUrl: `${request.path}?${wireQuery}`,
          rawHeaders: Object.entries(request.headers)
            .flat()
            .map((value) => Buffer.from(value).toString("latin1")),
          body: Buffer.alloc(0),
        });
        const canonicalRequest = createCanonicalRequest({
          method,
          canonicalPath: uriEscapePath ? createCanonicalPath(parsed.rawPath) : parsed.rawPath,
          canonicalQuery: createCanonicalQuery(parsed.wireQuery),
          signedHeaders: [...parsed.headers.keys()].toSorted(),
          headers: parsed.headers,
          payloadHash,
        });
        expect(canonicalRequest).toBe(expected);

        const scope = { secretAccessKey, scopeDate: amzDate.slice(0, 8), region, service };
        expect({
          stringToSign: createStringToSign(canonicalRequest, amzDate, scope),
          signature: createSignature(canonicalRequest, amzDate, scope).toString("hex"),
        }).toEqual(await signer.signature(expected, amzDate, scope));
      },
    ),
    { numRuns: testRuns(100) },
  );
}, 30_000);
