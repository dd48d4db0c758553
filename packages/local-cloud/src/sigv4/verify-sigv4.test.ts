import { createHash, createHmac, randomBytes } from "node:crypto";

import { SignatureV4 } from "@smithy/signature-v4";
import * as fc from "fast-check";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { describe, expect, it } from "vitest";

import { createSessions } from "../iam/sessions.ts";
import { Sha256 } from "../../test/sha256.ts";
import { type SigV4Expectations, type SigV4Result, verifySigV4 } from "./verify-sigv4.ts";
import { parseRequest, type WireRequest } from "./wire-request.ts";

const signedAt = new Date("2026-03-01T23:59:58Z");
const role = {
  arn: "arn:aws:iam::123456789012:role/authenticated",
  roleName: "authenticated",
  roleId: "AROAEXAMPLEEXAMPLE123",
};
const sessions = createSessions({ now: () => signedAt });
const credentials = sessions.issue({
  role,
  sessionName: "CognitoIdentityCredentials",
  durationSeconds: 3600,
});

interface Verification extends Pick<SigV4Expectations, "signedToken" | "defaultExpiresSeconds"> {
  at?: Date;
  service?: string;
  region?: string;
  known?: typeof sessions;
}

function verify(
  request: WireRequest,
  {
    at = signedAt,
    service = "execute-api",
    region = "us-east-1",
    known = sessions,
    ...others
  }: Verification = {},
): SigV4Result {
  return verifySigV4(parseRequest(request), {
    service,
    region,
    now: () => at,
    sessions: known,
    uriEscapePath: service !== "s3",
    ...others,
  });
}

/* ── A separate signer, written after the AWS page, over the wire's bytes ─────────────────────────────────── */

interface Signer {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

interface SigningOptions {
  date?: Date;
  region?: string;
  service?: string;
  signer?: Signer;
  /** Header names to leave unsigned. */
  unsigned?: string[];
  scopeDate?: string;
}

interface Unsigned {
  method: string;
  path: string;
  query?: string;
  headers?: [string, string][];
  body?: string | Buffer;
}

const encode = (text: string | Buffer): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");

const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const tail = path.endsWith("/") && segments.length > 0 ? "/" : "";
  return `/${segments.map(encode).join("/")}${tail}`;
}

/** Percent-decoded, without a text in between. */
function bytesOf(part: string): Buffer {
  return Buffer.concat(
    part
      .split(/(%[0-9A-Fa-f]{2})/)
      .map((piece) =>
        /^%[0-9A-Fa-f]{2}$/.test(piece) ? Buffer.from(piece.slice(1), "hex") : Buffer.from(piece),
      ),
  );
}

function canonicalQuery(query: string): string {
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [name, value.join("=")].map((part) => encode(bytesOf(part.replaceAll("+", " "))));
    })
    .map(([name, value]) => `${name} ${value}`)
    .toSorted()
    .map((pair) => pair.replace(" ", "="))
    .join("&");
}

function sign(unsigned: Unsigned, options: SigningOptions = {}): WireRequest {
  const { method, path, query = "", headers = [], body = "" } = unsigned;
  const { date = signedAt, region = "us-east-1", service = "execute-api", signer = credentials } = options;
  const amzDate = date.toISOString().replace(/[-:]|\.\d+/g, "");
  const all: [string, string][] = [["Host", "api.example:4568"], ...headers, ["X-Amz-Date", amzDate]];
  if (signer.sessionToken !== undefined) all.push(["X-Amz-Security-Token", signer.sessionToken]);
  const byName = new Map<string, string[]>();
  for (const [name, value] of all) {
    if (options.unsigned?.includes(name.toLowerCase()) === true) continue;
    const values = byName.get(name.toLowerCase()) ?? [];
    byName.set(name.toLowerCase(), [...values, value.trim().replace(/ +/g, " ")]);
  }
  const names = [...byName.keys()].toSorted();
  const canonicalRequest = [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${byName.get(name)?.join(",") ?? ""}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
  const scopeDate = options.scopeDate ?? amzDate.slice(0, 8);
  const scope = [scopeDate, region, service, "aws4_request"].join("/");
  const stringToSign = ["AWS4-HMAC-SHA256", amzDate, scope, sha256(canonicalRequest)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${signer.secretAccessKey}`);
  all.push([
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=${signer.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, ` +
      `Signature=${hmac(key, stringToSign).toString("hex")}`,
  ]);
  return wire(method, query === "" ? path : `${path}?${query}`, all, body);
}

