import { parseXml as parseDocument, XmlElement } from "@rgrove/parse-xml";

/**
 * A reply of one of AWS's query services as objects, a list for what is repeated; undefined when it is no XML. Text stays
 * text: an output that is all digits is not a number.
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

/** What is within elements within elements; undefined when one of them is not there. */
export function path(value: unknown, ...names: string[]): unknown {
  return names.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}

/** AWS's lists are `<member>` elements: none, one or many. */
export function members(list: unknown): unknown[] {
  const member = path(list, "member");
  if (member === undefined) return [];
  return Array.isArray(member) ? member : [member];
}

/** The text of an element. */
export function text(value: unknown, ...names: string[]): string | undefined {
  const found = path(value, ...names);
  return typeof found === "string" && found !== "" ? found : undefined;
}
