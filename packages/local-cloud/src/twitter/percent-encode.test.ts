import { oauth1Vectors } from "@api-auth-twitter/test-support/oauth1-vectors";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeForm, encodeForm, percentDecode, percentEncode } from "./percent-encode.ts";

describe("percentEncode", () => {
  it.each(oauth1Vectors.percentEncoding)("encodes %j as %s", (plain, encoded) => {
    expect(percentEncode(plain)).toBe(encoded);
  });

  it("writes only unreserved characters and upper-case escapes, which percentDecode decodes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const encoded = percentEncode(text);
        expect(encoded).toMatch(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/);
        expect(percentDecode(encoded)).toBe(text);
      }),
    );
  });

  it.each(["%", "%2", "%GG", "%FF", "%C3%28"])("does not decode %s", (text) => {
    expect(percentDecode(text)).toBeUndefined();
    expect(decodeForm(`a=${text}`)).toBeUndefined();
  });
});

describe("decodeForm", () => {
  it("reads the query and the body of RFC 5849 §3.4.1.3.1", () => {
    expect(decodeForm("b5=%3D%253D&a3=a&c%40=&a2=r%20b")).toEqual([
      ["b5", "=%3D"],
      ["a3", "a"],
      ["c@", ""],
      ["a2", "r b"],
    ]);
    expect(decodeForm("c2&a3=2+q")).toEqual([
      ["c2", ""],
      ["a3", "2 q"],
    ]);
  });

  it("keeps order, repeats, empty names and equal signs in values, and drops empty pairs", () => {
    expect(decodeForm("&a=1&&a=0&=x&b=c=d&")).toEqual([
      ["a", "1"],
      ["a", "0"],
      ["", "x"],
      ["b", "c=d"],
    ]);
  });

  it("decodes the output of encodeForm", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (parameters) => {
        expect(decodeForm(encodeForm(parameters))).toEqual(parameters);
      }),
    );
  });
});
