import { hmacSha256, sha256 } from "./sha256.ts";

/**
 * As much of Web Crypto as aws4fetch uses. The build puts it in the place of the global `crypto`, whose first use loads
 * three dozen more parts of Node, and whose every call goes by way of a thread.
 */
export const lightCrypto = {
  subtle: {
    /** The "key" is its bytes: only {@link sign} uses it. */
    importKey: (_format: "raw", key: Uint8Array): Promise<Uint8Array> => Promise.resolve(key),
    sign: (_algorithm: "HMAC", key: Uint8Array, data: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(hmacSha256(key, data)),
    digest: (_algorithm: "SHA-256", data: Uint8Array): Promise<Uint8Array> => Promise.resolve(sha256(data)),
  },
};
