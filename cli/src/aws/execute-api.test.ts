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
    ["/@evil.example", "/@evil.example"],
    ["@evil.example/x", "/@evil.example/x"],
    [":80/x", "/:80/x"],
    ["/a%2Fb%20c", "/a%2Fb%20c"],
    ["/a+b", "/a+b"],
    ["/x?q=a+b&r=%2B", "/x?q=a%20b&r=%2B"],
    ["/*'()!~", "/*'()!~"],
    ["/ünï", "/%C3%BCn%C3%AF"],
    ["/x?b=2&a=1&a=0", "/x?b=2&a=1&a=0"],
    ["/x?a&&=1&b==2&", "/x?a&=1&b=%3D2"],
    ["/x?q='()*!~;/?:@$,[]{}|\\^`", "/x?q=%27%28%29%2A%21~%3B%2F%3F%3A%40%24%2C%5B%5D%7B%7D%7C%5C%5E%60"],
    ["/x?q=%7e%e2%9c%88%ff", "/x?q=~%E2%9C%88%FF"],
    ["/a..b/.../..c", "/a..b/.../..c"],
    ["javascript:alert(1)", "/javascript:alert(1)"],
  ])("%j becomes %s on the same host", (target, wire) => {
    const url = apiUrl(api, target);
    expect(url.origin).toBe(api.origin);
    expect(url.pathname + url.search).toBe(wire);
    expect(url.hash + url.username + url.password).toBe("");
  });

  it.each([
    "/a/../b",
    "/a/%2e%2E/b",
    "..",
    "/a/.",
    "/./a?b",
    "\\\\evil.example\\x",
    "/x#fragment",
    "/x?q=1#fragment",
    "/a\nb",
    " /a",
    "/a ",
    "https://abc123.execute-api.us-east-1.amazonaws.com/a/../b",
  ])("rejects %j, which a URL would change", async (target) => {
    const error = await failure(() => apiUrl(api, target));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toBe(
      `cannot send the path ${JSON.stringify(target.replace(api.origin, ""))} as it is`,
    );
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
