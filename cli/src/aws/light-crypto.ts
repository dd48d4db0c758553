import { createHmac, hash, randomFillSync, randomUUID } from "node:crypto";

/**
 * The part of Web Crypto that this program and aws4fetch use. The build injects it in place of the global `crypto`, whose
 * first use loads three dozen more modules of Node, and whose every call goes through a thread.
 */
export const lightCrypto = {
  randomUUID,
  getRandomValues: <T extends NodeJS.ArrayBufferView>(array: T): T => randomFillSync(array),
  subtle: {
    /** The "key" is its bytes: only {@link sign} uses it. */
    importKey: (_format: "raw", key: Uint8Array): Promise<Uint8Array> => Promise.resolve(key),
    sign: (_algorithm: "HMAC", key: Uint8Array, data: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(createHmac("sha256", key).update(data).digest()),
    digest: (_algorithm: "SHA-256", data: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(hash("sha256", data, "buffer")),
  },
};
