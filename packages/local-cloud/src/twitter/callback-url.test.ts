import { describe, expect, it } from "vitest";
import { formActionSource, isApprovedCallback, loopbackCallbackUrls, withQuery } from "./callback-url.ts";

describe("isApprovedCallback", () => {
  it.each([
    "http://127.0.0.1:8976/callback",
    "http://localhost/",
    "http://LOCALHOST:1",
    "http://[::1]:8976/callback?a=b",
  ])("takes %s when all of loopback is registered", (callback) => {
    expect(isApprovedCallback(callback, loopbackCallbackUrls)).toBe(true);
  });

  it.each([
    "https://127.0.0.1/callback",
    "http://127.0.0.1.example.com/",
    "http://example.com/?http://127.0.0.1:80",
    "http://127.0.0.1@example.com/",
    "http://user:pw@127.0.0.1/",
    "http://127.0.0.1/#fragment",
    "http://0.0.0.0/",
    "javascript:alert(1)",
    "OOB",
    "/callback",
  ])("rejects %s when all of loopback is registered", (callback) => {
    expect(isApprovedCallback(callback, loopbackCallbackUrls)).toBe(false);
  });

  it("compares all of a registered URL except the query", () => {
    const registered = ["https://example.com/callback", "myapp://done/"];
    expect(isApprovedCallback("https://example.com/callback", registered)).toBe(true);
    expect(isApprovedCallback("https://example.com/callback?x=1", registered)).toBe(true);
    expect(isApprovedCallback("myapp://done/", registered)).toBe(true);
    expect(isApprovedCallback("https://example.com/callback/", registered)).toBe(false);
    expect(isApprovedCallback("https://example.com:444/callback", registered)).toBe(false);
    expect(isApprovedCallback("http://example.com/callback", registered)).toBe(false);
    expect(isApprovedCallback("myapp://other/", registered)).toBe(false);
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
