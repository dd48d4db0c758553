import { createHash } from "node:crypto";

/** Enough for 400 requests a second during the whole window. Uses about 25 MB when full. */
const defaultCapacity = 250_000;

export type NonceVerdict = "new" | "replayed" | "full";

/**
 * The nonces within the timestamp window. RFC 5849 §3.3: a nonce is unique across all requests with the same
 * timestamp, client credentials and token. Older nonces are forgotten, since their timestamps are rejected.
 */
export class Nonces {
  readonly #windowSeconds: number;
  readonly #capacity: number;
  readonly #byTimestamp = new Map<number, Set<string>>();
  #size = 0;
  #prunedAt = -Infinity;

  constructor(windowSeconds: number, capacity: number = defaultCapacity) {
    this.#windowSeconds = windowSeconds;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Remembers a nonce. At capacity it rejects new nonces, since a forgotten nonce could be replayed.
   *
   * @param timestamp of the request, in seconds, within the window
   * @param nowSeconds the server's clock
   */
  use(timestamp: number, clientKey: string, token: string, nonce: string, nowSeconds: number): NonceVerdict {
    this.#prune(nowSeconds);
    // A digest bounds the nonce's length. An array avoids a separator, which could occur in a nonce.
    const entry = createHash("sha256")
      .update(JSON.stringify([clientKey, token, nonce]))
      .digest("base64url")
      .slice(0, 24);
    let seen = this.#byTimestamp.get(timestamp);
    if (seen?.has(entry)) return "replayed";
    if (this.#size >= this.#capacity) return "full";
    if (seen === undefined) {
      seen = new Set();
      this.#byTimestamp.set(timestamp, seen);
    }
    seen.add(entry);
    this.#size += 1;
    return "new";
  }

  #prune(nowSeconds: number): void {
    if (nowSeconds === this.#prunedAt) return;
    this.#prunedAt = nowSeconds;
    for (const [timestamp, seen] of this.#byTimestamp) {
      if (timestamp >= nowSeconds - this.#windowSeconds) continue;
      this.#byTimestamp.delete(timestamp);
      this.#size -= seen.size;
    }
  }
}
