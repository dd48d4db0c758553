import { resolve } from "node:path";
import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import { headerValue, type Header, type HttpRequest } from "../protocol/http.ts";
import { apiStep, apiUrl } from "../protocol/http-api.ts";

/** The flags that shape the request; names and meanings are curl's. */
export interface RequestFlags {
  request?: string;
  header?: string[];
  data?: string[];
  dataBinary?: string[];
  urlQuery?: string[];
  /** Seconds. */
  maxTime?: number;
  /** Seconds. */
  connectTimeout?: number;
}

/** The request that the flags describe, not yet signed. */
export async function buildRequest(
  environment: Pick<Environment, "files" | "terminal" | "workingDirectory">,
  apiEndpoint: URL,
  path: string,
  flags: RequestFlags,
): Promise<HttpRequest> {
  const body = await readBody(environment, flags);
  const headers = (flags.header ?? []).map(parseHeader).filter((header) => header !== undefined);
  const dropped = new Set(
    (flags.header ?? []).filter(isDropped).map((text) => text.slice(0, text.indexOf(":")).toLowerCase()),
  );
  const add = (name: string, value: string): void => {
    if (headerValue(headers, name) === undefined && !dropped.has(name.toLowerCase()))
      headers.push([name, value]);
  };
  add("Accept", "*/*");
  if (body !== undefined) add("Content-Type", "application/x-www-form-urlencoded");

  // Node sends it in capitals in any case; the signature and the retries are to see the same.
  const method = (flags.request ?? (body === undefined ? "GET" : "POST")).toUpperCase();
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) {
    throw new AuthCliError("invalid-usage", {
      message: `${JSON.stringify(method)} is not an HTTP method (--request)`,
      fix: "use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS",
    });
  }
  return {
    step: apiStep,
    method,
    url: addQuery(apiUrl(apiEndpoint, path), flags.urlQuery ?? []),
    headers,
    body,
    ...(flags.maxTime === undefined ? {} : { timeoutMs: flags.maxTime * 1000 }),
    ...(flags.connectTimeout === undefined ? {} : { connectTimeoutMs: flags.connectTimeout * 1000 }),
  };
}

/** `-H 'Name: value'`; `Name:` drops a header of ours, `Name;` sends an empty one. */
function parseHeader(text: string): Header | undefined {
  if (isDropped(text)) return undefined;
  const [, name, value] = /^([^:;]+);$/.exec(text) ?? /^([^:]+):(.*)$/s.exec(text) ?? [];
  const header: Header = [(name ?? "").trim(), (value ?? "").trim()];
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(header[0]) && /^[\t\x20-\x7e]*$/.test(header[1])) return header;
  throw new AuthCliError("invalid-usage", {
    // A header often holds a secret: only its length is told.
    message: `a header of ${text.length} characters is not a name, a colon and a value (--header)`,
    cause: "a name is letters, digits and dashes, a value printable ASCII (RFC 9110 5.5)",
    fix: "write it as 'Name: value'",
  });
}

function isDropped(text: string): boolean {
  return /^[^:]+:\s*$/.test(text);
}

/** Several `-d` are joined by `&`, as curl does. */
async function readBody(
  environment: Pick<Environment, "files" | "terminal" | "workingDirectory">,
  { data = [], dataBinary = [] }: RequestFlags,
): Promise<Uint8Array | undefined> {
  if (data.length + dataBinary.length === 0) return undefined;
  const parts: Uint8Array[] = [];
  for (const text of data) {
    const bytes = await readPart(environment, text);
    // curl's --data takes line ends and NUL out of a file, and leaves what was typed as it is.
    parts.push(
      text.startsWith("@") ? bytes.filter((byte) => byte !== 10 && byte !== 13 && byte !== 0) : bytes,
    );
  }
  for (const text of dataBinary) parts.push(await readPart(environment, text));
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from("&"), part])));
}

async function readPart(
  environment: Pick<Environment, "files" | "terminal" | "workingDirectory">,
  text: string,
): Promise<Uint8Array> {
  if (text === "@-") return environment.terminal.readAll();
  if (text.startsWith("@"))
    return environment.files.readBytes(resolve(environment.workingDirectory, text.slice(1)));
  return Buffer.from(text);
}

/** `--url-query name=value` encodes the value, `value` and `=value` too; `+text` adds the text as it is. */
function addQuery(url: URL, parameters: readonly string[]): URL {
  for (const parameter of parameters) {
    const equals = parameter.indexOf("=");
    const name = equals > 0 ? parameter.slice(0, equals + 1) : "";
    const text = parameter.startsWith("+")
      ? parameter.slice(1)
      : name + encodeURIComponent(parameter.slice(equals + 1));
    // A bare plus is a space, as in apiUrl.
    url.search += (url.search === "" ? "" : "&") + text.replaceAll("+", "%20");
  }
  return url;
}
