import type { AwsResponse } from "./request.ts";
import type { ServiceError } from "./service-error.ts";
import { toXml, xmlDeclaration, type XmlValue } from "./xml.ts";

/**
 * The AWS query protocol: form-encoded parameters in, XML out.
 * {@link https://smithy.io/2.0/aws/protocols/aws-query-protocol.html}
 */
export class QueryParameters {
  readonly #parameters: URLSearchParams;

  constructor(form: string) {
    this.#parameters = new URLSearchParams(form);
  }

  get action(): string | undefined {
    return this.text("Action");
  }

  get version(): string | undefined {
    return this.text("Version");
  }

  text(name: string): string | undefined {
    return this.#parameters.get(name) ?? undefined;
  }

  flag(name: string): boolean {
    return this.text(name) === "true";
  }

  has(name: string): boolean {
    const prefix = `${name}.`;
    return [...this.#parameters.keys()].some((key) => key === name || key.startsWith(prefix));
  }

  /** `Tags.member.1.Key=…&Tags.member.1.Value=…` → one record a member, in the order of their numbers. */
  records(name: string): Record<string, string>[] {
    const prefix = `${name}.member.`;
    const byNumber = new Map<number, Record<string, string>>();
    for (const [key, value] of this.#parameters) {
      if (!key.startsWith(prefix)) continue;
      const [number = "", ...field] = key.slice(prefix.length).split(".");
      const record = byNumber.get(Number(number)) ?? {};
      record[field.join(".")] = value;
      byNumber.set(Number(number), record);
    }
    return [...byNumber.entries()].toSorted(([a], [b]) => a - b).map(([, record]) => record);
  }

  /** `Capabilities.member.1=…` → the values in the order of their numbers. */
  list(name: string): string[] {
    return this.records(name).map((record) => record[""] ?? "");
  }
}

export function queryResult(
  action: string,
  namespace: string,
  result: XmlValue,
  requestId: string,
): AwsResponse {
  const body = `${toXml(`${action}Result`, result)}${toXml("ResponseMetadata", { RequestId: requestId })}`;
  return xmlResponse(200, `<${action}Response xmlns="${namespace}">${body}</${action}Response>`, requestId);
}

export function queryError(error: ServiceError, namespace: string, requestId: string): AwsResponse {
  const members = {
    Type: error.status < 500 ? "Sender" : "Receiver",
    Code: error.code,
    Message: error.message,
  };
  const body = `${toXml("Error", members)}${toXml("RequestId", requestId)}`;
  return xmlResponse(error.status, `<ErrorResponse xmlns="${namespace}">${body}</ErrorResponse>`, requestId);
}

function xmlResponse(status: number, document: string, requestId: string): AwsResponse {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body: xmlDeclaration + document,
  };
}
