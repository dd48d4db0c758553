import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hmacSha1Signature } from "./hmac-signature.ts";
import { Nonces } from "./nonces.ts";
import { parseOAuthRequest, type WireRequest } from "./oauth-request.ts";
import { encodeForm, type Parameter, percentEncode } from "./percent-encode.ts";
import { baseStringUri, signatureBaseString } from "./signature-base-string.ts";
import { timestampWindowSeconds, verifyOAuthRequest } from "./verify-oauth-request.ts";

const nowSeconds = 1_700_000_000;
const token = { secret: "token secret &=%" };
const clientSecret = "client secret +";

function verify(request: WireRequest): unknown {
  return verifyOAuthRequest(parseOAuthRequest(request), {
    now: () => new Date(nowSeconds * 1000),
    nonces: new Nonces(timestampWindowSeconds),
    findClientSecret: (key) => (key === "key" ? clientSecret : undefined),
    findToken: () => token,
  });
}

const text = fc.string({ unit: "binary", maxLength: 12 });
const notOAuth = text.filter((name) => !name.startsWith("oauth_"));
const parameters = fc.array(fc.tuple(fc.oneof(notOAuth, fc.constantFrom("a", "b", "")), text), {
  maxLength: 6,
});
const path = fc
  .array(fc.constantFrom("a", "%20", "%2F", "/", "//", "*", "'", "(", ")", "!", "~", "%25", "+", ":", "@"))
  .map((parts) => `/${parts.join("")}`);

interface Sample {
  method: string;
  scheme: "http" | "https";
  host: string;
  path: string;
  query: Parameter[];
  form: Parameter[];
  nonce: string;
}

const sample: fc.Arbitrary<Sample> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
  scheme: fc.constantFrom("http", "https"),
  host: fc.constantFrom("127.0.0.1:4567", "Example.COM", "example.com:443", "example.com:80", "[::1]:8080"),
  path,
  query: parameters,
  form: parameters,
  nonce: text.filter((nonce) => nonce !== ""),
});

function sign({ method, scheme, host, path: signedPath, query, form, nonce }: Sample): WireRequest {
  const protocol: Parameter[] = [
    ["oauth_consumer_key", "key"],
    ["oauth_nonce", nonce],
    ["oauth_signature_method", "HMAC-SHA1"],
    ["oauth_timestamp", String(nowSeconds)],
    ["oauth_token", "token"],
  ];
  const uri = baseStringUri(scheme, host, signedPath);
  const baseString = signatureBaseString(method, uri, [...form, ...protocol, ...query]);
  const signature = hmacSha1Signature(baseString, clientSecret, token.secret);
  const header = [...protocol, ["oauth_signature", signature] as const]
    .map(([name, value]) => `${name}="${percentEncode(value)}"`)
    .join(",");
  return {
    method,
    scheme,
    host,
    target: query.length === 0 ? signedPath : `${signedPath}?${encodeForm(query)}`,
    authorization: `OAuth ${header}`,
    contentType: "application/x-www-form-urlencoded",
    body: encodeForm(form),
  };
}

describe("verifyOAuthRequest", () => {
  it("accepts every correctly signed request", () => {
    fc.assert(
      fc.property(sample, (request) => {
        expect(verify(sign(request))).toBe(token);
      }),
    );
  });

  it("accepts parameters in another order, and plus signs for spaces", () => {
    fc.assert(
      fc.property(sample, (request) => {
        const wire = sign(request);
        const query = encodeForm(request.query.toReversed()).replaceAll("%20", "+");
        expect(
          verify({ ...wire, target: `${request.path}?${query}`, body: wire.body.replaceAll("%20", "+") }),
        ).toBe(token);
      }),
    );
  });

  it("takes a protocol parameter once that query or form repeats, and rejects another value there", () => {
    const names = ["oauth_token", "oauth_nonce", "oauth_consumer_key", "oauth_timestamp"];
    fc.assert(
      fc.property(sample, fc.constantFrom(...names), fc.boolean(), (request, name, inQuery) => {
        const wire = sign(request);
        const signed = parseOAuthRequest(wire).protocolParameters.get(name) ?? "";
        const repeated = (value: string): WireRequest => {
          const pair = encodeForm([[name, value]]);
          if (!inQuery) return { ...wire, body: `${wire.body}&${pair}` };
          return { ...wire, target: `${wire.target}${wire.target.includes("?") ? "&" : "?"}${pair}` };
        };
        expect(verify(repeated(signed))).toBe(token);
        expect(() => verify(repeated(`${signed}1`))).toThrow(/is wrong|consumer key|s off|not a number/);
      }),
    );
  });

  it("rejects a request with any one change", () => {
    const changes: ((wire: WireRequest) => WireRequest)[] = [
      (wire) => ({ ...wire, method: wire.method === "GET" ? "POST" : "GET" }),
      (wire) => ({ ...wire, scheme: wire.scheme === "http" ? "https" : "http" }),
      (wire) => ({ ...wire, host: `x${wire.host}` }),
      (wire) => ({ ...wire, target: `/x${wire.target}` }),
      (wire) => ({ ...wire, target: `${wire.target}${wire.target.includes("?") ? "&" : "?"}x` }),
      (wire) => ({ ...wire, body: `${wire.body}&x=y` }),
      (wire) => ({ ...wire, authorization: wire.authorization?.replace('oauth_token="', 'oauth_token="x') }),
      (wire) => ({ ...wire, authorization: wire.authorization?.replace('oauth_nonce="', 'oauth_nonce="x') }),
    ];
    fc.assert(
      fc.property(sample, fc.constantFrom(...changes), (request, change) => {
        expect(() => verify(change(sign(request)))).toThrow("the signature is wrong");
      }),
    );
  });

  it("ignores a body of another content type", () => {
    const request = sign({
      method: "POST",
      scheme: "http",
      host: "h",
      path: "/",
      query: [],
      form: [],
      nonce: "n",
    });
    expect(verify({ ...request, contentType: "text/plain", body: "a=b" })).toBe(token);
    expect(verify({ ...request, contentType: undefined, body: "%" })).toBe(token);
    expect(() => verify({ ...request, body: "a=b" })).toThrow("the signature is wrong");
    expect(() => verify({ ...request, body: "%" })).toThrow("not form-encoded");
  });
});
