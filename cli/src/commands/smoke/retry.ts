import type { Environment } from "../../environment/environment.ts";
import type { AuthCliError } from "../../errors.ts";
import type { Reason } from "../../reasons.ts";
import { RouteFailure } from "./check-errors.ts";
import type { CheckName } from "./report.ts";
import type { RunLimits } from "./run-limits.ts";

/** The first wait. Each further wait is twice as long, up to the longest. In milliseconds. */
const firstWaitMs = 500;
const longestWaitMs = 5000;

/** `--retry-for`: decides whether a failed check runs again, and waits before it does. */
export class Retries {
  readonly #environment: Pick<Environment, "sleep" | "random">;
  readonly #limits: RunLimits;
  readonly #retryForMs: number;

  /** @param retryForMs counted from the start of the run */
  constructor(
    environment: Pick<Environment, "sleep" | "random">,
    limits: RunLimits,
    retryForMs: number | undefined,
  ) {
    this.#environment = environment;
    this.#limits = limits;
    this.#retryForMs = retryForMs ?? 0;
  }

  /**
   * Waits for the next attempt, if there is one.
   * @param attempt 0 for the first
   * @param explain adds the diagnosis
   * @returns false when the failure is final
   */
  async waitForNext(
    attempt: number,
    name: CheckName,
    failure: AuthCliError,
    explain: (error: AuthCliError) => Promise<AuthCliError>,
  ): Promise<boolean> {
    if (this.#leftMs <= 0 || !(await mayPassLater(name, failure, explain))) return false;
    const leftMs = this.#leftMs;
    if (leftMs <= 0) return false;
    // Jitter spreads checks that failed together.
    const mostMs = Math.min(firstWaitMs * 2 ** attempt, longestWaitMs);
    const waitMs = Math.round(mostMs / 2 + (this.#environment.random() * mostMs) / 2);
    // The last attempt runs when the time is over.
    await this.#environment.sleep(Math.min(waitMs, leftMs), this.#limits.signal);
    return true;
  }

  get #leftMs(): number {
    return Math.min(this.#retryForMs - this.#limits.elapsedMs, this.#limits.leftMs);
  }
}

/** Reasons that go away when the deployment has reached all of AWS. */
const passingReasons = new Set<Reason | undefined>([
  undefined,
  "permission-missing",
  "route-missing",
  "propagating",
  "undetermined",
]);

/** Cognito and IAM answer with these until a new pool or role is known everywhere. */
const passingCodes = new Set(["pool-not-found", "pool-configuration"]);

/**
 * Whether a failed check can pass later without any change, because the deployment is still spreading:
 *
 * - A route answers 404 or 5xx, or the DNS does not know its host: the API is new.
 * - A route answers 403 to a valid request: the role's policy or the authorizer is not active yet. The diagnosis can
 *   rule this out, for example when the signature does not match.
 * - Cognito does not know the pool, or cannot use its roles yet.
 *
 * A negative control that let a request through and an unexpected response never qualify. A second attempt would hide
 * the fault.
 * @param explain adds the diagnosis; called only where a refusal can have causes of both kinds
 */
async function mayPassLater(
  name: CheckName,
  error: AuthCliError,
  explain: (error: AuthCliError) => Promise<AuthCliError>,
): Promise<boolean> {
  if (passingCodes.has(error.code)) return passingReasons.has((await explain(error)).reason);
  if (!(error instanceof RouteFailure)) return error.code === "unreachable" && isOfRoute(name);
  const { status, text } = error.refused.reply;
  if (status === 404 || status >= 500) return true;
  if (status !== 403 || namesSignature(text)) return false;
  return passingReasons.has((await explain(error)).reason);
}

function isOfRoute(name: CheckName): boolean {
  return name === "public.open" || name.startsWith("private.");
}

/** REST APIs report signature errors in the body. */
function namesSignature(text: string): boolean {
  return /signature we calculated|SignatureDoesNotMatch|Signature expired|security token/i.test(text);
}
