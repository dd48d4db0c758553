import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { typedRequests } from "@api-auth-twitter/test-support/signed-requests";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { describe, expect, it } from "vitest";
import { createSessions } from "../../../packages/local-cloud/src/iam/sessions.ts";
import { verifySigV4 } from "../../../packages/local-cloud/src/sigv4/verify-sigv4.ts";
import { parseRequest } from "../../../packages/local-cloud/src/sigv4/wire-request.ts";
import { failure } from "../../test/fakes/fake-environment.ts";
import type { Header } from "../http.ts";
import { amzDate, canonicalQuery, presignSigV4, type SigV4Request, signSigV4 } from "./sigv4.ts";

/* ── AWS's published examples (aws-sig-v4-test-suite; the keys are AWS's samples and open nothing) ──────────── */

const nowMs = Date.parse("2015-08-30T12:36:00Z");
const sample = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const sampleToken =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const form = "application/x-www-form-urlencoded";

interface Vector {
  name: string;
  method?: "POST";
  /** Of https://example.amazonaws.com. */
  target?: string;
  url?: string;
  service?: string;
  headers?: Header[];
  body?: string;
  sessionToken?: string;
  signedHeaders?: string;
  signature: string;
}

/**
 * All of the suite that a client of HTTP can send. Not `get-utf8` and `get-space`: their request lines hold raw UTF-8
 * and a raw space; what goes over the wire is `%E1%88%B4` and `%20`, which AWS encodes once more.
 */
