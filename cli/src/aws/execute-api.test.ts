import { describe, expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { apiUrl } from "./execute-api.ts";

const api = new URL("https://abc123.execute-api.us-east-1.amazonaws.com");
const staged = new URL("https://abc123.execute-api.us-east-1.amazonaws.com/prod/");

describe("a path of the API", () => {
  it.each([
    ["/private", "/private"],
    ["private", "/private"],
    ["", "/"],
    ["?a=1", "/?a=1"],
    ["/a/", "/a/"],
    ["//evil.example/x", "//evil.example/x"],
    ["///evil.example", "///evil.example"],
    ["\\\\evil.example\\x", "///evil.example/x"],
    ["/@evil.example", "/@evil.example"],
    ["@evil.example/x", "/@evil.example/x"],
    [":80/x", "/:80/x"],
    ["/a%2Fb%20c", "/a%2Fb%20c"],
    ["/a+b", "/a+b"],
    ["/x?q=a+b&r=%2B", "/x?q=a%20b&r=%2B"],
    ["/x#fragment", "/x"],
    ["/x?q=1#fragment+", "/x?q=1"],
    ["/*'()!~", "/*'()!~"],
    ["/ünï", "/%C3%BCn%C3%AF"],
    ["/x?b=2&a=1&a=0", "/x?b=2&a=1&a=0"],
    ["javascript:alert(1)", "/javascript:alert(1)"],
  ])("%j becomes %s on the same host", (target, wire) => {
    const url = apiUrl(api, target);
    expect(url.origin).toBe(api.origin);
    expect(url.pathname + url.search).toBe(wire);
    expect(url.hash + url.username + url.password).toBe("");
  });

  it.each([
    ["/private", "/prod/private"],
    ["private", "/prod/private"],
    ["//evil.example", "/prod//evil.example"],
    ["", "/prod/"],
  ])("%j keeps the stage's prefix", (target, path) => {
    expect(apiUrl(staged, target).pathname).toBe(path);
    expect(apiUrl(new URL(staged.href.replace(/\/$/, "")), target).pathname).toBe(path);
  });
});

describe("an absolute URL", () => {
  it.each([
    "https://abc123.execute-api.us-east-1.amazonaws.com/private?a=1",
    "https://ABC123.execute-api.us-east-1.amazonaws.com:443/private?a=1",
  ])("accepts %s of the same API", (target) => {
    expect(apiUrl(api, target).href).toBe(`${api.origin}/private?a=1`);
  });

  it.each([
    "https://evil.example/private",
    "http://abc123.execute-api.us-east-1.amazonaws.com/private",
    "https://abc123.execute-api.us-east-1.amazonaws.com:8443/private",
    "https://abc123.execute-api.us-east-1.amazonaws.com.evil.example/private",
    "https://abc123.execute-api.us-east-1.amazonaws.com@evil.example/private",
    "https://user@abc123.execute-api.us-east-1.amazonaws.com/private",
    "https://:secret@abc123.execute-api.us-east-1.amazonaws.com/private",
    "HTTPS://EVIL.EXAMPLE/",
    "ftp://abc123.execute-api.us-east-1.amazonaws.com/",
    "file:///etc/passwd",
  ])("rejects %s on another host", async (target) => {
    const error = await failure(() => apiUrl(api, target));
    expect(error.code).toBe("invalid-usage");
    expect(error.exitCode).toBe(2);
    expect(error.message).not.toContain("secret");
  });

  it.each(["https://", "http://[::1", "https://exa mple/"])(
    "rejects %s, which is not a URL",
    async (target) => {
      expect((await failure(() => apiUrl(api, target))).message).toContain("neither a path nor a URL");
    },
  );
});
