import { createHash } from "node:crypto";

/** Enough for 400 requests a second through the whole window; some 25 MB when full. */
const defaultCapacity = 250_000;

export type NonceVerdict = "new" | "replayed" | "full";

/**
 * The nonces seen within the timestamp window (RFC 5849 §3.3: unique across all requests with the same
 * timestamp, client credentials and token). Those of a second that has left the window are forgotten, as a request
 * of that second is refused by its timestamp anyway.
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
   * Remembers a nonce. At capacity nothing new is taken in: to forget an older one would let it be replayed.
   *
   * @param timestamp the request's, in seconds, already known to be within the window
   * @param nowSeconds the server's time
   */
  use(timestamp: number, clientKey: string, token: string, nonce: string, nowSeconds: number): NonceVerdict {
    this.#prune(nowSeconds);
    // A digest, as the client chooses how long its nonce is; an array, as any joining character may be in one.
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