const vectors: Vector[] = [
  { name: "get-vanilla", signature: vanilla },
  { name: "get-relative", target: "/example/..", signature: vanilla },
  { name: "get-relative-relative", target: "/example1/example2/../..", signature: vanilla },
  { name: "get-slash", target: "//", signature: vanilla },
  { name: "get-slash-dot-slash", target: "/./", signature: vanilla },
  {
    name: "get-slash-pointless-dot",
    target: "/./example",
    signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
  },
  {
    name: "get-slashes",
    target: "//example//",
    signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  },
  {
    name: "get-unreserved",
    target: `/${unreserved}`,
    signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  },
  {
    name: "get-vanilla-empty-query-key",
    target: "/?Param1=value1",
    signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  },
  {
    name: "get-vanilla-query-order-key",
    target: "/?Param1=value2&Param1=value1",
    signature: "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
  },
  {
    name: "get-vanilla-query-order-key-case",
    target: "/?Param2=value2&Param1=value1",
    signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
  {
    name: "get-vanilla-query-order-value",
    target: "/?Param1=value2&Param1=Value1",
    signature: "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
  },
  {
    name: "get-vanilla-query-unreserved",
    target: `/?${unreserved}=${unreserved}`,
    signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  },
  {
    name: "get-vanilla-utf8-query",
    target: "/?ሴ=bar",
    signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  },
  {
    name: "get-header-key-duplicate",
    headers: [
      ["My-Header1", "value2"],
      ["My-Header1", "value2"],
      ["My-Header1", "value1"],
    ],
    signedHeaders: "host;my-header1;x-amz-date",
    signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  },
  {
    name: "get-header-value-order",
    headers: [
      ["My-Header1", "value4"],
      ["My-Header1", "value1"],
      ["My-Header1", "value3"],
      ["My-Header1", "value2"],
    ],
    signedHeaders: "host;my-header1;x-amz-date",
    signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
  },
  {
    name: "get-header-value-trim",
    headers: [
      ["My-Header1", " value1"],
      ["My-Header2", ' "a   b   c"'],
    ],
    signedHeaders: "host;my-header1;my-header2;x-amz-date",
    signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
  {
    name: "post-vanilla",
    method: "POST",
    signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  },
  {
    name: "post-header-key-sort",
    method: "POST",
    headers: [["My-Header1", "value1"]],
    signedHeaders: "host;my-header1;x-amz-date",
    signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  },
  {
    name: "post-header-value-case",
    method: "POST",
    headers: [["My-Header1", "VALUE1"]],
    signedHeaders: "host;my-header1;x-amz-date",
    signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  },
  {
    name: "post-sts-header-before",
    method: "POST",
    sessionToken: sampleToken,
    signedHeaders: "host;x-amz-date;x-amz-security-token",
    signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  },
  {
    name: "post-vanilla-query",
    method: "POST",
    target: "/?Param1=value1",
    signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
  },
  {
    name: "post-x-www-form-urlencoded",
    method: "POST",
    headers: [["Content-Type", form]],
    body: "Param1=value1",
    signedHeaders: "content-type;host;x-amz-date",
    signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  },
  {
    name: "post-x-www-form-urlencoded-parameters",
    method: "POST",
    headers: [["Content-Type", `${form}; charset=utf8`]],
    body: "Param1=value1",
    signedHeaders: "content-type;host;x-amz-date",
    signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
  },
  {
    name: "ListUsers of the IAM user guide",
    url: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
    service: "iam",
    headers: [["Content-Type", `${form}; charset=utf-8`]],
    signedHeaders: "content-type;host;x-amz-date",
    signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  },
];

describe("AWS's published signatures", () => {
  it.each(vectors)("$name", async ({ method = "GET", target = "/", service = "service", ...vector }) => {
    const signed = await signSigV4(
      {
        method,
        url: new URL(vector.url ?? `https://example.amazonaws.com${target}`),
        headers: vector.headers ?? [],
        body: vector.body === undefined ? undefined : Buffer.from(vector.body),
      },
      {
        credentials: {
          ...sample,
          ...(vector.sessionToken === undefined ? {} : { sessionToken: vector.sessionToken }),
        },
        region: "us-east-1",
        service,
        nowMs,
      },
    );
    expect(signed.signature).toBe(vector.signature);
    expect(signed.signedHeaders).toBe(vector.signedHeaders ?? "host;x-amz-date");
    expect(signed.headers).toContainEqual([
      "Authorization",
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, ` +
        `SignedHeaders=${signed.signedHeaders}, Signature=${vector.signature}`,
    ]);
  });

  it("returns the intermediates of the IAM user guide", async () => {
    const { canonicalRequest, stringToSign, credentialScope } = await signSigV4(
      {
        method: "GET",
        url: new URL("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"),
        headers: [["Content-Type", `${form}; charset=utf-8`]],
      },
      { credentials: sample, region: "us-east-1", service: "iam", nowMs },
    );
    expect(canonicalRequest.split("\n")).toEqual([
      "GET",
      "/",
      "Action=ListUsers&Version=2010-05-08",
      "content-type:application/x-www-form-urlencoded; charset=utf-8",
      "host:iam.amazonaws.com",
      "x-amz-date:20150830T123600Z",
      "",
      "content-type;host;x-amz-date",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]);
    expect(stringToSign.split("\n")).toEqual([
      "AWS4-HMAC-SHA256",
      "20150830T123600Z",
      "20150830/us-east-1/iam/aws4_request",
      "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
    ]);
    expect(credentialScope).toBe("20150830/us-east-1/iam/aws4_request");
  });
});

/* ── The traps of API Gateway ────────────────────────────────────────────────────────────────────────────────── */

const sign = (request: Partial<SigV4Request> & { url: URL }) =>
  signSigV4(
    { method: "GET", headers: [], ...request },
    { credentials: sample, region: "us-east-1", service: "execute-api", nowMs },
  );

const hostLine = async (url: string): Promise<string | undefined> =>
  (await sign({ url: new URL(url) })).canonicalRequest.split("\n")[3];

const payloadHash = async (body?: Uint8Array): Promise<string | undefined> =>
  (await sign({ url: new URL("https://api.example/"), body })).canonicalRequest.split("\n").at(-1);

describe("the canonical request", () => {
  it.each([
    ["/a%20b", "/a%2520b"],
    ["/a b", "/a%2520b"],
    ["/a%2Fb", "/a%252Fb"],
    ["/a+b", "/a%2Bb"],
    ["/*'()!~", "/%2A%27%28%29%21~"],
    ["/100%", "/100%25"],
    ["/%zz", "/%25zz"],
    ["/✈", "/%25E2%259C%2588"],
    ["/a;b=1,c:d@e$f&g", "/a%3Bb%3D1%2Cc%3Ad%40e%24f%26g"],
  ])("encodes the path %s again, as %s", async (path, canonical) => {
    const { canonicalRequest } = await sign({ url: new URL(`https://api.example${path}`) });
    expect(canonicalRequest.split("\n")[1]).toBe(canonical);
  });

  it.each([
    ["", ""],
    ["?", ""],
    ["?a", "a="],
    ["?=1", "=1"],
    ["?a=1=2", "a=1%3D2"],
    ["?&&a=1&", "a=1"],
    ["?b=1&a=2&a=1&A=3", "A=3&a=1&a=2&b=1"],
    ["?a=%7e%2d%5F", "a=~-_"],
    ["?a=%e2%9c%88", "a=%E2%9C%88"],
    ["?a=%2B", "a=%2B"],
    ["?a=%zz", "a=%25zz"],
    ["?a=100%", "a=100%25"],
    ["?a=%ff", "a=%FF"],
    ["?a=*'()!", "a=%2A%27%28%29%21"],
    // `-` sorts before `=` and before letters: names are compared, not whole pairs.
    ["?a-b=1&a=2", "a=2&a-b=1"],
  ])("writes the query %j as %j", (query, canonical) => {
    expect(canonicalQuery(query)).toBe(canonical);
  });

  it("contains the port unless it is the default of the scheme", async () => {
    expect(await hostLine("http://127.0.0.1:4568/")).toBe("host:127.0.0.1:4568");
    expect(await hostLine("https://api.example:443/")).toBe("host:api.example");
    expect(await hostLine("http://[::1]:80/")).toBe("host:[::1]");
  });

  it("skips headers that proxies change, but sends them", async () => {
    const headers: Header[] = [
      ["User-Agent", "x"],
      ["Connection", "close"],
      ["X-Amzn-Trace-Id", "Root=1"],
      ["Transfer-Encoding", "chunked"],
      ["Content-Length", "3"],
      ["Accept", "*/*"],
    ];
    const signed = await sign({ url: new URL("https://api.example/"), headers });
    expect(signed.signedHeaders).toBe("accept;host;x-amz-date");
    expect(signed.headers.slice(0, headers.length)).toEqual(headers);
  });

  it("hashes binary bodies", async () => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(await payloadHash()).toBe(empty);
    expect(await payloadHash(Buffer.alloc(0))).toBe(empty);
    expect(await payloadHash(Buffer.from([0, 255, 10]))).toBe(
      // printf '\0\377\n' | sha256sum
      "712450d3c4a79eea9509e75dc1dacdeff58034df538536cfae2da882bd8a0c50",
    );
  });

  it("joins the values of a repeated header", async () => {
    const { headers } = await sign({
      url: new URL("https://api.example/"),
      headers: [
        ["X-One", " a "],
        ["X-Two", "b"],
        ["x-one", "c  d"],
        ["Cookie", "a=1"],
        ["cookie", "b=2; c=3"],
      ],
    });
    expect(headers.slice(0, 3)).toEqual([
      ["X-One", "a,c  d"],
      ["X-Two", "b"],
      ["Cookie", "a=1; b=2; c=3"],
    ]);
  });
});

describe("headers that cannot be signed", () => {
  it.each([
    ["Host", "evil.example"],
    ["authorization", "Basic x"],
    ["X-Amz-Date", "20150830T123600Z"],
    ["x-amz-security-token", "t"],
    ["X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"],
    ["Bad Name", "x"],
    ["", "x"],
    ["X-Name", "a\r\nX-Injected: 1"],
    ["X-Name", "naïve"],
  ])("rejects %j: %j", async (name, value) => {
    const error = await failure(() =>
      sign({ url: new URL("https://api.example/"), headers: [[name, value]] }),
    );
    expect(error.code).toBe("invalid-usage");
    expect(error.fix).toBeDefined();
    expect(error.message).not.toContain("Injected");
  });
});

it("writes times as AWS does", () => {
  expect(amzDate(Date.parse("2015-08-30T12:36:00.789Z"))).toBe("20150830T123600Z");
  expect(amzDate(Date.parse("2026-01-02T03:04:05Z"))).toBe("20260102T030405Z");
});

/* ── An independent verifier checks every signature from the bytes of the wire ──────────────────────────── */

const clock = new Date("2026-03-01T12:00:00Z");
const sessions = createSessions({ now: () => clock });
const issued = sessions.issue({
  role: { arn: "arn:aws:iam::123456789012:role/auth", roleName: "auth", roleId: "AROAEXAMPLEEXAMPLE123" },
  sessionName: "CognitoIdentityCredentials",
  durationSeconds: 3600,
});

describe("the local cloud's verifier", () => {
  it("accepts every signature, and rejects it after a change to body, path or query", async () => {
    await fc.assert(
      fc.asyncProperty(
        typedRequests(["https://abc123.execute-api.us-east-1.amazonaws.com", "http://127.0.0.1:4568"]),
        async ({ method, url, headers, body }) => {
          const signing = {
            credentials: issued,
            region: "us-east-1",
            service: "execute-api",
            nowMs: clock.getTime(),
          };
          const signed = await signSigV4({ method, url, headers, body }, signing);
          const wire = {
            method,
            rawUrl: url.pathname + url.search,
            rawHeaders: ["Host", url.host, ...signed.headers.flat()],
            body: body ?? Buffer.alloc(0),
          };
          const expectations = {
            service: "execute-api",
            region: "us-east-1",
            now: () => clock,
            sessions,
          };
          expect(verifySigV4(parseRequest(wire), expectations)).toMatchObject({ ok: true });
          const presigned = await presignSigV4({ method, url, body }, signing);
          const inQuery = {
            ...wire,
            rawUrl: presigned.pathname + presigned.search,
            rawHeaders: ["Host", url.host],
          };
          expect(verifySigV4(parseRequest(inQuery), expectations)).toMatchObject({ ok: true });
          const changed = [
            { ...inQuery, rawUrl: `${inQuery.rawUrl}&x` },
            { ...inQuery, rawHeaders: ["Host", "other.example"] },
            { ...wire, body: Buffer.concat([wire.body, Buffer.from("x")]) },
            { ...wire, rawUrl: `${url.pathname}x${url.search}` },
            { ...wire, rawUrl: `${url.pathname}${url.search === "" ? "?" : `${url.search}&`}x` },
            { ...wire, method: method === "GET" ? "POST" : "GET" },
          ];
          for (const other of changed) {
            expect(verifySigV4(parseRequest(other), expectations)).toMatchObject({ ok: false });
          }
        },
      ),
      { numRuns: testRuns(50) },
    );
  });
});
