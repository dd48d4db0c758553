import { assert, asyncProperty, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { lightCrypto } from "./light-crypto.ts";

describe("the light Web Crypto", () => {
  const bytes = uint8Array({ minLength: 1, maxLength: 200 });

  it("hashes like the global crypto", async () => {
    await assert(
      asyncProperty(bytes, async (data) => {
        const theirs = await crypto.subtle.digest("SHA-256", Uint8Array.from(data));
        expect(Buffer.from(await lightCrypto.subtle.digest("SHA-256", data))).toEqual(Buffer.from(theirs));
      }),
    );
  });

  it("signs like the global crypto", async () => {
    await assert(
      asyncProperty(bytes, bytes, async (secret, data) => {
        const algorithm = { name: "HMAC", hash: "SHA-256" };
        const key = await crypto.subtle.importKey("raw", Uint8Array.from(secret), algorithm, false, ["sign"]);
        const theirs = await crypto.subtle.sign("HMAC", key, Uint8Array.from(data));
        const ours = await lightCrypto.subtle.sign(
          "HMAC",
          await lightCrypto.subtle.importKey("raw", secret),
          data,
        );
        expect(Buffer.from(ours)).toEqual(Buffer.from(theirs));
      }),
    );
  });
});
