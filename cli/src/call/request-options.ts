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
    (flags.header ?? []).filter(isDropped).map((text) => text.slice(0, -1).toLowerCase()),
  );
  const add = (name: string, value: string): void => {
    if (headerValue(headers, name) === undefined && !dropped.has(name.toLowerCase()))
      headers.push([name, value]);
  };
  add("Accept", "*/*");
  if (body !== undefined) add("Content-Type", "application/x-www-form-urlencoded");

  const method = flags.request ?? (body === undefined ? "GET" : "POST");
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
  if (/^[^:]+;$/.test(text)) return [text.slice(0, -1), ""];
  const colon = text.indexOf(":");
  if (colon > 0) return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  throw new AuthCliError("invalid-usage", {
    // A header often holds a secret: only its length is told.
    message: `a header of ${text.length} characters is without a name and a colon (--header)`,
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

/** `--url-query name=value` encodes the value, `+text` adds the text as it is. */
function addQuery(url: URL, parameters: readonly string[]): URL {
  for (const parameter of parameters) {
    const equals = parameter.indexOf("=");
    const text = parameter.startsWith("+")
      ? parameter.slice(1)
      : `${parameter.slice(0, equals + 1)}${encodeURIComponent(parameter.slice(equals + 1))}`;
    url.search += (url.search === "" ? "" : "&") + text;
  }
  return url;
}
