import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Frees the buffers of a stream that has been read: V8 by itself lets 32 MB of them gather outside its heap, which is
 * most of what a long response costs. A collection of the young generation alone takes a fraction of a millisecond.
 */
export function createBufferCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("globalThis.gc") as ((options: { type: "minor" }) => void) | undefined;
  return () => gc?.({ type: "minor" });
}
