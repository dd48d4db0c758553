import { documented } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

export type SigV4FailureCode =
  | "MissingAuthenticationToken"
  | "IncompleteSignature"
  | "InvalidClientTokenId"
  | "SignatureDoesNotMatch"
  | "RequestExpired"
  | "ExpiredToken";

/** A refusal has AWS's words, and for the log a detail that AWS keeps to itself. Neither holds a secret. */
export class SignatureError extends Error {
  override name = "SignatureError";
  readonly code: SigV4FailureCode;
  readonly detail: string | undefined;

  constructor(code: SigV4FailureCode, message: string, detail?: string) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide";
const signing = `${guide}/reference_sigv-create-signed-request.html` as const;
const methods = `${guide}/reference_sigv-authentication-methods.html` as const;
const troubleshooting = `${guide}/reference_sigv-troubleshooting.html` as const;

const incomplete = (what: string): SignatureError =>
  new SignatureError("IncompleteSignature", `Authorization ${what}.`);
const mismatch = (message: string): SignatureError => new SignatureError("SignatureDoesNotMatch", message);

export const signatureRefusals = defineRefusals("Signature Version 4", {
  missing: {
    refuses: "a request without a signature",
    evidence: documented(methods),
    error: () => new SignatureError("MissingAuthenticationToken", "Missing Authentication Token"),
  },
  twice: {
    refuses: "a signature both in the header and in the query",
    evidence: documented(methods),
    error: () => incomplete("only one of the Authorization header and query is allowed"),
  },
  algorithm: {
    refuses: "an algorithm other than AWS4-HMAC-SHA256",
    evidence: documented(methods),
    error: (algorithm: string) => incomplete(`unsupported algorithm '${algorithm}'`),
  },
  parameters: {
    refuses: "an Authorization header whose parameters are not `name=value`, or repeated",
    evidence: documented(methods),
    error: () => incomplete("malformed parameters"),
  },
  parameter: {
    refuses: "a signature without `Credential`, `SignedHeaders` or `Signature`",
    evidence: documented(methods),
    error: (name: string) => incomplete(`requires '${name}'`),
  },
  credential: {
    refuses: "a `Credential` other than `<access key id>/<date>/<region>/<service>/aws4_request`",
    evidence: documented(methods),
    error: () => incomplete("'Credential' is not '<access key id>/<date>/<region>/<service>/aws4_request'"),
  },
  hexadecimal: {
    refuses: "a `Signature` other than 64 hexadecimal digits",
    evidence: documented(methods),
    error: () => incomplete("'Signature' is not 64 hexadecimal digits"),
  },
  headerNames: {
    refuses: "`SignedHeaders` that are not lower case, sorted and without repetition",
    evidence: documented(signing),
    error: () => incomplete("'SignedHeaders' must be lower case, sorted and without repetition"),
  },
  noDate: {
    refuses: "a signature without `X-Amz-Date` or `Date`",
    evidence: documented(signing),
    error: (where: string) => incomplete(`no ${where}`),
  },
  date: {
    refuses: "an `X-Amz-Date` other than `yyyyMMddTHHmmssZ`",
    evidence: documented(signing),
    error: () => incomplete("date is not in the form 'yyyyMMddTHHmmssZ'"),
  },
  unsignedDate: {
    refuses: "a `Date` header that stands for `X-Amz-Date` and is not signed",
    evidence: documented(signing),
    error: () => incomplete("the 'Date' header is not signed"),
  },
  expires: {
    refuses: "an `X-Amz-Expires` outside 1 to 604800 seconds",
    evidence: documented(methods),
    error: () => incomplete("'X-Amz-Expires' must be 1 to 604800 seconds"),
  },
  key: {
    refuses: "an unknown access key, or a session token that is missing or of another key",
    evidence: documented(troubleshooting),
    error: (detail: string) =>
      new SignatureError(
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        detail,
      ),
  },
  expiredToken: {
    refuses: "credentials that have expired",
    evidence: documented(troubleshooting),
    error: () => new SignatureError("ExpiredToken", "The security token included in the request is expired"),
  },
  region: {
    refuses: "a credential scope of another region",
    evidence: documented(troubleshooting),
    error: (region: string) => mismatch(`Credential should be scoped to a valid region, not '${region}'.`),
  },
  service: {
    refuses: "a credential scope of another service",
    evidence: documented(troubleshooting),
    error: (service: string) => mismatch(`Credential should be scoped to correct service: '${service}'.`),
  },
  scopeDate: {
    refuses: "a credential scope of another day than the request's date",
    evidence: documented(troubleshooting),
    error: () =>
      mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP."),
  },
  unsignedHost: {
    refuses: "a signature without the `Host` header",
    evidence: documented(signing),
    error: () => mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization."),
  },
  absentHeader: {
    refuses: "a signed header that was not sent",
    evidence: documented(signing),
    error: (name: string) => mismatch(`'${name}' is a 'SignedHeader' but was not sent.`),
  },
  unsignedHeader: {
    refuses: "an `x-amz-` header that is not signed",
    evidence: documented(signing),
    error: (name: string) => mismatch(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`),
  },
  old: {
    refuses: "a request signed more than 5 minutes ago, or a presigned URL after its time",
    evidence: documented(troubleshooting),
    error: (amzDate: string, earliest: string, now: string, minutes: number) =>
      new SignatureError(
        "RequestExpired",
        `Signature expired: ${amzDate} is now earlier than ${earliest} (${now} - ${minutes} min.)`,
      ),
  },
  early: {
    refuses: "a request signed more than 5 minutes ahead",
    evidence: documented(troubleshooting),
    error: (amzDate: string, latest: string, now: string, minutes: number) =>
      new SignatureError(
        "RequestExpired",
        `Signature not yet current: ${amzDate} is still later than ${latest} (${now} + ${minutes} min.)`,
      ),
  },
  body: {
    refuses: "an `X-Amz-Content-Sha256` that is not the body's hash",
    evidence: documented(signing),
    error: () => mismatch("The provided 'x-amz-content-sha256' header does not match the body."),
  },
  signature: {
    refuses: "a wrong signature",
    evidence: documented(troubleshooting),
    error: () =>
      mismatch(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      ),
  },
});
