import { AwsV4Signer } from "aws4fetch";
import { AuthCliError } from "../errors.ts";
import type { Header, Intermediates } from "../http.ts";

/** Temporary credentials from AWS STS. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ISO 8601. */
  expiration: string;
}

/**
 * Whether keys, secret and token consist of the characters that AWS uses, base64 and its URL-safe form. Another
 * character may mean something to the shell or the terminal that they are printed for.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
 */
export function hasAwsCharacters(credentials: Omit<AwsCredentials, "expiration">): boolean {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return [accessKeyId, secretAccessKey, sessionToken].every((text) => /^[\w+/=-]+$/.test(text));
}

export interface SigV4Request {
  method: string;
  url: URL;
  headers: readonly Header[];
  body?: Uint8Array | undefined;
}

export interface SigV4Signing {
  credentials: Omit<AwsCredentials, "expiration" | "sessionToken"> & { sessionToken?: string };
  region: string;
  /** `execute-api` for API Gateway. */
  service: string;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** The signed headers, and the intermediates that explain a refusal. */
export interface SigV4Signature {
  /** All headers to send. */
  headers: Header[];
  canonicalRequest: string;
  stringToSign: string;
  /** `20150830/us-east-1/execute-api/aws4_request` */
  credentialScope: string;
  signedHeaders: string;
  signature: string;
}

/**
 * Not signed, because proxies and HTTP libraries add, change or drop these headers.
 * Content-Type is signed: it decides how the body is read.
 */
const unsigned = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "user-agent",
  "x-amzn-trace-id",
]);

/** The signature sets these headers. */
const reserved = new Set([
  "authorization",
  "host",
  "x-amz-date",
  "x-amz-security-token",
  "x-amz-content-sha256",
]);

/**
 * Signs a request with AWS Signature Version 4 in its headers. Always hashes the body, because API Gateway
 * rejects UNSIGNED-PAYLOAD.
 * @throws AuthCliError `invalid-usage` for a header that cannot be signed
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signSigV4(request: SigV4Request, signing: SigV4Signing): Promise<SigV4Signature> {
  const headers = mergeRepeated(request.headers);
  requireSignable(headers);

  const signer = new Signer(
    {
      method: request.method,
      url: request.url.href,
      headers: headers
        .filter(([name]) => !unsigned.has(name.toLowerCase()))
        .map(([name, value]) => [name, value]),
      body: request.body,
      ...signing.credentials,
      region: signing.region,
      service: signing.service,
      datetime: amzDate(signing.nowMs),
      allHeaders: true,
    },
    request.url.search,
  );
  return {
    headers: [
      ...headers,
      ["X-Amz-Date", signer.datetime],
      ...(signing.credentials.sessionToken === undefined
        ? []
        : [["X-Amz-Security-Token", signing.credentials.sessionToken] as const]),
      ["Authorization", await signer.authHeader()],
    ],
    canonicalRequest: await signer.canonicalString(),
    stringToSign: await signer.stringToSign(),
    credentialScope: signer.credentialString,
    signedHeaders: signer.signedHeaders,
    signature: await signer.signature(),
  };
}

/** aws4fetch's signer with the query string that API Gateway expects. */
class Signer extends AwsV4Signer {
  #canonicalRequest: Promise<string> | undefined;
  #stringToSign: Promise<string> | undefined;
  #signature: Promise<string> | undefined;

