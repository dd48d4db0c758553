import { resolve } from "node:path";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { headerValue, type Header, type HttpRequest } from "../../http.ts";
import { apiStep, apiUrl } from "../../aws/execute-api.ts";
import { encodeQuery } from "../../aws/sigv4.ts";
import { rejectConvertedPath } from "../flags/git-bash.ts";
import { methods, requireMethod } from "../flags/method.ts";
import type { Form } from "./form.ts";

/** One of curl's flags for the body: `--data`, `--data-binary`, `--data-raw`, `--data-urlencode`, `--json`. */
export interface BodyPart {
  /** `text`, `@file` or `@-`. */
  text: string;
  kind: "data" | "binary" | "raw" | "encoded" | "json";
}

/** The flags that describe the request, with curl's names and meanings. */
export interface RequestFlags {
  request?: string;
  head?: boolean;
  header?: string[];
  /** In the order of the command line. */
  body?: BodyPart[];
  /** The body becomes the query. */
  get?: boolean;
  form?: string[];
  userAgent?: string;
  urlQuery?: string[];
  compressed?: boolean;
  /** Seconds. */
  maxTime?: number;
  /** Seconds. */
  connectTimeout?: number;
}

type Surroundings = Pick<Environment, "files" | "terminal" | "workingDirectory" | "platform" | "variables">;

/**
 * The request that the flags describe, unsigned.
 * @param target `/items`, an absolute URL of the API, or a method and one of them
 * @throws AuthCliError `invalid-usage`
 */
export async function buildRequest(
  environment: Surroundings,
  apiEndpoint: URL,
  target: readonly string[],
  flags: RequestFlags,
): Promise<HttpRequest> {
  rejectConvertedPath(target, environment);
  const { path, method: named } = splitTarget(target, flags);
  const data = await readBody(environment, flags.body ?? []);
  const form = await readForm(environment, flags);
  const body = flags.get ? undefined : (form?.body ?? data);
  const isJson = flags.body?.some(({ kind }) => kind === "json");
  const lines = (flags.header ?? []).flatMap((text) => headerLines(environment, text));
  const headers = lines.map(parseHeader).filter((header) => header !== undefined);
  const dropped = new Set(
    lines.filter(isDropped).map((text) => text.slice(0, text.indexOf(":")).toLowerCase()),
  );
  const add = (name: string, value: string): void => {
    if (headerValue(headers, name) === undefined && !dropped.has(name.toLowerCase()))
      headers.push([name, value]);
  };
  add("User-Agent", flags.userAgent ?? "auth-cli");
  add("Accept", isJson ? "application/json" : "*/*");
  if (flags.compressed) add("Accept-Encoding", "gzip, deflate, br");
  if (body !== undefined || (isJson && flags.get)) {
    add(
      "Content-Type",
      form?.contentType ?? (isJson ? "application/json" : "application/x-www-form-urlencoded"),
    );
  }

  requireOwnLength(headers, body);
  return {
    step: apiStep,
    method: named ?? (flags.head ? "HEAD" : body === undefined ? "GET" : "POST"),
    url: addQuery(environment, apiUrl(apiEndpoint, path), [
      ...(flags.get && data !== undefined ? [`+${Buffer.from(data).toString()}`] : []),
      ...(flags.urlQuery ?? []),
    ]),
    headers,
    body,
    ...(flags.maxTime === undefined ? {} : { timeoutMs: flags.maxTime * 1000 }),
    ...(flags.connectTimeout === undefined ? {} : { connectTimeoutMs: flags.connectTimeout * 1000 }),
  };
}

/**
 * Rejects a method without a path, and an empty path. A path with a method's name starts with a slash.
 * @throws AuthCliError `invalid-usage`
 */
export function requirePath(target: readonly string[]): void {
  const [method = "", ...others] = target;
  if (target.at(-1) === "") {
    throw new AuthCliError("invalid-usage", {
      message: "call needs a path, but the path is empty",
      cause: "an unset shell variable expands to an empty value",
      fix: "use / for the root of the API",
    });
  }
  if (others.length > 0 || !methods.includes(method)) return;
  throw new AuthCliError("invalid-usage", {
    message: `call needs a path after ${method}`,
    cause: `${method} is the method`,
    fix: `run \`auth-cli call ${method} /private\` with your own path`,
  });
}

function splitTarget(
  target: readonly string[],
  flags: RequestFlags,
): { path: string; method: string | undefined } {
  const path = target.at(-1) ?? "";
  const [before] = target.slice(0, -1);
  if (target.length > 2 || (before !== undefined && !/^[A-Za-z]+$/.test(before))) {
    throw new AuthCliError("invalid-usage", {
      message: `expected one path, got ${target.map((word) => JSON.stringify(word)).join(" ")}`,
      fix: "use a path, or a method and a path: `auth-cli call DELETE /items/1`",
    });
  }
  // Node sends the method in capitals, so the signature and the retries need it in capitals too.
  const given = before?.toUpperCase();
  const flagged = flags.request?.toUpperCase();
  if (given !== undefined && flagged !== undefined && given !== flagged) {
    throw new AuthCliError("invalid-usage", {
      message: `two methods: ${given} before the path, ${flagged} in --request`,
      fix: "use one of them",
    });
  }
  const method = given ?? flagged;
  if (method !== undefined) requireMethod(method, given === undefined ? " (--request)" : "");
  return { path, method };
}

