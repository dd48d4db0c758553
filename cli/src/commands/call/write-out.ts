import { resolve } from "node:path";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError, toAuthCliError } from "../../errors.ts";
import { headerValue, type HttpRequest, type HttpResponse, type Timings } from "../../http.ts";
import { visible } from "../../lines.ts";

/** What has happened when the text is printed. */
interface Transfer {
  request: HttpRequest;
  /** Undefined when no response came. */
  response: HttpResponse | undefined;
  /** Bytes of the response's body. */
  size: number;
  /** The error that the command ends with. */
  error: unknown;
}

/** The text of `--write-out`. */
export type WriteOut = (transfer: Transfer) => Buffer;

/** Curl's variables that say something about one request without redirects. */
const variables: Readonly<Record<string, (transfer: Transfer) => string | number>> = {
  http_code: statusOf,
  response_code: statusOf,
  http_version: ({ response }) => response?.httpVersion ?? "0",
  content_type: ({ response }) => headerOf(response, "content-type"),
  redirect_url({ request, response }) {
    const location = headerOf(response, "location");
    return URL.canParse(location, request.url.href) ? new URL(location, request.url).href : "";
  },
  num_redirects: () => 0,
  method: ({ request }) => request.method,
  scheme: ({ request }) => request.url.protocol.slice(0, -1),
  url: ({ request }) => request.url.href,
  url_effective: ({ request }) => request.url.href,
  remote_ip: ({ response }) => response?.connection?.().remoteAddress ?? "",
  remote_port: ({ response }) => response?.connection?.().remotePort ?? 0,
  size_download: ({ size }) => size,
  size_upload: ({ request }) => request.body?.length ?? 0,
  time_namelookup: secondsOf("dnsMs"),
  time_connect: secondsOf("dnsMs", "tcpMs"),
  time_appconnect: ({ response }) =>
    response?.timings?.().tlsMs === undefined
      ? seconds(0)
      : secondsOf("dnsMs", "tcpMs", "tlsMs")({ response }),
  time_pretransfer: secondsOf("dnsMs", "tcpMs", "tlsMs"),
  time_starttransfer: secondsOf("dnsMs", "tcpMs", "tlsMs", "waitMs"),
  time_total: secondsOf("dnsMs", "tcpMs", "tlsMs", "waitMs", "bodyMs"),
  exitcode: ({ error }) => (error === undefined ? 0 : toAuthCliError(error).exitCode),
  errormsg: ({ error }) => (error === undefined ? "" : toAuthCliError(error).message),
  header_json: ({ response }) => JSON.stringify(headersOf(response)),
};

/**
 * Reads a format: a text, `@file` or `@-`.
 * @throws AuthCliError `invalid-usage` for an unknown variable
 * @see https://curl.se/docs/manpage.html#-w
 */
export async function readWriteOut(
  { files, terminal, workingDirectory }: Pick<Environment, "files" | "terminal" | "workingDirectory">,
  given: string,
): Promise<WriteOut> {
  const format =
    given === "@-"
      ? Buffer.from(await terminal.readAll()).toString()
      : given.startsWith("@")
        ? Buffer.from(files.readBytes(resolve(workingDirectory, given.slice(1)))).toString()
        : given;
  for (const [, name] of format.matchAll(/(?<!%)(?:%%)*%\{(.*?)\}/g)) {
    if (name === undefined || name === "json" || Object.hasOwn(variables, name)) continue;
    throw new AuthCliError("invalid-usage", {
      message: `unknown variable ${JSON.stringify(name)} (--write-out)`,
      cause: `the variables are ${Object.keys(variables).join(", ")}, json and %header{name}`,
      fix: "use one of them, for example '%{http_code}'",
    });
  }
  // A person's terminal must not obey what a server sent.
  const shown = terminal.resultColumns === undefined ? (text: string): string => text : visible;
  return (transfer) =>
    Buffer.from(
      format.replaceAll(
        /%%|%\{(.*?)\}|%header\{(.*?)\}|\\([nrt])/g,
        (all, name?: string, header?: string, escape?: string) => {
          if (all === "%%") return "%";
          if (escape !== undefined) return escapes[escape] ?? all;
          if (header !== undefined) return shown(headerOf(transfer.response, header));
          if (name === "json") {
            const entries = Object.entries(variables).filter(([each]) => each !== "header_json");
            return JSON.stringify(
              Object.fromEntries(entries.map(([each, value]) => [each, value(transfer)])),
            );
          }
          return shown(String(variables[name ?? ""]?.(transfer) ?? ""));
        },
      ),
    );
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function statusOf({ response }: Transfer): string {
  return String(response?.status ?? 0).padStart(3, "0");
}

function headerOf(response: HttpResponse | undefined, name: string): string {
  return headerValue(response?.headers ?? [], name) ?? "";
}

/** Curl's form: names in lower case, and all values of each. */
function headersOf(response: HttpResponse | undefined): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of response?.headers ?? []) (all[name.toLowerCase()] ??= []).push(value);
  return all;
}

/** With microseconds, as curl prints them. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}

type Duration = Exclude<keyof Timings, "reused">;

/** The sum of these parts of the exchange. */
function secondsOf(...parts: Duration[]): (transfer: Pick<Transfer, "response">) => string {
  return ({ response }) => {
    const timings = response?.timings?.();
    return seconds(parts.reduce((sum, part) => sum + (timings?.[part] ?? 0), 0));
  };
}
