/** Milliseconds of a clock that nobody sets. The first use of the global `performance` would load ten parts of Node. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
