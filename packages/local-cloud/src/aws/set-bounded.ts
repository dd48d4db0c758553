/** Adds an entry, and removes the oldest one when the map holds `maximum` entries. */
export function setBounded<K, V>(map: Map<K, V>, maximum: number, key: K, value: V): void {
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size >= maximum) map.delete(oldest);
  map.set(key, value);
}