const flip = (hex: string): string => (hex === "0" ? "1" : "0");
const toWire = (characters: string): string => Buffer.from(characters).toString("latin1");

/** Like node:http, with one character for each byte. */
function wire(
  method: string,
  rawUrl: string,
  headers: [string, string][],
  body: string | Buffer,
): WireRequest {
  return { method, rawUrl: toWire(rawUrl), rawHeaders: headers.flat().map(toWire), body: Buffer.from(body) };
}

function withHeader(
  request: WireRequest,
  name: string,
  change: (value: string) => string | undefined,
): WireRequest {
  const rawHeaders: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [header = "", value = ""] = request.rawHeaders.slice(i, i + 2);
    const changed = header.toLowerCase() === name ? change(value) : value;
    if (changed !== undefined) rawHeaders.push(header, changed);
  }
  return { ...request, rawHeaders };
}

const signedGet = sign({ method: "GET", path: "/private", query: "a=1" });

/* ── Requests of two other signers are accepted, and refused after any change ─────────────────────────── */

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("", "__proto__", "a b", "*'()!~", "a+b", "50%", "é€😀", "a/b", "..", "X-Amz-Date2"),
);
const segment = fc.oneof(
  text.map(encode),
  fc.constantFrom("", ".", "..", "%2F", "a%2fb", "%25", "%ZZ", "*'()!~", "a+b"),
);
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
const parameter = fc
  .tuple(text, fc.option(text, { nil: undefined }))
  .map(([name, value]) => (value === undefined ? encode(name) : `${encode(name)}=${encode(value)}`));
const query = fc.array(parameter, { maxLength: 5 }).map((parameters) => parameters.join("&"));
const headerValue = fc.array(fc.constantFrom("a", " ", "  ", '"', ",", "é", "\t", "=", "Z9"), {
  maxLength: 8,
});
const headers = fc.dictionary(
  fc.constantFrom("Accept", "Content-Type", "X-Custom", "X-Amz-Meta-Note", "Cookie"),
  headerValue.map((parts) => parts.join("").replaceAll("\t", " ").trim()),
);
const request = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
  path,
  query,
  headers: headers.map((values) => Object.entries(values)),
  body: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
});

