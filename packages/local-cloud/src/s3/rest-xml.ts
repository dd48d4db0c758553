import type { AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";
import { toXml, xmlDeclaration } from "../aws/xml.ts";

/** {@link https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html} */
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/**
 * Writes an output of the SDK's types. Each item of a list becomes an element.
 *
 * @param itemNames names of the items' elements where they differ from the list's
 */
export function xmlResult<Output extends object>(
  root: string,
  output: Output,
  itemNames: Partial<Record<keyof Output & string, string>> = {},
): AwsResponse {
  const names: Record<string, string | undefined> = itemNames;
  const elements = Object.entries(output).flatMap(([name, value]: [string, unknown]) =>
    Array.isArray(value)
      ? value.map((item: unknown) => toXml(names[name] ?? name, item))
      : [toXml(name, value)],
  );
  return xmlDocument(root, elements.join(""));
}

/** @param contents XML, already escaped */
export function xmlDocument(root: string, contents: string): AwsResponse {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `${xmlDeclaration}<${root} xmlns="${namespace}">${contents}</${root}>`,
  };
}

export function emptyResult(status: number, headers: Record<string, string> = {}): AwsResponse {
  return { status, headers, body: "" };
}

/** @throws ServiceError MalformedXML */
export async function parseXml(body: Uint8Array): Promise<Record<string, unknown>> {
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  const text = Buffer.from(body).toString("utf8");
  if (XMLValidator.validate(text) !== true) throw malformedXml();
  return asRecord(parse(text));

  function parse(valid: string): unknown {
    try {
      // `htmlEntities` reads `&#xA;`, without which a key with a line break has another name.
      return new XMLParser({ parseTagValue: false, trimValues: false, htmlEntities: true }).parse(valid);
    } catch {
      // Elements that are nested too deep for the stack.
      throw malformedXml();
    }
  }
}

/** @throws ServiceError MalformedXML when the element has no members */
export function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformedXml();
  return value as Record<string, unknown>;
}

/** The parser returns a list only for repeated elements. */
export function asList(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export function malformedXml(): ServiceError {
  return new ServiceError(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}
