import { describe, expect, it } from "vitest";
import { parseServiceUrl } from "./deployment/service-url.ts";
import { findProxy } from "./environment/proxy.ts";
import { isLoopback } from "./loopback.ts";

describe("isLoopback", () => {
  it.each([
    "127.0.0.1",
    "127.255.255.254",
    "127.0.0.0",
    "::1",
    "[::1]",
    "localhost",
    "localhost.",
    "a.b.localhost",
  ])("accepts %s", (host) => expect(isLoopback(host)).toBe(true));

  it.each([
    "127.evil.com",
    "127.0.0.1.evil.com",
    "127.0.0.256",
    "127.1",
    "128.0.0.1",
    "1127.0.0.1",
    "localhost.evil.com",
    "notlocalhost",
    "evil-localhost",
    "::2",
    "::11",
    "0.0.0.0",
    "169.254.169.254",
    "",
  ])("rejects %j", (host) => expect(isLoopback(host)).toBe(false));

  it.each(["127.evil.com", "127.0.0.1.evil.com", "localhost.evil.com"])(
    "lets nothing for %s bypass the proxy or use plain http",
    (host) => {
      const url = new URL(`http://${host}/`);
      expect(findProxy(url, { HTTP_PROXY: "http://proxy.example:3128" })?.name).toBe("proxy.example:3128");
      expect(() => parseServiceUrl(url.href, "a test")).toThrow("plain http");
    },
  );

  it.each(["127.1", "0x7f.0.0.1", "2130706433", "LOCALHOST", "[0:0::1]"])(
    "accepts %s as a URL writes it",
    (host) => expect(isLoopback(new URL(`http://${host}/`).hostname)).toBe(true),
  );
});
