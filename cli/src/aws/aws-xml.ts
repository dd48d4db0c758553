import { parseXml as parseDocument, XmlElement } from "@rgrove/parse-xml";

/**
 * Parses a reply of the query protocol into nested objects. Repeated elements become arrays. Text stays text: a stack
 * output of digits is not a number.
 * @returns undefined when the text is not XML
 */
export function parseXml(xml: string): unknown {
  try {
    const { root } = parseDocument(xml);
    return root === null ? undefined : { [root.name]: contentOf(root) };
  } catch {
    return undefined;
  }
}

function contentOf(element: XmlElement): unknown {
  const children = element.children.filter((child) => child instanceof XmlElement);
  if (children.length === 0) return element.text;
  const content: Record<string, unknown> = {};
  for (const child of children) {
    const known = content[child.name];
    const value = contentOf(child);
    if (known === undefined) content[child.name] = value;
    else content[child.name] = Array.isArray(known) ? [...(known as unknown[]), value] : [known, value];
  }
  return content;
}

/** The content of nested elements. Undefined when one of them is missing. */
export function path(value: unknown, ...names: string[]): unknown {
  return names.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}

/** The `<member>` elements of a list. */
export function members(list: unknown): unknown[] {
  const member = path(list, "member");
  if (member === undefined) return [];
  return Array.isArray(member) ? member : [member];
}

/** The text of a nested element. Undefined when it is empty or missing. */
export function text(value: unknown, ...names: string[]): string | undefined {
  const found = path(value, ...names);
  return typeof found === "string" && found !== "" ? found : undefined;
}
