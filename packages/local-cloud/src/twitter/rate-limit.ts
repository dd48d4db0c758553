/** X counts requests in windows of 15 minutes. */
const windowSeconds = 900;

export interface RateLimitVerdict {
  allowed: boolean;
  /** `x-rate-limit-limit`, `-remaining` and `-reset` (epoch seconds). Empty without a limit. */
  headers: Record<string, string>;
}

/** Counts the requests of the current window. */
export class RateLimit {
  #window = -1;
  #used = 0;

  /** @param limit requests in each window; undefined for no limit */
  count(limit: number | undefined, now: Date): RateLimitVerdict {
    const window = Math.floor(now.getTime() / 1000 / windowSeconds);
    if (window !== this.#window) {
      this.#window = window;
      this.#used = 0;
    }
    this.#used += 1;
    if (limit === undefined) return { allowed: true, headers: {} };
    return {
      allowed: this.#used <= limit,
      headers: {
        "x-rate-limit-limit": String(limit),
        "x-rate-limit-remaining": String(Math.max(0, limit - this.#used)),
        "x-rate-limit-reset": String((window + 1) * windowSeconds),
      },
    };
  }
}