  /** @param search the query as it is sent */
  constructor(options: SignerOptions, search: string) {
    // aws4fetch decodes the query as a form, which drops nameless parameters and bytes that are not UTF-8.
    super({ ...options, url: options.url.replace(/[?#].*/s, ""), cache: signingKeys });
    this.encodedSearch = canonicalQuery(search);
  }

  /** Computed once, as the next two: aws4fetch would compute them again for each result. */
  override canonicalString(): Promise<string> {
    return (this.#canonicalRequest ??= super.canonicalString());
  }

  /** Most requests have no body. */
  override hexBodyHash(): Promise<string> {
    return this.body === undefined ? emptyHash : super.hexBodyHash();
  }

  override stringToSign(): Promise<string> {
    return (this.#stringToSign ??= super.stringToSign());
  }

  override signature(): Promise<string> {
    return (this.#signature ??= super.signature());
  }
}

/** SHA-256 of no bytes. */
const emptyHash = Promise.resolve("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/** The signing keys of a process, one for each day, region and service. */
const signingKeys = new Map<string, ArrayBuffer>();

type SignerOptions = ConstructorParameters<typeof AwsV4Signer>[0];

/**
 * Signs in the query of the URL (a presigned URL), for one minute. Signs no header but Host.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export async function presignSigV4(
  { method, url, body }: Omit<SigV4Request, "headers">,
  { credentials, region, service, nowMs }: SigV4Signing,
): Promise<URL> {
  const { accessKeyId, sessionToken } = credentials;
  const datetime = amzDate(nowMs);
  const parameters = [
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${accessKeyId}/${datetime.slice(0, 8)}/${region}/${service}/aws4_request`],
    ["X-Amz-Date", datetime],
    ["X-Amz-Expires", "60"],
    ...(sessionToken === undefined ? [] : [["X-Amz-Security-Token", sessionToken] as const]),
    ["X-Amz-SignedHeaders", "host"],
  ] as const;
  const added = parameters.map(([name, value]) => `${name}=${encodeQueryComponent(value)}`).join("&");
  const presigned = new URL(url);
  presigned.search = url.search === "" ? added : `${url.search}&${added}`;
  const signer = new Signer(
    {
      method,
      url: url.href,
      headers: [],
      body,
      accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      region,
      service,
      datetime,
      signQuery: true,
    },
    presigned.search,
  );
  presigned.search += `&X-Amz-Signature=${await signer.signature()}`;
  return presigned;
}

/** The values to compare with those that AWS computes. */
export function sigV4Intermediates(signature: SigV4Signature): Intermediates {
  return [
    ["canonical request", signature.canonicalRequest],
    ["string to sign", signature.stringToSign],
    ["credential scope", signature.credentialScope],
    ["signed headers", signature.signedHeaders],
  ];
}

/** `20150830T123600Z` */
export function amzDate(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
}

/**
 * The canonical path: without repeated slashes, and percent-encoded again (`%20` becomes `%2520`).
 * @param pathname as it is sent, in ASCII
 */
export function canonicalPath(pathname: string): string {
  return pathname
    .replaceAll(/\/+/g, "/")
    .replaceAll(
      /[^A-Za-z0-9\-._~/]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    );
}

/**
 * The canonical query string: each name and value percent-encoded, sorted by encoded name, then value.
 * Keeps nameless parameters and bytes that are not UTF-8.
 * @param search `?a=1&b`, or the empty string
 */
export function canonicalQuery(search: string): string {
  return search
    .replace(/^\?/, "")
    .split("&")
    .filter((parameter) => parameter !== "")
    .map((parameter) => {
      const equals = parameter.indexOf("=");
      const [name, value] =
        equals < 0 ? [parameter, ""] : [parameter.slice(0, equals), parameter.slice(equals + 1)];
      return [encodeQueryComponent(name), encodeQueryComponent(value)] as const;
    })
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/**
 * The query with the encoding of the canonical one and in its own order. A `+`, which means a space, becomes `%20`.
 * @param search `?a=1&b`
 */
export function encodeQuery(search: string): string {
  const encoded = search
    .slice(1)
    .split("&")
    .filter((parameter) => parameter !== "")
    .map((parameter) =>
      parameter.replaceAll("+", "%20").split(/=(.*)/s, 2).map(encodeQueryComponent).join("="),
    );
  return `?${encoded.join("&")}`;
}

/** Percent-encodes all but the unreserved characters (RFC 3986 2.3), in capitals, without encoding twice. */
export function encodeQueryComponent(component: string): string {
  return component.replace(/%[0-9a-f]{2}|[^A-Za-z0-9\-._~]/gi, (part) => {
    if (part.length === 3) {
      const character = String.fromCharCode(Number.parseInt(part.slice(1), 16));
      return /[A-Za-z0-9\-._~]/.test(character) ? character : part.toUpperCase();
    }
    return Array.from(
      Buffer.from(part),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join("");
  });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Joins the values of a repeated header with a comma and no space, as in the canonical request, and cookies with a
 * semicolon (RFC 9113 section 8.2.3). Otherwise a proxy could join them differently.
 */
export function mergeRepeated(headers: readonly Header[]): Header[] {
  const merged = new Map<string, [string, string]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const known = merged.get(key);
    if (known) known[1] += `${key === "cookie" ? "; " : ","}${value.trim()}`;
    else merged.set(key, [name, value.trim()]);
  }
  return [...merged.values()];
}

/**
 * Rejects headers before anything is sent.
 * @throws AuthCliError `invalid-usage` for a header that cannot be signed
 */
export function requireSignable(headers: readonly Header[]): void {
  for (const [name, value] of headers) checkHeader(name, value);
}

function checkHeader(name: string, value: string): void {
  if (reserved.has(name.toLowerCase())) {
    throw new AuthCliError("invalid-usage", {
      message: `the header ${name} cannot be set on a signed request`,
      cause: "the signature sets it",
      fix: `remove it, or send the request with --unsigned`,
    });
  }
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value)) {
    throw new AuthCliError("invalid-usage", {
      message: `the header ${JSON.stringify(name)} cannot be signed`,
      cause:
        "a header name has letters, digits and dashes, a value has printable ASCII characters (RFC 9110 5.5)",
      fix: "percent-encode or base64-encode the value",
    });
  }
}
