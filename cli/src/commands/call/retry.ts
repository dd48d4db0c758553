import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { headerValue, type HttpResponse, readBody } from "../../http.ts";

const idempotent = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Whether a request may be repeated without another effect (RFC 9110 9.2.2). */
export function isIdempotent(method: string): boolean {
  return idempotent.has(method);
}

const transient = new Set([429, 500, 502, 503, 504]);
const longestWaitMs = 30_000;

/** Bytes. A new connection costs less than a longer body. */
const discardLimit = 64 * 1024;

/** Reports a failed attempt. */
export type Notice = (text: string) => void;

/**
 * Sends, and sends again after a transient failure (a lost connection, 429 or 5xx) of an idempotent method (RFC 9110
 * 9.2.2). Waits as long as `Retry-After` says, otherwise twice as long each time, less up to a half at random.
 * @param send signs and sends the request: each attempt needs a new signature
 */
export async function sendWithRetries(
  { sleep, now, random }: Pick<Environment, "sleep" | "now" | "random">,
  { method, retries }: { method: string; retries: number },
  send: () => Promise<HttpResponse>,
  notice: Notice,
): Promise<HttpResponse> {
  for (let attempt = 0; ; attempt += 1) {
    const left = isIdempotent(method) ? retries - attempt : 0;
    const outcome = await send().catch((error: unknown) => {
      const transientError =
        error instanceof AuthCliError && ["connection-lost", "timeout", "unreachable"].includes(error.code);
      if (left > 0 && transientError) return error;
      throw error;
    });
    const failed = outcome instanceof AuthCliError;
    if (!failed && (left <= 0 || !transient.has(outcome.status))) return outcome;
    const waitMs = (failed ? undefined : retryAfterMs(outcome, now())) ?? backoffMs(attempt, random());
    notice(
      `${failed ? outcome.message : `HTTP ${outcome.status}`}; trying again in ${(waitMs / 1000).toFixed(1)} s (${left} left)`,
    );
    if (!failed) await discard(outcome);
    await sleep(waitMs);
  }
}

/** @param share random, from 0 to 1, so that clients do not all retry at the same moment */
function backoffMs(attempt: number, share: number): number {
  const most = Math.min(1000 * 2 ** attempt, longestWaitMs);
  return most / 2 + share * (most / 2);
}

/** Seconds, or a time (RFC 9110 10.2.3). */
function retryAfterMs({ headers }: HttpResponse, nowMs: number): number | undefined {
  const value = headerValue(headers, "retry-after") ?? "";
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : httpDateMs(value) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), longestWaitMs);
}

function httpDateMs(value: string): number {
  return value.endsWith(" GMT") ? Date.parse(value) : Number.NaN;
}

/** Reads a short body to its end, so that the connection can be reused. A broken body does not matter. */
async function discard({ body }: HttpResponse): Promise<void> {
  await readBody(body, discardLimit).catch(() => {});
}
