import { SignatureV4 } from "@smithy/signature-v4";
import { createSessions } from "../../src/iam/sessions.ts";
import type { signatureRefusals } from "../../src/sigv4/signature-refusals.ts";
import { verifySigV4 } from "../../src/sigv4/verify-sigv4.ts";
import { parseRequest } from "../../src/sigv4/wire-request.ts";
import { Sha256 } from "../sha256.ts";
import type { RefusalCase, RefusalCases } from "./refusal-case.ts";

const signedAt = new Date("2026-03-01T12:00:00Z");
const day = 24 * 3600;
let clock = signedAt;
const sessions = createSessions({ now: () => clock });
const role = { arn: "arn:aws:iam::123456789012:role/users", roleName: "users", roleId: "AROAEXAMPLE" };
const credentials = sessions.issue({ role, sessionName: "user", durationSeconds: day });

type Headers = Record<string, string>;

/** Signs `GET /private`, the token included. */
async function sign(scope: { service?: string; region?: string } = {}): Promise<Headers> {
  const signer = new SignatureV4({
    service: "execute-api",
    region: "us-east-1",
    ...scope,
    sha256: Sha256,
    credentials,
  });
  const request = {
    method: "GET",
    protocol: "https:",
    hostname: "api.example",
    path: "/private",
    headers: { host: "api.example" },
  };
  return (await signer.sign(request, { signingDate: signedAt })).headers;
}

function verify(headers: Headers, query = "", now = signedAt): string {
  clock = now;
  const rawUrl = query === "" ? "/private" : `/private?${query}`;
  const request = parseRequest({
    method: "GET",
    rawUrl,
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.of(),
  });
  const result = verifySigV4(request, {
    service: "execute-api",
    region: "us-east-1",
    now: () => now,
    sessions,
  });
  return result.ok ? "accepted" : `${result.code}: ${result.message} ${result.detail ?? ""}`;
}

/** A signed request after a change of its headers. */
const refused = (says: string, change: (headers: Headers) => Headers): RefusalCase => ({
  says,
  run: async () => verify(change(await sign())),
});
/** With another Authorization header. */
const refusedAuthorization = (says: string, change: (value: string) => string): RefusalCase =>
  refused(says, (headers) => ({ ...headers, authorization: change(headers["authorization"] ?? "") }));
const refusedAt = (says: string, seconds: number): RefusalCase => ({
  says,
  run: async () => verify(await sign(), "", new Date(signedAt.getTime() + seconds * 1000)),
});

const presigned = (expires: string): string =>
  new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${credentials.accessKeyId}/20260301/us-east-1/execute-api/aws4_request`,
    "X-Amz-Date": "20260301T120000Z",
    "X-Amz-Expires": expires,
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "0".repeat(64),
  }).toString();

export const signatureCases: RefusalCases<typeof signatureRefusals> = {
  missing: refusedAuthorization("MissingAuthenticationToken", () => "Bearer token"),
  twice: {
    says: "only one of the Authorization header and query is allowed",
    run: async () => verify(await sign(), presigned("60")),
  },
  algorithm: refusedAuthorization("unsupported algorithm 'AWS4-HMAC-SHA1'", (value) =>
    value.replace("SHA256", "SHA1"),
  ),
  parameters: refusedAuthorization("malformed parameters", (value) => `${value}, Signature=0`),
  parameter: refusedAuthorization("requires 'Signature'", (value) => value.replace(/, Signature=.*/, "")),
  credential: refusedAuthorization("'Credential' is not", (value) => value.replace("/aws4_request", "/aws4")),
  hexadecimal: refusedAuthorization("'Signature' is not 64 hexadecimal digits", (value) =>
    value.replace(/Signature=../, "Signature="),
  ),
  headerNames: refusedAuthorization("'SignedHeaders' must be lower case, sorted", (value) =>
    value.replace("SignedHeaders=host;", "SignedHeaders=Host;host;"),
  ),
  noDate: refused("no 'X-Amz-Date' or 'Date' header", ({ "x-amz-date": _date, ...headers }) => headers),
  date: refused("date is not in the form 'yyyyMMddTHHmmssZ'", (headers) => ({
    ...headers,
    "x-amz-date": "2026-03-01T12:00:00Z",
  })),
  unsignedDate: refused("the 'Date' header is not signed", ({ "x-amz-date": _date, ...headers }) => ({
    ...headers,
    date: signedAt.toUTCString(),
  })),
  expires: {
    says: "'X-Amz-Expires' must be 1 to 604800 seconds",
    run: () => verify({ host: "api.example" }, presigned("604801")),
  },
  key: refused("InvalidClientTokenId: The security token included in the request is invalid.", (headers) => ({
    ...headers,
    "x-amz-security-token": "another",
  })),
  expiredToken: refusedAt("ExpiredToken: The security token included in the request is expired", day + 1),
  region: {
    says: "Credential should be scoped to a valid region, not 'eu-west-1'.",
    run: async () => verify(await sign({ region: "eu-west-1" })),
  },
  service: {
    says: "Credential should be scoped to correct service: 'execute-api'.",
    run: async () => verify(await sign({ service: "lambda" })),
  },
  scopeDate: refusedAuthorization("Date in Credential scope does not match YYYYMMDD", (value) =>
    value.replace("/20260301/", "/20260302/"),
  ),
  unsignedHost: refusedAuthorization("'Host' must be a 'SignedHeader'", (value) =>
    value.replace("SignedHeaders=host;", "SignedHeaders="),
  ),
  absentHeader: refused("'x-amz-content-sha256' is a 'SignedHeader' but was not sent.", (headers) => {
    const { "x-amz-content-sha256": _hash, ...others } = headers;
    return others;
  }),
  unsignedHeader: refused("'x-amz-meta' must be a 'SignedHeader'", (headers) => ({
    ...headers,
    "x-amz-meta": "1",
  })),
  old: refusedAt(
    "Signature expired: 20260301T120000Z is now earlier than 20260301T120001Z (20260301T120501Z - 5 min.)",
    301,
  ),
  early: refusedAt(
    "Signature not yet current: 20260301T120000Z is still later than 20260301T115959Z (20260301T115459Z + 5 min.)",
    -301,
  ),
  body: refused("The provided 'x-amz-content-sha256' header does not match the body.", (headers) => ({
    ...headers,
    "x-amz-content-sha256": "0".repeat(64),
  })),
  signature: refusedAuthorization("The request signature we calculated does not match", (value) =>
    value.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")),
  ),
};