/** `-H @file` reads one header per line. */
function headerLines({ files, workingDirectory }: Surroundings, text: string): string[] {
  if (!text.startsWith("@")) return [text];
  const file = Buffer.from(files.readBytes(resolve(workingDirectory, text.slice(1)))).toString("latin1");
  return file.split(/\r?\n/).filter((line) => line.trim() !== "");
}

/** `Name: value` sets a header, `Name;` sends an empty one. `Name:` drops a default header (undefined). */
function parseHeader(text: string): Header | undefined {
  if (isDropped(text)) return undefined;
  const [, name, value] = /^([^:;]+);$/.exec(text) ?? /^([^:]+):(.*)$/s.exec(text) ?? [];
  const header: Header = [(name ?? "").trim(), (value ?? "").trim()];
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(header[0]) && /^[\t\x20-\x7e]*$/.test(header[1])) return header;
  throw new AuthCliError("invalid-usage", {
    // A header often holds a secret, so the message shows only its length.
    message: `invalid header of ${text.length} characters (--header)`,
    cause: "a header is a name, a colon and a value in printable ASCII (RFC 9110 5.5)",
    fix: "write it as 'Name: value'",
  });
}

/**
 * With a larger length the server would wait for more, and with a smaller one read the rest as another request.
 * @throws AuthCliError `invalid-usage`
 */
function requireOwnLength(headers: readonly Header[], body: Uint8Array | undefined): void {
  const given = headerValue(headers, "content-length");
  const length = body?.length ?? 0;
  if (given === undefined || given === String(length)) return;
  throw new AuthCliError("invalid-usage", {
    message: `Content-Length is ${JSON.stringify(given)} (--header), but the body has ${length} bytes`,
    fix: body === undefined ? "send a body with --data, or omit the header" : "omit the header",
  });
}

function isDropped(text: string): boolean {
  return /^[^:]+:\s*$/.test(text);
}

/** Loaded only for `--form`. */
async function readForm(
  environment: Surroundings,
  { form, get, body = [] }: RequestFlags,
): Promise<Form | undefined> {
  if (form === undefined) return undefined;
  if (get || body.length > 0) {
    throw new AuthCliError("invalid-usage", {
      message: `--form cannot be used with ${get ? "--get" : "--data"}`,
      cause: "a form is a body of its own",
      fix: get ? "use --data for the query" : "give each field with --form",
    });
  }
  const { encodeForm } = await import("./form.ts");
  return encodeForm(form, (file) => readPart(environment, file));
}

/** Joins several parts by `&`, as curl does, but not those of JSON. */
async function readBody(
  environment: Surroundings,
  parts: readonly BodyPart[],
): Promise<Uint8Array | undefined> {
  if (parts.length === 0) return undefined;
  const read: Uint8Array[] = [];
  for (const { text, kind } of parts) {
    if (read.length > 0 && kind !== "json") read.push(Buffer.from("&"));
    if (kind === "raw") read.push(Buffer.from(text));
    else if (kind === "encoded") read.push(Buffer.from(encodeParameter(environment, text)));
    else {
      const bytes = await readPart(environment, text);
      read.push(kind === "data" && text.startsWith("@") ? withoutLineEnds(bytes) : bytes);
    }
  }
  return read.length === 1 ? read[0] : Buffer.concat(read);
}

/** curl's `--data` removes line ends and NUL from a file, but not from text on the command line. */
function withoutLineEnds(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte) => byte !== 10 && byte !== 13 && byte !== 0);
}

async function readPart(environment: Surroundings, text: string): Promise<Uint8Array> {
  if (text === "@-") return environment.terminal.readAll();
  if (text.startsWith("@"))
    return environment.files.readBytes(resolve(environment.workingDirectory, text.slice(1)));
  return Buffer.from(text);
}

/**
 * `name=value`, `value` and `=value` encode the value. `name@file` and `@file` read it from a file. `+text` adds the text
 * unchanged.
 */
function addQuery(environment: Surroundings, url: URL, parameters: readonly string[]): URL {
  for (const parameter of parameters) {
    const text = parameter.startsWith("+") ? parameter.slice(1) : encodeParameter(environment, parameter);
    const encoded = encodeQuery(`?${text}`).slice(1);
    url.search += url.search === "" || encoded === "" ? encoded : `&${encoded}`;
  }
  return url;
}

function encodeParameter({ files, workingDirectory }: Surroundings, parameter: string): string {
  const equals = parameter.indexOf("=");
  const separator = equals >= 0 ? equals : parameter.indexOf("@");
  const name = separator > 0 ? `${parameter.slice(0, separator)}=` : "";
  const text = parameter.slice(separator + 1);
  const value =
    separator >= 0 && equals < 0 ? files.readBytes(resolve(workingDirectory, text)) : Buffer.from(text);
  return name + percentEncode(value);
}

/** Encodes bytes, not characters, since a file may not be UTF-8 (RFC 3986 2.3). */
function percentEncode(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
