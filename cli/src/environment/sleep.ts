import { interrupted } from "./interrupted.ts";

/** Rejects with `interrupted`, or with the reason of `signal`. */
export async function sleep(ms: number, interruption: AbortSignal, signal?: AbortSignal): Promise<void> {
  const { setTimeout: delay } = await import("node:timers/promises");
  const signals = signal === undefined ? [interruption] : [interruption, signal];
  try {
    await delay(ms, undefined, { signal: AbortSignal.any(signals) });
  } catch {
    throw interruption.aborted ? interrupted() : signal?.reason;
  }
}
