import type { AwsResponse } from "./request.ts";
import type { ServiceError } from "./service-error.ts";
import { toXml, xmlDeclaration } from "./xml.ts";

/**
 * The parameters of a request in the AWS query protocol: form-encoded parameters in, XML out.
 * {@link https://smithy.io/2.0/aws/protocols/aws-query-protocol.html}
 * @typeParam Name names of the parameters
 */
export class QueryParameters<Name extends string = string> {
  readonly #parameters: URLSearchParams;

  constructor(form: string) {
    this.#parameters = new URLSearchParams(form);
  }

  get action(): string | undefined {
    return this.#parameters.get("Action") ?? undefined;
  }

  get version(): string | undefined {
    return this.#parameters.get("Version") ?? undefined;
  }

  text(name: Name): string | undefined {
    return this.#parameters.get(name) ?? undefined;
  }

  flag(name: Name): boolean {
    return this.text(name) === "true";
  }

  has(name: Name): boolean {
    const prefix = `${name}.`;
    return [...this.#parameters.keys()].some((key) => key === name || key.startsWith(prefix));
  }

  /** `Tags.member.1.Key=…&Tags.member.1.Value=…` → one record for each member, in numeric order. */
  records(name: Name): Record<string, string>[] {
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

  /** Every parameter, as the JSON protocols send them: `Tags.member.1.Key=…` → `{"Tags": [{"Key": …}]}`. All values are text. */
  members(): Record<string, unknown> {
    const root: Tree = new Map();
    for (const [key, value] of this.#parameters) {
      if (key === "Action" || key === "Version") continue;
      const path = key.split(".", deepestPath);
      let tree = root;
      for (const name of path.slice(0, -1)) {
        const next = tree.get(name);
        const branch: Tree = next instanceof Map ? next : new Map();
        tree.set(name, branch);
        tree = branch;
      }
      tree.set(path.at(-1) ?? "", value);
    }
    return Object.fromEntries([...root].map(([name, branch]) => [name, plain(branch)]));
  }

  /** `Capabilities.member.1=…` → the values in numeric order. */
  list(name: Name): string[] {
    return this.records(name).map((record) => record[""] ?? "");
  }
}

/** Names of a parameter's path. Real ones have at most eight. */
const deepestPath = 32;

type Tree = Map<string, Tree | string>;

function plain(branch: Tree | string): unknown {
  if (typeof branch === "string") return branch;
  const members = branch.get("member");
  if (branch.size !== 1 || !(members instanceof Map)) {
    return Object.fromEntries([...branch].map(([name, each]) => [name, plain(each)]));
  }
  return [...members].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, each]) => plain(each));
}

/** A request with the members of the SDK's type. */
export type QueryRequest<Input> = QueryParameters<keyof Input & string>;

export function queryResult(
  action: string,
  namespace: string,
  result: object,
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
