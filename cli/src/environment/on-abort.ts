const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * As `addEventListener`, which searches all listeners of a signal for each new one: hundreds of requests share a signal.
 * @returns removes the listener
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const known = listeners.get(signal) ?? listenTo(signal);
  known.add(listener);
  return () => known.delete(listener);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  signal.addEventListener("abort", () => all.forEach((each) => each()), { once: true });
  listeners.set(signal, all);
  return all;
}
