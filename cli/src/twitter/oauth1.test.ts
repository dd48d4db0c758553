import { oauth1Vectors, type Parameter } from "@api-auth-twitter/test-support/oauth1-vectors";
import * as fc from "fast-check";
import { encodePairs, oauthRequests } from "@api-auth-twitter/test-support/oauth-requests";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { describe, expect, it } from "vitest";
import { hmacSha1Signature } from "../../../packages/local-cloud/src/twitter/hmac-signature.ts";
import {
  decodeForm,
  percentDecode,
  percentEncode,
} from "../../../packages/local-cloud/src/twitter/percent-encode.ts";
import * as verifier from "../../../packages/local-cloud/src/twitter/signature-base-string.ts";
import { baseStringUri, type OAuth1Request, type OAuth1Signing, signOAuth1 } from "./oauth1.ts";

/** The request and the signing of a published example. */
function fromVector(
  uri: string,
  method: string,
  parameters: readonly Parameter[],
  { clientSecret, tokenSecret }: { clientSecret: string; tokenSecret: string },
): [OAuth1Request, OAuth1Signing] {
  const protocol = new Map(parameters.filter(([name]) => name.startsWith("oauth_")));
  const token = protocol.get("oauth_token");
  const version = protocol.get("oauth_version");
  const usual = ["consumer_key", "token", "nonce", "timestamp", "signature_method", "version"];
  return [
    {
      method,
      url: new URL(uri),
      bodyParameters: parameters.filter(([name]) => !name.startsWith("oauth_")),
      protocolParameters: Object.fromEntries(
        [...protocol].filter(([name]) => !usual.includes(name.slice("oauth_".length))),
      ),
    },
    {
      clientCredentials: { key: protocol.get("oauth_consumer_key") ?? "", secret: clientSecret },
      ...(token === undefined ? {} : { tokenCredentials: { token, secret: tokenSecret } }),
      nonce: protocol.get("oauth_nonce") ?? "",
      timestamp: Number(protocol.get("oauth_timestamp")),
      ...(version === "1.0" ? { version } : {}),
    },
  ];
}

describe("published signatures", () => {
  it.each(oauth1Vectors.signatures)("$id", ({ baseStringUri: uri, method, parameters, ...expected }) => {
    const secrets = expected.signed ?? { clientSecret: "x", tokenSecret: "y" };
    const { signatureBaseString, signature } = signOAuth1(...fromVector(uri, method, parameters, secrets));
    expect(signatureBaseString).toBe(expected.baseString);
    // The example in RFC 5849 3.4.1 has a base string only.
    expect(signature).toBe(expected.signed?.signature ?? signature);
  });

  it.each(oauth1Vectors.signatures)("$id, with the parameters in the query", (vector) => {
    const secrets = vector.signed ?? { clientSecret: "x", tokenSecret: "y" };
    const [request, signing] = fromVector(vector.baseStringUri, vector.method, vector.parameters, secrets);
    for (const [name, value] of request.bodyParameters ?? []) request.url.searchParams.append(name, value);
    const { signatureBaseString } = signOAuth1({ ...request, bodyParameters: [] }, signing);
    expect(signatureBaseString).toBe(vector.baseString);
  });
});

/** The normalized parameters, as signed. */
const parametersOf = (request: Partial<OAuth1Request>): string => {
  const { signatureBaseString } = signOAuth1(
    { method: "GET", url: new URL("https://api.example/"), ...request },
    { clientCredentials: { key: "key", secret: "secret" }, nonce: "nonce", timestamp: 1 },
  );
  return decodeURIComponent(signatureBaseString.split("&")[2] ?? "");
};

describe("published parts", () => {
  it.each(oauth1Vectors.baseStringUris)("the base string URI of %s is %s", (url, uri) => {
    expect(baseStringUri(new URL(url))).toBe(uri);
  });

  it.each(oauth1Vectors.percentEncoding)("encodes %j as %s", (plain, encoded) => {
    expect(parametersOf({ bodyParameters: [["a", plain]] })).toContain(`a=${encoded}&`);
  });

  it.each(oauth1Vectors.normalizedParameters)("sorts parameters %j to %s", (bodyParameters, normalized) => {
    const all = parametersOf({ bodyParameters }).split("&");
    expect(all.filter((parameter) => !parameter.startsWith("oauth_")).join("&")).toBe(normalized);
  });
});

describe("the Authorization header", () => {
  it("has the protocol parameters and the signature only", () => {
    const { authorization, signature } = signOAuth1(
      {
        method: "POST",
        url: new URL("https://api.example/oauth/request_token?force_login=true"),
        bodyParameters: [["status", "secret thoughts"]],
        protocolParameters: { oauth_callback: "http://127.0.0.1:8080/done?x=1" },
      },
      { clientCredentials: { key: "key", secret: "kept" }, nonce: "n", timestamp: 7, version: "1.0" },
    );
    expect(authorization).toEqual([
      "Authorization",
      'OAuth oauth_callback="http%3A%2F%2F127.0.0.1%3A8080%2Fdone%3Fx%3D1", oauth_consumer_key="key", ' +
        `oauth_nonce="n", oauth_signature="${percentEncode(signature)}", oauth_signature_method="HMAC-SHA1", ` +
        'oauth_timestamp="7", oauth_version="1.0"',
    ]);
  });
});

/* ── An implementation that shares nothing with ours checks every signature ─────────────────────────────────── */

/** The protocol parameters of an Authorization header, as a server reads them. */
function readAuthorization(header: string): Parameter[] {
  return [...header.replace(/^OAuth /, "").matchAll(/(?:^|, )([^=]+)="([^"]*)"/g)].map(
    ([, name = "", value = ""]) => [percentDecode(name) ?? "", percentDecode(value) ?? ""],
  );
}

describe("an independent verifier", () => {
  it("agrees on every signature", () => {
    fc.assert(
      fc.property(oauthRequests, ({ method, origin, url, token, inBody, callback, key, secret, nonce }) => {
        const { authorization, signature, signatureBaseString } = signOAuth1(
          {
            method,
            url,
            bodyParameters: inBody,
            ...(callback === null ? {} : { protocolParameters: { oauth_callback: callback } }),
          },
          {
            clientCredentials: { key, secret },
            ...(token === null ? {} : { tokenCredentials: token }),
            nonce,
            timestamp: 1_772_366_400,
            version: "1.0",
          },
        );
        // The server sees the header, the raw query and the raw body.
        const inHeader = readAuthorization(authorization[1]);
        const seen = [
          ...inHeader.filter(([parameter]) => parameter !== "oauth_signature"),
          ...(decodeForm(url.search.slice(1)) ?? []),
          ...(decodeForm(encodePairs(inBody)) ?? []),
        ];
        const scheme = url.protocol === "https:" ? "https" : "http";
        const expected = verifier.signatureBaseString(
          method,
          verifier.baseStringUri(scheme, new URL(origin).host, url.pathname),
          seen,
        );
        expect(signatureBaseString).toBe(expected);
        expect(signature).toBe(hmacSha1Signature(expected, secret, token?.secret ?? ""));
        expect(new Map(inHeader).get("oauth_signature")).toBe(signature);
      }),
      { numRuns: testRuns(62) },
    );
  }, 60_000);
});
