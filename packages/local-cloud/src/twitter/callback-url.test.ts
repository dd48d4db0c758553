import { describe, expect, it } from "vitest";
import { checkCallbackUrls, defaultCallbackUrls, formActionSource, withQuery } from "./callback-url.ts";

describe("checkCallbackUrls", () => {
  it("takes ten URLs, also of custom protocols", () => {
    const ports = Array.from({ length: 8 }, (_, index) => `http://127.0.0.1:${3000 + index}/callback`);
    expect(() =>
      checkCallbackUrls([...ports, "https://example.com", "twitter://callback/path"]),
    ).not.toThrow();
    expect(() =>
      checkCallbackUrls([...ports, "https://a.example/", "https://b.example/", "https://c.example/"]),
    ).toThrow("X registers at most 10 callback URLs for an app");
  });

  it("takes the default", () => {
    expect(() => checkCallbackUrls(defaultCallbackUrls)).not.toThrow();
  });

  it.each([
    ["http://localhost:3000/callback", "X accepts 127.0.0.1, not localhost"],
    ["http://LOCALHOST/", "X accepts 127.0.0.1, not localhost"],
    ["javascript:alert(1)", "X does not allow its protocol"],
    ["ftp://example.com/", "X does not allow its protocol"],
    ["/callback", "it is not an absolute URL"],
    ["http://127.0.0.1/?a=b", "it contains a query or fragment"],
    ["http://127.0.0.1/#a", "it contains a query or fragment"],
  ])("refuses %s", (url, reason) => {
    const refusal = { code: "INVALID_CALLBACK_URLS", url, message: reason };
    expect(() => checkCallbackUrls(["https://example.com/", url])).toThrow(expect.objectContaining(refusal));
  });
});

describe("withQuery", () => {
  it("adds to an existing query", () => {
    expect(withQuery("http://127.0.0.1:1/cb", [["denied", "t"]])).toBe("http://127.0.0.1:1/cb?denied=t");
    expect(withQuery("http://127.0.0.1:1/cb?a=%2B", [["b", "&"]])).toBe("http://127.0.0.1:1/cb?a=%2B&b=%26");
  });

  it("removes line ends from the URL", () => {
    expect(withQuery("http://127.0.0.1/\r\nset-cookie: a", [])).not.toMatch(/\s/);
  });
});

describe("formActionSource", () => {
  it("names the origin, or the scheme where a policy cannot name the origin", () => {
    expect(formActionSource("http://127.0.0.1:8976/cb?a=b;c")).toBe("http://127.0.0.1:8976");
    expect(formActionSource("http://[::1]:8976/cb")).toBe("http:");
    expect(formActionSource("myapp://done/")).toBe("myapp:");
  });
});
