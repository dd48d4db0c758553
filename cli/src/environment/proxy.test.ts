import { describe, expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { findProxy } from "./proxy.ts";

const find = (url: string, variables: Record<string, string>): string | undefined =>
  findProxy(new URL(url), variables)?.url.href;

describe("findProxy", () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ["https://api.x.com", {}, undefined],
    ["https://api.x.com", { HTTPS_PROXY: "http://p:1" }, "http://p:1/"],
    ["https://api.x.com", { https_proxy: "http://p:1", HTTPS_PROXY: "http://q:1" }, "http://p:1/"],
    ["https://api.x.com", { HTTP_PROXY: "http://p:1" }, undefined],
    ["https://api.x.com", { ALL_PROXY: "http://p:1" }, "http://p:1/"],
    ["https://api.x.com", { HTTPS_PROXY: "http://p:1", all_proxy: "http://q:1" }, "http://p:1/"],
    ["https://api.x.com", { HTTPS_PROXY: "p:3128" }, "http://p:3128/"],
    ["https://api.x.com", { HTTPS_PROXY: "" }, undefined],
    ["http://host", { HTTP_PROXY: "http://p:1" }, "http://p:1/"],
  ])("for %s with %j returns %s", (url, variables, proxy) => {
    expect(find(url, variables)).toBe(proxy);
  });
});

describe("NO_PROXY", () => {
  it.each<[string, string, boolean]>([
    ["https://api.x.com", "*", false],
    ["https://api.x.com", "x.com", false],
    ["https://api.x.com", ".x.com", false],
    ["https://api.x.com", "*.x.com", false],
    ["https://api.x.com", "API.X.COM", false],
    ["https://api.x.com", "other.com, x.com", false],
    ["https://api.x.com", "other.com x.com:443", false],
    ["https://api.x.com", "x.com:444", true],
    ["https://apix.com", "x.com", true],
    ["https://api.x.com", "com.x", true],
    ["https://10.1.2.3", "10.0.0.0/8", false],
    ["https://11.1.2.3", "10.0.0.0/8", true],
    ["https://10.1.2.3", "10.1.2.3", false],
    ["https://10.1.2.3", "10.1.2.3/99", true],
    ["https://[fd00::1]", "fd00::/8", false],
    ["https://[fd00::1]", "[fd00::1]:443", false],
    ["https://[fe80::1]", "fd00::/8", true],
    ["https://127.0.0.1", "", false],
    ["https://localhost:1", "", false],
    ["https://[::1]", "", false],
    ["https://127.0.0.1", "<-loopback>", true],
    ["https://127.0.0.1", "<-loopback>,127.0.0.1", false],
  ])("for %s and %j uses the proxy: %s", (url, noProxy, proxied) => {
    expect(find(url, { HTTPS_PROXY: "http://p:1", NO_PROXY: noProxy }) !== undefined).toBe(proxied);
  });
});

it("reads user and password from the URL", () => {
  const proxy = findProxy(new URL("https://x"), { HTTPS_PROXY: "http://us%40er:p%3Aass@p:1" });
  expect(proxy?.authorization).toBe(`Basic ${Buffer.from("us@er:p:ass").toString("base64")}`);
  expect(proxy?.password).toBe("p:ass");
  expect(proxy?.name).toBe("p:1");
});

it.each(["socks5://user:hush-hush@p:1", "ftp://p", "http://", "http://a b", "://"])(
  "rejects %j without showing it",
  async (value) => {
    const error = await failure(() => findProxy(new URL("https://x"), { HTTPS_PROXY: value }));
    expect(error).toMatchObject({ code: "invalid-configuration", exitCode: 2 });
    expect(`${error.message}${error.cause}${error.fix}`).not.toContain("hush");
    expect(error.message).toContain("HTTPS_PROXY");
  },
);
