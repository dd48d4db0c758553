/** Adds to a map that holds at most `maximum` entries; the oldest one makes room. */
export function setBounded<K, V>(map: Map<K, V>, maximum: number, key: K, value: V): void {
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size >= maximum) map.delete(oldest);
  map.set(key, value);
}
