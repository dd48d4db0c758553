/**
 * Why AWS IoT would not take a topic, or undefined. It closes the connection of the client.
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */
export function findTopicFault(topic: string, isFilter: boolean): string | undefined {
  if (topic === "") return "it is empty";
  if (Buffer.byteLength(topic) > 256) return "it is longer than 256 bytes";
  if (topic.includes("\0")) return "it has a null character";
  const levels = topic.split("/");
  if (levels.length > 8) return "it has more than 7 slashes";
  const isValid = (level: string, i: number): boolean =>
    !/[+#]/.test(level) || (isFilter && (level === "+" || (level === "#" && i === levels.length - 1)));
  return levels.every(isValid) ? undefined : "it has a wildcard where none is allowed";
}

/**
 * Whether a filter with `+` and `#` covers a topic. Wildcards do not cover topics of AWS, `$aws/…`.
 * https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718106
 */
export function covers(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const levels = topic.split("/");
  const pattern = filter.split("/");
  // `a/#` covers `a` as well.
  if (pattern.at(-1) === "#") {
    const parents = pattern.slice(0, -1);
    return levels.length >= parents.length && parents.every(matches);
  }
  return pattern.length === levels.length && pattern.every(matches);

  function matches(level: string, i: number): boolean {
    return level === "+" || level === levels[i];
  }
}
