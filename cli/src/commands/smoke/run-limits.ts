import { setMaxListeners } from "node:events";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import type { Send } from "../../http.ts";
import { Undecided } from "./undecided.ts";

export interface RunLimitOptions {
  /** For the whole run, in milliseconds. */
  timeout?: number;
  /** How long, from the start, a failed check is tried again. In milliseconds. */
  retryFor?: number;
  failFast?: boolean;
}

/** The first wait before a check is tried again; each further one is twice as long, up to the longest. */
const firstWaitMs = 500;
const longestWaitMs = 5000;

/** A timer may fire a little before the clock says so. */
const timerSlackMs = 10;

/** What ends a run before its time, for all of its stages: `--timeout` and `--fail-fast`. And `--retry-for`. */
export class RunLimits {
  readonly startedMs: number;
  readonly #environment: Pick<Environment, "now" | "sleep" | "random">;
  readonly #options: RunLimitOptions;
  readonly #stop = new AbortController();

  constructor(environment: Pick<Environment, "now" | "sleep" | "random">, options: RunLimitOptions) {
    this.#environment = environment;
    this.#options = options;
    this.startedMs = environment.now();
    // Every request under way listens.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Milliseconds since the run began. */
  get elapsedMs(): number {
    return this.#environment.now() - this.startedMs;
  }

  /** `--timeout` is over. */
  get isOver(): boolean {
    return this.#leftMs <= 0;
  }

  /** Why nothing new is to begin, when `--fail-fast` has ended the run. */
  get stopped(): Undecided | undefined {
    return this.#stop.signal.aborted ? (this.#stop.signal.reason as Undecided) : undefined;
  }

  /** Told of each failed check. */
  failed(what: string): void {
    if (!this.#options.failFast || this.#stop.signal.aborted) return;
    this.#stop.abort(
      new Undecided("check-failed", { message: `not finished: ${what} failed (--fail-fast)` }),
    );
  }

  /** Within `--timeout`, and until `--fail-fast` ends the run. */
  bound(send: Send): Send {
    const { signal } = this.#stop;
    const timed = this.boundByTime(send);
    return async (request) => {
      signal.throwIfAborted();
      return timed({ ...request, signal });
    };
  }

  /** Within `--timeout`. */
  boundByTime(send: Send): Send {
    return async (request) => {
      if (this.isOver) throw this.overdue(request.step);
      const timeoutMs = Math.min(request.timeoutMs ?? Infinity, this.#leftMs);
      return send(timeoutMs === Infinity ? request : { ...request, timeoutMs });
    };
  }

  /** Tells a time limit of one request from the end of the whole run. */
  explain(step: string, error: AuthCliError): AuthCliError {
    return error.code === "timeout" && this.#leftMs <= timerSlackMs ? this.overdue(step) : error;
  }

  overdue(step: string): AuthCliError {
    return new AuthCliError("timeout", {
      step,
      message: `not finished within ${seconds(this.#options.timeout ?? 0)} (--timeout)`,
      cause: "a service is slow or does not answer; --debug tells each exchange",
      fix: "give the run a longer --timeout, or leave checks out with --skip",
    });
  }

  /**
   * Waits before a check is tried again, each time longer, and by chance, so that checks do not come in waves.
   * @param attempt how many have failed, less one
   * @returns false when there is no time left for one
   */
  async waitForRetry(attempt: number): Promise<boolean> {
    const leftMs = Math.min((this.#options.retryFor ?? 0) - this.elapsedMs, this.#leftMs);
    if (leftMs <= 0) return false;
    const mostMs = Math.min(firstWaitMs * 2 ** attempt, longestWaitMs);
    const waitMs = Math.round(mostMs / 2 + (this.#environment.random() * mostMs) / 2);
    // The last attempt is at the very end of the time that was given.
    await this.#environment.sleep(Math.min(waitMs, leftMs), this.#stop.signal);
    return true;
  }

  /** Whether a check that failed now could be tried again. */
  get mayRetry(): boolean {
    return this.elapsedMs < (this.#options.retryFor ?? 0) && !this.isOver;
  }

  get #leftMs(): number {
    return (this.#options.timeout ?? Infinity) - this.elapsedMs;
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
