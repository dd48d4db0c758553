/** What an XML reply is written from; undefined leaves an element out, an array becomes `<member>` elements. */
export type XmlValue =
  string | number | boolean | Date | undefined | readonly XmlValue[] | { readonly [name: string]: XmlValue };

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The query protocol's serialisation: one element a member, lists as `<member>`, times in ISO 8601. */
export function toXml(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) {
    return `<${name}>${value.map((item: XmlValue) => toXml("member", item)).join("")}</${name}>`;
  }
  return `<${name}>${contents(value)}</${name}>`;
}

function contents(value: Exclude<XmlValue, undefined | readonly XmlValue[]> | readonly XmlValue[]): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, member]) => toXml(name, member))
      .join("");
  }
  return escapeXml(String(value));
}

/** Escapes text and attribute values, and drops what XML 1.0 cannot carry at all. */
export function escapeXml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/\r/g, "&#13;")
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
}
