import { oauth1Vectors } from "@api-auth-twitter/test-support/oauth1-vectors";
import { describe, expect, it } from "vitest";
import { hmacSha1Signature } from "./hmac-signature.ts";
import { baseStringUri, normalizeParameters, signatureBaseString } from "./signature-base-string.ts";

describe("baseStringUri", () => {
  it.each(oauth1Vectors.baseStringUris)("of %s is %s", (url, uri) => {
    const [, scheme = "", host = "", path = ""] = /^(https?):\/\/([^/?#]*)([^?#]*)/i.exec(url) ?? [];
    expect(baseStringUri(scheme.toLowerCase() === "https" ? "https" : "http", host, path)).toBe(uri);
  });

  it("keeps the path as sent", () => {
    expect(baseStringUri("http", "EXAMPLE.com", "/r%20v/X//%2F%7e")).toBe(
      "http://example.com/r%20v/X//%2F%7e",
    );
  });

  it("keeps a port that only ends like the default port", () => {
    expect(baseStringUri("http", "[::1]:8080", "/")).toBe("http://[::1]:8080/");
    expect(baseStringUri("https", "example.com:8443", "/")).toBe("https://example.com:8443/");
  });
});

describe("normalizeParameters", () => {
  it.each(oauth1Vectors.normalizedParameters)("of %j gives %s", (parameters, normalized) => {
    expect(normalizeParameters(parameters)).toBe(normalized);
    expect(normalizeParameters(parameters.toReversed())).toBe(normalized);
  });
});

describe("the published values", () => {
  it.each(oauth1Vectors.signatures)("have the base string of $id", (vector) => {
    const { method, baseStringUri: uri, parameters, normalizedParameters, baseString } = vector;
    expect(normalizeParameters(parameters)).toBe(normalizedParameters);
    expect(signatureBaseString(method, uri, parameters)).toBe(baseString);
  });

  const signed = oauth1Vectors.signatures.flatMap(({ id, baseString, signed: keys }) =>
    keys === undefined ? [] : [{ id, baseString, ...keys }],
  );
  it.each(signed)("have the signature of $id", ({ baseString, clientSecret, tokenSecret, signature }) => {
    expect(hmacSha1Signature(baseString, clientSecret, tokenSecret)).toBe(signature);
  });
});
