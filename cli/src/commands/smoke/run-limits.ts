import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import type { Send } from "../../http.ts";
import { Undecided } from "./check-errors.ts";

export interface RunLimitOptions {
  /** For the whole run, in milliseconds. */
  timeout?: number | undefined;
  failFast?: boolean | undefined;
}

/** A timer can fire slightly before the clock reaches its time. */
const timerSlackMs = 10;

/** `--timeout` and `--fail-fast`, for all stages of a run. */
export class RunLimits {
  readonly startedMs: number;
  readonly #environment: Pick<Environment, "now">;
  readonly #options: RunLimitOptions;
  readonly #stop = new AbortController();

  constructor(environment: Pick<Environment, "now">, options: RunLimitOptions) {
    this.#environment = environment;
    this.#options = options;
    this.startedMs = environment.now();
  }

  /** Milliseconds since the run began. */
  get elapsedMs(): number {
    return this.#environment.now() - this.startedMs;
  }

  /** Milliseconds until `--timeout`. */
  get leftMs(): number {
    return (this.#options.timeout ?? Infinity) - this.elapsedMs;
  }

  /** The `--timeout` has expired. */
  get isOver(): boolean {
    return this.leftMs <= 0;
  }

  /** Aborts when `--fail-fast` ends the run. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The reason why no further check starts, once `--fail-fast` has ended the run. */
  get stopped(): Undecided | undefined {
    const reason: unknown = this.signal.reason;
    return reason instanceof Undecided ? reason : undefined;
  }

  /** Ends all requests of a run that gives no verdict. @returns the error, for `throw` */
  abandon(error: AuthCliError): AuthCliError {
    this.#stop.abort(error);
    return error;
  }

  /** Must be called for each failed check. */
  failed(what: string): void {
    if (!this.#options.failFast || this.signal.aborted) return;
    this.#stop.abort(
      new Undecided("check-failed", { message: `not finished: ${what} failed (--fail-fast)` }),
    );
  }

  /** Ends requests with `--timeout` and `--fail-fast`. */
  bound(send: Send): Send {
    const timed = this.boundByTime(send);
    return async (request) => {
      this.signal.throwIfAborted();
      return timed({ ...request, signal: this.signal });
    };
  }

  /** Ends requests with `--timeout`. */
  boundByTime(send: Send): Send {
    return async (request) => {
      if (this.isOver) throw this.overdue(request.step);
      const timeoutMs = Math.min(request.timeoutMs ?? Infinity, this.leftMs);
      return send(timeoutMs === Infinity ? request : { ...request, timeoutMs });
    };
  }

  /** Replaces the time-out of one request by the time-out of the run, when that is the cause. */
  explain(step: string, error: AuthCliError): AuthCliError {
    return error.code === "timeout" && this.leftMs <= timerSlackMs ? this.overdue(step) : error;
  }

  overdue(step: string): AuthCliError {
    return new AuthCliError("timeout", {
      step,
      message: `not finished within ${seconds(this.#options.timeout ?? 0)} (--timeout)`,
      cause: "a service is slow or does not answer; --debug shows each request",
      fix: "raise --timeout, or exclude checks with --skip",
    });
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
