import { timingSafeEqual } from "node:crypto";

import type { Principal } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import { type Authorization, AuthorizationError, readAuthorization, toAmzDate } from "./authorization.ts";
import { createCanonicalPath, createCanonicalQuery, createCanonicalRequest } from "./canonical-request.ts";
import { createSignature, sha256Hex } from "./signature.ts";
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

export type SigV4FailureCode =
  | "MissingAuthenticationToken"
  | "IncompleteSignature"
  | "InvalidClientTokenId"
  | "SignatureDoesNotMatch"
  | "RequestExpired"
  | "ExpiredToken";

/** A refusal has AWS's words, and for the log a detail that AWS keeps to itself. Neither holds a secret. */
export type SigV4Result =
  | { ok: true; principal: Principal }
  | { ok: false; code: SigV4FailureCode; message: string; detail?: string };

/**
 * Verifies a request's Signature Version 4, in its Authorization header or its query (presigned URL).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySigV4(request: ParsedRequest, expectations: SigV4Expectations): SigV4Result {
  const { service, region, now, sessions, maxSkewSeconds = 300, uriEscapePath = true } = expectations;
  const { signedToken = "always", defaultExpiresSeconds } = expectations;
  const { method, headers, rawPath, wireQuery, body } = request;

  let authorization: Authorization;
  try {
    authorization = readAuthorization(request, defaultExpiresSeconds);
  } catch (error) {
    if (error instanceof AuthorizationError) return refuse(error.code, error.message);
    throw error;
  }

  const key = sessions.find(authorization.accessKeyId, authorization.sessionToken);
  if (key.state !== "active" && key.state !== "expired") {
    const details = {
      unknown: "unknown key",
      "missing-token": "no session token",
      "foreign-token": "wrong session token",
    };
    return {
      ...refuse("InvalidClientTokenId", "The security token included in the request is invalid."),
      detail: details[key.state],
    };
  }
  if (key.state === "expired") {
    return refuse("ExpiredToken", "The security token included in the request is expired");
  }

  const scopeFault = findScopeFault(authorization, service, region);
  if (scopeFault !== undefined) return refuse("SignatureDoesNotMatch", scopeFault);
  const headerFault = findHeaderFault(authorization, headers, signedToken === "always");
  if (headerFault !== undefined) return refuse("SignatureDoesNotMatch", headerFault);
  const clockFault = findClockFault(authorization, now(), maxSkewSeconds);
  if (clockFault !== undefined) return refuse("RequestExpired", clockFault);

  const payloadHash = choosePayloadHash(authorization, headers.get("x-amz-content-sha256"), body, service);
  if (payloadHash === undefined) {
    return refuse(
      "SignatureDoesNotMatch",
      "The provided 'x-amz-content-sha256' header does not match the body.",
    );
  }

  const { amzDate, scopeDate, signedHeaders } = authorization;
  const canonicalPath = uriEscapePath ? createCanonicalPath(rawPath) : rawPath;
  const expected = Buffer.from(authorization.signature, "hex");
  for (const canonicalQuery of canonicalQueries(wireQuery, signedToken)) {
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
    if (timingSafeEqual(signature, expected)) return { ok: true, principal: key.principal };
  }
  return refuse(
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  );
}

function refuse(code: SigV4FailureCode, message: string): Extract<SigV4Result, { ok: false }> {
  return { ok: false, code, message };
}

function findScopeFault(authorization: Authorization, service: string, region: string): string | undefined {
  if (authorization.region !== region) {
    return `Credential should be scoped to a valid region, not '${authorization.region}'.`;
  }
  if (authorization.service !== service) {
    return `Credential should be scoped to correct service: '${service}'.`;
  }
  if (authorization.scopeDate !== authorization.amzDate.slice(0, 8)) {
    return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.`;
  }
  return undefined;
}

function findHeaderFault(
  { signedHeaders }: Authorization,
  headers: ReadonlyMap<string, string>,
  needsSignedToken: boolean,
): string | undefined {
  if (!signedHeaders.includes("host")) return "'Host' must be a 'SignedHeader' in the AWS Authorization.";
  const missing = signedHeaders.find((name) => !headers.has(name));
  if (missing !== undefined) return `'${missing}' is a 'SignedHeader' but was not sent.`;
  for (const name of headers.keys()) {
    const mustBeSigned = name === "x-amz-security-token" ? needsSignedToken : name.startsWith("x-amz-");
    if (mustBeSigned && !signedHeaders.includes(name))
      return `'${name}' must be a 'SignedHeader' in the AWS Authorization.`;
  }
  return undefined;
}

function findClockFault(
  { date, expiresSeconds, amzDate }: Authorization,
  now: Date,
  maxSkewSeconds: number,
): string | undefined {
  const ageSeconds = (now.getTime() - date.getTime()) / 1000;
  if (ageSeconds > (expiresSeconds ?? maxSkewSeconds)) {
    const lifetime = expiresSeconds ?? maxSkewSeconds;
    return `Signature expired: ${amzDate} is now earlier than ${amzDateAt(now, -lifetime)} (${toAmzDate(now)} - ${lifetime / 60} min.)`;
  }
  if (ageSeconds < -maxSkewSeconds) {
    return `Signature not yet current: ${amzDate} is still later than ${amzDateAt(now, maxSkewSeconds)} (${toAmzDate(now)} + ${maxSkewSeconds / 60} min.)`;
  }
  return undefined;
}

function amzDateAt(now: Date, seconds: number): string {
  return toAmzDate(new Date(now.getTime() + seconds * 1000));
}

/** What stands in the canonical request's last line; undefined when the header contradicts the body. */
function choosePayloadHash(
  { source }: Authorization,
  stated: string | undefined,
  body: Uint8Array,
  service: string,
): string | undefined {
  if (service === "s3") {
    if (stated === undefined && source === "query") return "UNSIGNED-PAYLOAD";
    if (stated === "UNSIGNED-PAYLOAD" || stated?.startsWith("STREAMING-") === true) return stated;
  }
  const hash = body.length === 0 ? emptyPayloadHash : sha256Hex(body);
  return stated === undefined || stated === hash ? hash : undefined;
}

const emptyPayloadHash = sha256Hex("");

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
  if (signedToken !== "never" && wireQuery !== "") yield createCanonicalQuery(wireQuery, [...unsigned, ""]);
  if (signedToken !== "always") yield createCanonicalQuery(wireQuery, [...unsigned, "X-Amz-Security-Token"]);
}
