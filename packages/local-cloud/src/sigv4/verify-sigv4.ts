import { timingSafeEqual } from "node:crypto";

import type { Principal } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import { type Authorization, readAuthorization, toAmzDate } from "./read-authorization.ts";
import { createCanonicalPath, createCanonicalQuery, createCanonicalRequest } from "./canonical-request.ts";
import { createSignature, sha256Hex } from "./signature.ts";
import { SignatureError, type SigV4FailureCode, signatureRefusals } from "./signature-refusals.ts";
import type { ParsedRequest } from "./wire-request.ts";

export interface SigV4Expectations {
  /** The service in the credential scope, such as `execute-api`. */
  service: string;
  region: string;
  now: () => Date;
  sessions: Sessions;
  /** How far the signer's clock may be off, in seconds. 300 by default, as in most of AWS. */
  maxSkewSeconds?: number;
  /** False for S3, which signs the path as it is on the wire. */
  uriEscapePath?: boolean;
  /**
   * Whether the session token is part of what is signed: always, by default, or as the signer likes, or never, as in the
   * WebSocket URL of AWS IoT (https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws).
   */
  signedToken?: "always" | "optional" | "never";
  /** How long a presigned URL without `X-Amz-Expires` is valid, in seconds. By default it is refused. */
  defaultExpiresSeconds?: number;
}

export type { SigV4FailureCode } from "./signature-refusals.ts";

/** A refusal has AWS's words, and for the log a detail that AWS keeps to itself. Neither holds a secret. */
export type SigV4Result =
  | { ok: true; principal: Principal }
  | { ok: false; code: SigV4FailureCode; message: string; detail?: string };

/**
 * Verifies a request's Signature Version 4, in its Authorization header or its query (presigned URL).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySigV4(request: ParsedRequest, expectations: SigV4Expectations): SigV4Result {
  try {
    return { ok: true, principal: verify(request, expectations) };
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    const { code, message, detail } = error;
    return { ok: false, code, message, ...(detail !== undefined && { detail }) };
  }
}

/** @throws SignatureError */
function verify(request: ParsedRequest, expectations: SigV4Expectations): Principal {
  const { service, region, now, sessions, maxSkewSeconds = 300, uriEscapePath = true } = expectations;
  const { signedToken = "always", defaultExpiresSeconds } = expectations;
  const { method, headers, rawPath, wireQuery, body } = request;

  const authorization = readAuthorization(request, defaultExpiresSeconds);
  const key = sessions.find(authorization.accessKeyId, authorization.sessionToken);
  if (key.state !== "active" && key.state !== "expired") {
    signatureRefusals.key.when(true, keyDetails[key.state]);
    // There is no secret to verify the signature with.
    throw signatureRefusals.signature.rule.error();
  }
  signatureRefusals.expiredToken.when(key.state === "expired");

  checkScope(authorization, service, region);
  // A token in a header beside a signature in the query does not count, so nobody may add it.
  checkHeaders(authorization, headers, signedToken === "always" || authorization.source === "query");
  checkClock(authorization, now(), maxSkewSeconds);

  const payloadHash = choosePayloadHash(authorization, headers.get("x-amz-content-sha256"), body, service);
  const { amzDate, scopeDate, signedHeaders } = authorization;
  const canonicalPath = uriEscapePath ? createCanonicalPath(rawPath) : rawPath;
  const expected = Buffer.from(authorization.signature, "hex");
  // The header's token counts. Beside it, a parameter with the token's name is one like any other.
  const tokenRule = headers.has("x-amz-security-token") ? "always" : signedToken;
  for (const canonicalQuery of wireQuery === "" ? noQuery : canonicalQueries(wireQuery, tokenRule)) {
    const canonicalRequest = createCanonicalRequest({
      method,
      canonicalPath,
      canonicalQuery,
      signedHeaders,
      headers,
      payloadHash,
    });
    const { secretAccessKey } = key;
    const signature = createSignature(canonicalRequest, amzDate, {
      secretAccessKey,
      scopeDate,
      region,
      service,
    });
    if (timingSafeEqual(signature, expected)) return key.principal;
  }
  signatureRefusals.signature.when(true);
  return key.principal;
}

const keyDetails = {
  unknown: "unknown key",
  "missing-token": "no session token",
  "foreign-token": "wrong session token",
};

function checkScope(authorization: Authorization, service: string, region: string): void {
  const { amzDate, scopeDate } = authorization;
  signatureRefusals.region.when(authorization.region !== region, authorization.region);
  signatureRefusals.service.when(authorization.service !== service, service);
  signatureRefusals.scopeDate.when(scopeDate !== amzDate.slice(0, 8));
}

function checkHeaders(
  { signedHeaders }: Authorization,
  headers: ReadonlyMap<string, string>,
  needsSignedToken: boolean,
): void {
  signatureRefusals.unsignedHost.when(!signedHeaders.includes("host"));
  const absent = signedHeaders.find((name) => !headers.has(name));
  signatureRefusals.absentHeader.when(absent !== undefined, absent ?? "");
  for (const name of headers.keys()) {
    const mustBeSigned = name === "x-amz-security-token" ? needsSignedToken : name.startsWith("x-amz-");
    signatureRefusals.unsignedHeader.when(mustBeSigned && !signedHeaders.includes(name), name);
  }
}

function checkClock(
  { date, expiresSeconds, amzDate }: Authorization,
  now: Date,
  maxSkewSeconds: number,
): void {
  const ageSeconds = (now.getTime() - date.getTime()) / 1000;
  const lifetime = expiresSeconds ?? maxSkewSeconds;
  if (ageSeconds > lifetime) {
    signatureRefusals.old.when(true, amzDate, amzDateAt(now, -lifetime), toAmzDate(now), lifetime / 60);
  }
  if (ageSeconds < -maxSkewSeconds) {
    const latest = amzDateAt(now, maxSkewSeconds);
    signatureRefusals.early.when(true, amzDate, latest, toAmzDate(now), maxSkewSeconds / 60);
  }
}

function amzDateAt(now: Date, seconds: number): string {
  return toAmzDate(new Date(now.getTime() + seconds * 1000));
}

/** What stands in the canonical request's last line. */
function choosePayloadHash(
  { source }: Authorization,
  stated: string | undefined,
  body: Uint8Array,
  service: string,
): string {
  if (service === "s3") {
    if (stated === undefined && source === "query") return "UNSIGNED-PAYLOAD";
    if (stated === "UNSIGNED-PAYLOAD" || stated?.startsWith("STREAMING-") === true) return stated;
  }
  const hash = body.length === 0 ? emptyPayloadHash : sha256Hex(body);
  signatureRefusals.body.when(stated !== undefined && stated !== hash);
  return hash;
}

const emptyPayloadHash = sha256Hex("");

const noQuery = [""];

/**
 * The canonical queries that a request may have been signed with.
 *
 * What AWS makes of a parameter without a name (`?=1`) is not documented, and signers differ: the SDKs and the CLI
 * sign it, the aws4 family leaves it out. Either is accepted.
 */
function* canonicalQueries(
  wireQuery: string,
  signedToken: NonNullable<SigV4Expectations["signedToken"]>,
): Generator<string> {
  const unsigned = ["X-Amz-Signature"];
  if (signedToken !== "never") yield createCanonicalQuery(wireQuery, unsigned);
  if (signedToken !== "never") yield createCanonicalQuery(wireQuery, unsigned, { withoutNameless: true });
  if (signedToken !== "always") yield createCanonicalQuery(wireQuery, [...unsigned, "X-Amz-Security-Token"]);
}
