import { createHash, createHmac } from "node:crypto";

/**
 * As much of Web Crypto as aws4fetch uses, on node:crypto. The build puts it in the place of the global `crypto`, whose
 * first use loads a dozen more parts of Node, and whose every call goes by way of a thread.
 */
export const lightCrypto = {
  subtle: {
    /** The "key" is its bytes: only {@link sign} uses it. */
    importKey: (_format: "raw", key: Uint8Array): Promise<Uint8Array> => Promise.resolve(key),
    sign: (_algorithm: "HMAC", key: Uint8Array, data: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(createHmac("sha256", key).update(data).digest()),
    digest: (_algorithm: "SHA-256", data: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(createHash("sha256").update(data).digest()),
  },
};
