export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/**
 * Serializes a response of the SDK's types for the query protocol: an element for each member, `<member>` elements for a
 * list, `<entry>` elements for a Map, ISO 8601 for a Date. Skips undefined.
 */
export function toXml(name: string, value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) {
    return `<${name}>${value.map((item) => toXml("member", item)).join("")}</${name}>`;
  }
  return `<${name}>${contents(value)}</${name}>`;
}

function contents(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) {
    return [...value]
      .map(([key, each]) => toXml("entry", { key: key as unknown, value: each as unknown }))
      .join("");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([name, member]) => toXml(name, member))
      .join("");
  }
  return escapeXml(String(value));
}

/** Escapes text and attribute values. Drops characters that XML 1.0 forbids. */
export function escapeXml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/\r/g, "&#13;")
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
}