describe("a request signed by another implementation", () => {
  it("is accepted when signed as the AWS page describes", () => {
    fc.assert(
      fc.property(request, (unsigned) => {
        expect(verify(sign(unsigned))).toMatchObject({ ok: true });
      }),
      { numRuns: testRuns(37) },
    );
  });

  it("is accepted when the AWS SDK signed it, in the header or as a presigned URL", async () => {
    const signer = new SignatureV4({
      credentials,
      region: "us-east-1",
      service: "execute-api",
      sha256: Sha256,
    });
    await fc.assert(
      fc.asyncProperty(request, fc.boolean(), async (unsigned, presigned) => {
        // Without a prototype, because a parameter may be named `toString`.
        const bag = Object.create(null) as Record<string, string[]>;
        for (const [name, value] of new URLSearchParams(unsigned.query)) {
          // The SDK's canonical query cannot hold this name.
          if (name !== "__proto__") (bag[name] ??= []).push(value);
        }
        const toSign = {
          method: unsigned.method,
          protocol: "https:",
          hostname: "api.example",
          path: unsigned.path,
          query: bag,
          headers: { host: "api.example", ...Object.fromEntries(unsigned.headers) },
          body: unsigned.body,
        };
        const signed = presigned
          ? await signer.presign(toSign, { signingDate: signedAt, expiresIn: 60 })
          : await signer.sign(toSign, { signingDate: signedAt });
        const rawQuery = Object.entries(signed.query ?? {})
          .flatMap(([name, values]) =>
            [values ?? ""].flat().map((value) => `${encode(name)}=${encode(value)}`),
          )
          .join("&");
        const sent = wire(
          signed.method,
          `${signed.path}?${rawQuery}`,
          Object.entries(signed.headers),
          unsigned.body,
        );
        expect(verify(sent)).toMatchObject({ ok: true });
      }),
      { numRuns: testRuns(25) },
    );
  });

  it("is refused after any single change", () => {
    const changes: Record<string, (signed: WireRequest) => WireRequest> = {
      method: (signed) => ({ ...signed, method: signed.method === "GET" ? "POST" : "GET" }),
      path: (signed) => ({ ...signed, rawUrl: signed.rawUrl.replace(/^[^?]*/, (before) => `${before}x`) }),
      query: (signed) => ({
        ...signed,
        rawUrl: `${signed.rawUrl}${signed.rawUrl.includes("?") ? "&" : "?"}added=1`,
      }),
      host: (signed) => withHeader(signed, "host", (value) => `${value}9`),
      header: (signed) => withHeader(signed, "x-signed", (value) => `${value}!`),
      "header repeated": (signed) => ({ ...signed, rawHeaders: [...signed.rawHeaders, "X-Signed", "again"] }),
      "header missing": (signed) => withHeader(signed, "x-signed", () => undefined),
      "unsigned x-amz header": (signed) => ({
        ...signed,
        rawHeaders: [...signed.rawHeaders, "X-Amz-Added", "1"],
      }),
      body: (signed) => ({ ...signed, body: Buffer.concat([signed.body, Buffer.from("x")]) }),
      "access key": (signed) =>
        withHeader(signed, "authorization", (value) =>
          value.replace(/ASIA./, (id) => `ASIA${id[4] === "A" ? "B" : "A"}`),
        ),
      signature: (signed) => withHeader(signed, "authorization", (value) => value.replace(/.$/, flip)),
      date: (signed) => withHeader(signed, "x-amz-date", (value) => value.replace("58Z", "59Z")),
      token: (signed) =>
        withHeader(signed, "x-amz-security-token", (value) =>
          value.replace(/^./, (c) => (c === "A" ? "B" : "A")),
        ),
      "token missing": (signed) => withHeader(signed, "x-amz-security-token", () => undefined),
    };
    fc.assert(
      fc.property(request, fc.constantFrom(...Object.keys(changes)), (unsigned, change) => {
        const signed = sign({ ...unsigned, headers: [...unsigned.headers, ["X-Signed", "yes"]] });
        const changed = changes[change]?.(signed);
        expect(changed).not.toEqual(signed);
        expect(verify(signed)).toMatchObject({ ok: true });
        expect(verify(changed ?? signed)).toMatchObject({ ok: false });
      }),
      { numRuns: testRuns(50) },
    );
  });
});

/* ── Refusals ──────────────────────────────────────────────────────────────────────────────────────── */

