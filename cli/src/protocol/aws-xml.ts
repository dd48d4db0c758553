import { XMLParser } from "fast-xml-parser";

/** Text stays text: an output that is all digits is not a number. */
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true });

/** A reply of one of AWS's query services; undefined when it is no XML. */
export function parseXml(xml: string): unknown {
  try {
    return parser.parse(xml);
  } catch {
    return undefined;
  }
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
