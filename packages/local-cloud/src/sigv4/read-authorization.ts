import { signatureRefusals } from "./signature-refusals.ts";
import type { ParsedRequest } from "./wire-request.ts";

/** A request's signature and its parameters, from the Authorization header or the query. */
export interface Authorization {
  source: "header" | "query";
  accessKeyId: string;
  /** `yyyyMMdd` of the credential scope. */
  scopeDate: string;
  region: string;
  service: string;
  /** Lower case, sorted. */
  signedHeaders: string[];
  /** 64 lower-case hexadecimal digits. */
  signature: string;
  /** When it was signed. */
  date: Date;
  /** `yyyyMMddTHHmmssZ`. */
  amzDate: string;
  sessionToken: string | undefined;
  /** How long a presigned URL is valid, in seconds. */
  expiresSeconds: number | undefined;
}

/**
 * Reads the signature from the Authorization header or from the `X-Amz-…` query parameters.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 *
 * @param defaultExpiresSeconds validity of a presigned URL that does not state one; by default it is incomplete
 * @throws SignatureError when it is missing or incomplete
 */
export function readAuthorization(
  { headers, query: parameters }: Pick<ParsedRequest, "headers" | "query">,
  defaultExpiresSeconds?: number,
): Authorization {
  const header = headers.get("authorization");
  const query = parameters.length === 0 ? noParameters : new Map(parameters);
  const inQuery = query.has("X-Amz-Algorithm") || query.has("X-Amz-Signature");
  signatureRefusals.missing.when(header === undefined && !inQuery);
  signatureRefusals.twice.when(header !== undefined && inQuery);
  return header === undefined ? fromQuery(query, defaultExpiresSeconds) : fromHeader(header, headers, query);
}

function fromHeader(
  header: string,
  headers: ReadonlyMap<string, string>,
  query: ReadonlyMap<string, string>,
): Authorization {
  const algorithm = /^\S*/.exec(header)?.[0] ?? "";
  // A bearer token is not a signature. A scheme that starts with AWS is an invalid one.
  signatureRefusals.missing.when(!algorithm.startsWith("AWS"));
  signatureRefusals.algorithm.when(algorithm !== supportedAlgorithm, algorithm);
  const parts = new Map<string, string>();
  for (const part of header.slice(algorithm.length).split(",")) {
    const [, name = "", value = ""] = /^\s*(\w+)=(\S*)\s*$/.exec(part) ?? [];
    signatureRefusals.parameters.when(name === "" || parts.has(name));
    parts.set(name, value);
  }
  const date = headers.get("x-amz-date") ?? query.get("X-Amz-Date") ?? fromHttpDate(headers.get("date"));
  signatureRefusals.noDate.when(date === undefined, "'X-Amz-Date' or 'Date' header");
  const authorization = complete("header", parts, date ?? "");
  // Every x-amz header must be signed, including x-amz-date. So must a Date header in its place.
  const standsIn = !headers.has("x-amz-date") && !query.has("X-Amz-Date");
  signatureRefusals.unsignedDate.when(standsIn && !authorization.signedHeaders.includes("date"));
  return {
    ...authorization,
    sessionToken: headers.get("x-amz-security-token") ?? query.get("X-Amz-Security-Token"),
  };
}

function fromQuery(
  query: ReadonlyMap<string, string>,
  defaultExpiresSeconds: number | undefined,
): Authorization {
  const algorithm = query.get("X-Amz-Algorithm");
  signatureRefusals.algorithm.when(algorithm !== supportedAlgorithm, algorithm ?? "");
  const date = query.get("X-Amz-Date");
  signatureRefusals.noDate.when(date === undefined, "'X-Amz-Date' parameter");
  const expires = query.get("X-Amz-Expires");
  const expiresSeconds = expires === undefined ? (defaultExpiresSeconds ?? 0) : wholeNumber(expires);
  signatureRefusals.expires.when(expiresSeconds <= 0 || expiresSeconds > 604_800);
  const parts = new Map(
    ["Credential", "SignedHeaders", "Signature"].map((name) => [name, query.get(`X-Amz-${name}`) ?? ""]),
  );
  return {
    ...complete("query", parts, date ?? ""),
    sessionToken: query.get("X-Amz-Security-Token"),
    expiresSeconds,
  };
}

function complete(
  source: Authorization["source"],
  parts: ReadonlyMap<string, string>,
  amzDate: string,
): Authorization {
  for (const name of ["Credential", "SignedHeaders", "Signature"]) {
    signatureRefusals.parameter.when(!parts.get(name), name);
  }
  const [accessKeyId = "", scopeDate = "", region = "", service = "", ...rest] = (
    parts.get("Credential") ?? ""
  ).split("/");
  const isScope = accessKeyId && scopeDate && region && service && rest.join("/") === "aws4_request";
  signatureRefusals.credential.when(!isScope);
  const signature = parts.get("Signature") ?? "";
  signatureRefusals.hexadecimal.when(!/^[0-9a-f]{64}$/.test(signature));
  const signedHeaders = (parts.get("SignedHeaders") ?? "").split(";");
  const isCanonical = signedHeaders.every((name, i) => {
    const previous = signedHeaders[i - 1];
    return name !== "" && name === name.toLowerCase() && (previous === undefined || previous < name);
  });
  signatureRefusals.headerNames.when(!isCanonical);
  const date = signatureRefusals.date.unless(fromAmzDate(amzDate));
  return {
    source,
    accessKeyId,
    scopeDate,
    region,
    service,
    signedHeaders,
    signature,
    date,
    amzDate,
    sessionToken: undefined,
    expiresSeconds: undefined,
  };
}

function wholeNumber(text: string): number {
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

const noParameters: ReadonlyMap<string, string> = new Map<string, string>();

const supportedAlgorithm = "AWS4-HMAC-SHA256";

function fromAmzDate(text: string): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(iso);
  // "20150231" would roll over into March.
  return Number.isNaN(date.getTime()) || date.toISOString() !== iso ? undefined : date;
}

/** Some signers send an RFC 9110 Date instead of x-amz-date. */
function fromHttpDate(text: string | undefined): string | undefined {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : toAmzDate(date);
}

export function toAmzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, "");
}