describe("verifySigV4 refuses", () => {
  const refusals: [string, () => WireRequest, Verification, string][] = [
    ["an unsigned request", () => wire("GET", "/", [["Host", "h"]], ""), {}, "MissingAuthenticationToken"],
    [
      "a bearer token",
      () =>
        wire(
          "GET",
          "/",
          [
            ["Host", "h"],
            ["Authorization", "Bearer abc"],
          ],
          "",
        ),
      {},
      "MissingAuthenticationToken",
    ],
    [
      "another algorithm",
      () => withHeader(signedGet, "authorization", (value) => value.replace("SHA256", "SHA1")),
      {},
      "IncompleteSignature",
    ],
    [
      "an Authorization header without a signature",
      () => withHeader(signedGet, "authorization", (value) => value.replace(/, Signature=.*/, "")),
      {},
      "IncompleteSignature",
    ],
    [
      "a date that does not exist",
      () => withHeader(signedGet, "x-amz-date", () => "20260231T000000Z"),
      {},
      "IncompleteSignature",
    ],
    ["no date", () => withHeader(signedGet, "x-amz-date", () => undefined), {}, "IncompleteSignature"],
    [
      "a presigned URL with a too long validity",
      () =>
        wire(
          "GET",
          "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260301T235958Z&X-Amz-Expires=604801",
          [],
          "",
        ),
      {},
      "IncompleteSignature",
    ],
    [
      "an unknown key",
      () =>
        sign(
          { method: "GET", path: "/" },
          { signer: { ...credentials, accessKeyId: "ASIAAAAAAAAAAAAAAAAA" } },
        ),
      {},
      "InvalidClientTokenId",
    ],
    [
      "a key of another local cloud",
      () =>
        sign(
          { method: "GET", path: "/" },
          {
            signer: createSessions({ now: () => signedAt }).issue({
              role,
              sessionName: "s",
              durationSeconds: 3600,
            }),
          },
        ),
      {},
      "InvalidClientTokenId",
    ],
    [
      "a missing session token",
      () => sign({ method: "GET", path: "/" }, { signer: { ...credentials, sessionToken: undefined } }),
      {},
      "InvalidClientTokenId",
    ],
    [
      "the session token of another key",
      () => {
        const { sessionToken } = sessions.issue({ role, sessionName: "other", durationSeconds: 3600 });
        return sign({ method: "GET", path: "/" }, { signer: { ...credentials, sessionToken } });
      },
      {},
      "InvalidClientTokenId",
    ],
    [
      "an unsigned session token",
      () => sign({ method: "GET", path: "/" }, { unsigned: ["x-amz-security-token"] }),
      {},
      "SignatureDoesNotMatch",
    ],
    [
      "an unsigned session token of another key",
      () => {
        const { sessionToken } = sessions.issue({ role, sessionName: "other", durationSeconds: 3600 });
        return sign(
          { method: "GET", path: "/" },
          { signer: { ...credentials, sessionToken }, unsigned: ["x-amz-security-token"] },
        );
      },
      { signedToken: "optional" },
      "InvalidClientTokenId",
    ],
    [
      "another unsigned x-amz header",
      () =>
        sign(
          { method: "GET", path: "/", headers: [["X-Amz-Meta", "1"]] },
          { unsigned: ["x-amz-meta", "x-amz-security-token"] },
        ),
      { signedToken: "optional" },
      "SignatureDoesNotMatch",
    ],
    [
      "bytes that are not UTF-8 and were signed as U+FFFD",
      () => ({ ...sign({ method: "GET", path: "/", query: "a=%EF%BF%BD" }), rawUrl: "/?a=%FF" }),
      {},
      "SignatureDoesNotMatch",
    ],
    [
      "a wrong secret",
      () =>
        sign(
          { method: "GET", path: "/" },
          { signer: { ...credentials, secretAccessKey: randomBytes(30).toString("base64") } },
        ),
      {},
      "SignatureDoesNotMatch",
    ],
    [
      "a signature older than five minutes",
      () => signedGet,
      { at: new Date(signedAt.getTime() + 301_000) },
      "RequestExpired",
    ],
    [
      "a signature from the future",
      () => signedGet,
      { at: new Date(signedAt.getTime() - 301_000) },
      "RequestExpired",
    ],
    ["another service", () => signedGet, { service: "sts" }, "SignatureDoesNotMatch"],
    ["another region", () => signedGet, { region: "eu-west-1" }, "SignatureDoesNotMatch"],
    [
      "a scope of another day",
      () => sign({ method: "GET", path: "/" }, { scopeDate: "20260302" }),
      {},
      "SignatureDoesNotMatch",
    ],
    [
      "signed headers without host",
      () => sign({ method: "GET", path: "/" }, { unsigned: ["host"] }),
      {},
      "SignatureDoesNotMatch",
    ],
    [
      "a payload hash that does not match the body",
      () =>
        sign({
          method: "POST",
          path: "/",
          headers: [["X-Amz-Content-Sha256", sha256("other")]],
          body: "body",
        }),
      {},
      "SignatureDoesNotMatch",
    ],
    [
      "UNSIGNED-PAYLOAD outside S3",
      () =>
        sign({
          method: "POST",
          path: "/",
          headers: [["X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"]],
          body: "body",
        }),
      {},
      "SignatureDoesNotMatch",
    ],
  ];

  it.each(refusals)("%s", (_name, createRequest, verification, code) => {
    expect(verify(createRequest(), verification)).toMatchObject({ ok: false, code });
  });

  it("an expired session with a fresh signature", () => {
    let time = signedAt;
    const known = createSessions({ now: () => time });
    const signer = known.issue({ role, sessionName: "s", durationSeconds: 900 });
    time = new Date(signedAt.getTime() + 900_000);
    const late = sign({ method: "GET", path: "/" }, { signer, date: time });
    expect(verify(late, { known, at: time })).toMatchObject({
      ok: false,
      code: "ExpiredToken",
    });
    time = new Date(time.getTime() - 1000);
    expect(verify(late, { known, at: time })).toMatchObject({ ok: true });
  });
});

