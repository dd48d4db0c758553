/** Percent-encodes as in RFC 5849 §3.6: everything but `A-Z a-z 0-9 - . _ ~`, as upper-case UTF-8 octets. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Reverses {@link percentEncode}. Undefined for a malformed escape, or octets that are not UTF-8. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A decoded name and value. Names may repeat, and both may be empty. */
export type Parameter = readonly [name: string, value: string];

/**
 * Decodes `application/x-www-form-urlencoded` text: `+` is a space, and `name` alone has an empty value.
 * Undefined for a malformed escape.
 */
export function decodeForm(text: string): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const spaced = pair.replaceAll("+", " ");
    const equals = spaced.indexOf("=");
    const name = percentDecode(equals < 0 ? spaced : spaced.slice(0, equals));
    const value = percentDecode(equals < 0 ? "" : spaced.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    parameters.push([name, value]);
  }
  return parameters;
}

/** Encodes parameters as Twitter's replies do. */
export function encodeForm(parameters: readonly Parameter[]): string {
  return parameters.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join("&");
}
