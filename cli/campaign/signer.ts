import { typedRequests } from "@api-auth-twitter/test-support/signed-requests";
import * as fc from "fast-check";
import { sdkSignature } from "../../packages/local-cloud/test/sdk-signature.ts";
import { scopeOfHost } from "../src/aws/api-host.ts";
import { amzDate, presignSigV4, signSigV4 } from "../src/aws/sigv4.ts";
import { checkProperty, type Campaign, inBatches } from "./campaign.ts";
import { startPythonSigners } from "./python-signers.ts";

/** One of each kind of API, custom domains and addresses. */
const origins = [
  "https://abc123.execute-api.us-east-1.amazonaws.com",
  "https://abc123.execute-api.cn-north-1.amazonaws.com.cn",
  "https://abc123.execute-api.eu-west-1.api.aws",
  "https://vpce-0a1b2c-3d4e.execute-api.us-west-2.vpce.amazonaws.com",
  "https://abcdefghij.lambda-url.eu-central-1.on.aws",
  "https://abcdefgh.appsync-api.ap-southeast-2.amazonaws.com",
  "https://api.example.com",
  "https://api.example.com:443",
  "https://api.example.com:8443",
  "http://127.0.0.1:4568",
  "http://[::1]:4568",
  "http://localhost:80",
];

const base64 = fc.string({ unit: fc.constantFrom(...Array.from("Aa0+/=")), minLength: 1, maxLength: 40 });
const cases = fc.record({
  request: typedRequests(origins),
  presigned: fc.nat(3).map((number) => number === 0),
  credentials: fc.record({
    accessKeyId: fc.constantFrom("ASIAEXAMPLE", "AKIAEXAMPLE"),
    secretAccessKey: base64,
    sessionToken: fc.option(base64, { nil: undefined }),
  }),
  /** Of a host that names none. */
  scope: fc.record({
    service: fc.constantFrom(
      "execute-api",
      "lambda",
      "appsync",
      "sts",
      "iam",
      "cloudformation",
      "apigateway",
    ),
    region: fc.constantFrom("us-east-1", "eu-north-1", "us-gov-west-1"),
  }),
  nowMs: fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2040, 0, 1) }),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

interface SignedCase {
  /** What the peers sign. */
  request: {
    method: string;
    target: string;
    unsignedTarget: string;
    headers: (readonly [string, string])[];
    body: string;
    presigned: boolean;
    amzDate: string;
    service: string;
    region: string;
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken: string | null;
  };
  signature: string;
}

async function sign({ request, presigned, credentials: given, scope, nowMs }: Case): Promise<SignedCase> {
  const { method, url, headers, body } = request;
  const { sessionToken, ...keys } = given;
  const credentials = sessionToken === undefined ? keys : { ...keys, sessionToken };
  const signing = { credentials, nowMs, ...(scopeOfHost(url) ?? scope) };
  const common = {
    method,
    unsignedTarget: url.pathname + url.search,
    body: Buffer.from(body ?? []).toString("base64"),
    presigned,
    amzDate: amzDate(nowMs),
    service: signing.service,
    region: signing.region,
    ...keys,
    sessionToken: sessionToken ?? null,
  };
  const host = ["Host", url.host] as const;
  if (presigned) {
    const signed = await presignSigV4({ method, url, body }, signing);
    const [target = "", signature = ""] = (signed.pathname + signed.search).split("&X-Amz-Signature=");
    return { request: { ...common, target, headers: [host] }, signature };
  }
  const signed = await signSigV4({ method, url, headers, body }, signing);
  const sent = signed.headers.filter(([name]) => name !== "Authorization");
  return {
    request: { ...common, target: common.unsignedTarget, headers: [host, ...sent] },
    signature: signed.signature,
  };
}

/** @returns undefined for what the SDK cannot be given: bytes that are not UTF-8, and signatures in the query */
async function signWithSdk({ request }: SignedCase): Promise<string | undefined> {
  if (request.presigned) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken, service, region, body } = request;
  const [path = "", search = ""] = request.target.split(/\?(.*)/s);
  const query = Object.create(null) as Record<string, string[]>;
  try {
    for (const pair of search.split("&")) {
      const [name = "", value = ""] = pair.split(/=(.*)/s).map(decodeURIComponent);
      if (pair === "") continue;
      if (name === "__proto__") return undefined;
      (query[name] ??= []).push(value);
    }
  } catch {
    return undefined;
  }
  return sdkSignature(
    {
      method: request.method,
      path,
      query,
      headers: Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value])),
      body: Buffer.from(body, "base64"),
    },
    {
      accessKeyId,
      secretAccessKey,
      sessionToken: sessionToken ?? undefined,
      service,
      region,
      date: fromAmzDate(request.amzDate),
    },
  );
}

function fromAmzDate(text: string): Date {
  return new Date(text.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
}

/** auth-cli's signer, compared with botocore, the AWS Common Runtime (C) and the AWS SDK for JavaScript. */
export const signer: Campaign = {
  name: "signer",
  share: 2,
  async run(assignment) {
    const peers = startPythonSigners();
    if (peers === undefined) return { sizes: { requests: 0 }, defects: [] };
    const sizes = { requests: 0, "checked by two": 0, "not UTF-8": 0, "s of CPU of Python": 0 };
    const property = fc.asyncProperty(
      fc.array(cases, { minLength: 1, maxLength: 250, size: "max" }),
      async (batch) => {
        const signed = await Promise.all(batch.map(sign));
        const others = await peers.sign<{ botocore: string; runtime: string | null }>(
          "sigv4",
          signed.map(({ request }) => request),
        );
        for (const [index, one] of signed.entries()) {
          const sdk = await signWithSdk(one);
          const found = { ...others[index], sdk };
          const checks = Object.entries(found).filter(([, value]) => value !== null && value !== undefined);
          for (const [peer, signature] of checks) {
            if (signature === one.signature) continue;
            throw new Error(`${peer} signs ${one.request.method} ${one.request.target} differently`);
          }
          sizes.requests += 1;
          if (checks.length > 1) sizes["checked by two"] += 1;
          if (!isUtf8(one.request.target)) sizes["not UTF-8"] += 1;
        }
      },
    );
    const defects = await inBatches(assignment, (seed, path) =>
      checkProperty(property, { seed, path, runs: 20 }),
    );
    sizes["s of CPU of Python"] = Math.round(await peers.close());
    return { sizes, defects };
  },
};

function isUtf8(target: string): boolean {
  try {
    decodeURIComponent(target.replaceAll(/%(?![0-9a-f]{2})/gi, "%25"));
    return true;
  } catch {
    return false;
  }
}
