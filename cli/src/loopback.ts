const address = /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/**
 * Whether a host is this computer: 127.0.0.0/8, ::1, localhost and the names below it (RFC 6761 6.3).
 * @param host in lower case, as in a URL. An IPv6 address may have brackets.
 */
export function isLoopback(host: string): boolean {
  const name = host.replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return name.replace(/^\[|\]$/g, "") === "::1" || address.test(name);
}
