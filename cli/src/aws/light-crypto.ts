import { hmacSha256, sha256 } from "./sha256.ts";

/** From this length on node:crypto is worth loading. */
const longData = 8 * 1024;

/**
 * The part of Web Crypto that aws4fetch uses. The build injects it in place of the global `crypto`, whose first use
 * loads three dozen more modules of Node, and whose every call goes through a thread.
 */
export const lightCrypto = {
  subtle: {
    /** The "key" is its bytes: only {@link sign} uses it. */
    importKey: (_format: "raw", key: Uint8Array): Promise<Uint8Array> => Promise.resolve(key),
    sign: (_algorithm: "HMAC", key: Uint8Array, data: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(hmacSha256(key, data)),
    async digest(_algorithm: "SHA-256", data: Uint8Array): Promise<Uint8Array> {
      if (data.length < longData) return sha256(data);
      const { createHash } = await import("node:crypto");
      return createHash("sha256").update(data).digest();
    },
  },
};