/** A presigned URL, whose query also holds what was added after signing. */
function presign(signedQuery: string, added: string): WireRequest {
  const parameters = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    `X-Amz-Credential=${credentials.accessKeyId}%2F20260301%2Fus-east-1%2Fexecute-api%2Faws4_request`,
    "X-Amz-Date=20260301T235958Z",
    "X-Amz-SignedHeaders=host",
  ].join("&");
  const wireQuery = [parameters, signedQuery].filter(Boolean).join("&");
  const canonicalRequest = ["GET", "/", canonicalQuery(wireQuery), "host:h", "", "host", sha256("")].join(
    "\n",
  );
  const scope = ["20260301", "us-east-1", "execute-api", "aws4_request"];
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    "20260301T235958Z",
    scope.join("/"),
    sha256(canonicalRequest),
  ].join("\n");
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, stringToSign).toString("hex");
  return wire("GET", `/?${wireQuery}&X-Amz-Signature=${signature}${added}`, [["Host", "h"]], "");
}

it("verifySigV4 refuses a token or a signature that was added to what is signed", () => {
  const token = `X-Amz-Security-Token=${encodeURIComponent(credentials.sessionToken)}`;
  const inHeader = sign({ method: "GET", path: "/" });
  const signedToken = presign(`X-Amz-Expires=60&${token}`, "");
  const unsignedToken = presign("X-Amz-Expires=60", `&${token}`);
  const added = [
    { ...inHeader, rawUrl: "/?X-Amz-Security-Token=x" },
    { ...signedToken, rawUrl: `${signedToken.rawUrl}&${token}` },
    { ...unsignedToken, rawUrl: unsignedToken.rawUrl.replace("?", "?X-Amz-Security-Token=x&") },
    { ...signedToken, rawUrl: signedToken.rawUrl.replace("?", "?X-Amz-Signature=x&") },
    { ...signedToken, rawHeaders: [...signedToken.rawHeaders, "X-Amz-Security-Token", "x"] },
  ];
  for (const sent of added)
    expect(verify(sent, { signedToken: "optional" }), sent.rawUrl).toMatchObject({ ok: false });
});

describe("verifySigV4 accepts", () => {
  const token = `X-Amz-Security-Token=${encodeURIComponent(credentials.sessionToken)}`;

  it("a session token that was sent but not signed, when told to", () => {
    const inHeader = sign({ method: "GET", path: "/" }, { unsigned: ["x-amz-security-token"] });
    const inQuery = presign("X-Amz-Expires=60", `&${token}`);
    for (const sent of [inHeader, inQuery]) {
      expect(verify(sent, { signedToken: "optional" })).toMatchObject({ ok: true });
      expect(verify(sent)).toMatchObject({ ok: false });
    }
  });

  it("a presigned URL without X-Amz-Expires for as long as it is told to", () => {
    const sent = presign(token, "");
    expect(verify(sent)).toMatchObject({ ok: false, code: "IncompleteSignature" });
    for (const [seconds, ok] of [
      [0, true],
      [900, true],
      [901, false],
    ] as const) {
      const at = new Date(signedAt.getTime() + seconds * 1000);
      expect(verify(sent, { at, defaultExpiresSeconds: 900 })).toMatchObject({ ok });
    }
  });

  it.each(["a=%FF", "%C3=%28", "a=%EF%BF%BD", "a=%ff%2b"])("the bytes of the query %s", (bytes) => {
    expect(verify(sign({ method: "GET", path: "/", query: bytes }))).toMatchObject({ ok: true });
  });

  it("cookies in two headers, joined as in one", () => {
    const signed = sign({ method: "GET", path: "/", headers: [["Cookie", "a=1; b=2"]] });
    const rawHeaders = signed.rawHeaders.flatMap((item) =>
      item === "a=1; b=2" ? ["a=1", "Cookie", "b=2"] : item,
    );
    expect(rawHeaders).toHaveLength(signed.rawHeaders.length + 2);
    expect(verify({ ...signed, rawHeaders })).toMatchObject({ ok: true });
  });

  it("a clock that is five minutes off, either way", () => {
    for (const offset of [-300_000, 300_000]) {
      expect(verify(signedGet, { at: new Date(signedAt.getTime() + offset) })).toMatchObject({
        ok: true,
      });
    }
  });

  it("a plus sign that was signed as a space", () => {
    const signed = sign({ method: "GET", path: "/", query: "q=a%20b" });
    const plus = { ...signed, rawUrl: "/?q=a+b" };
    expect(verify(plus)).toMatchObject({ ok: true });
    expect(verify({ ...signed, rawUrl: "/?q=a%2Bb" })).toMatchObject({ ok: false });
  });

  it("a parameter without a name, whether it was signed or not", () => {
    const counted = sign({ method: "GET", path: "/", query: "a=1&=2" });
    expect(verify(counted)).toMatchObject({ ok: true });
    const leftOut = sign({ method: "GET", path: "/", query: "a=1" });
    expect(verify({ ...leftOut, rawUrl: "/?a=1&=2" })).toMatchObject({ ok: true });
  });

  it("unescaped paths and unsigned payloads for S3", async () => {
    const signer = new SignatureV4({
      credentials,
      region: "us-east-1",
      service: "s3",
      sha256: Sha256,
      uriEscapePath: false,
    });
    const signed = await signer.sign(
      {
        method: "PUT",
        protocol: "https:",
        hostname: "bucket",
        path: "/key%20with//slashes",
        query: {},
        headers: { host: "bucket", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
        body: "ignored",
      },
      { signingDate: signedAt },
    );
    const sent = wire("PUT", "/key%20with//slashes", Object.entries(signed.headers), "anything");
    expect(verify(sent, { service: "s3" })).toMatchObject({ ok: true });
  });

  it("a signed request, and returns the caller", () => {
    expect(verify(signedGet)).toEqual({
      ok: true,
      principal: {
        kind: "assumed-role",
        accessKeyId: credentials.accessKeyId,
        arn: "arn:aws:sts::123456789012:assumed-role/authenticated/CognitoIdentityCredentials",
        userId: "AROAEXAMPLEEXAMPLE123:CognitoIdentityCredentials",
        roleArn: role.arn,
        cognitoIdentity: undefined,
      },
    });
  });
});
