import { AuthCliError, computerFault, type ErrorCode } from "../errors.ts";
import type { HttpRequest } from "../http.ts";
import { isLoopback } from "../loopback.ts";
import type { Proxy } from "./proxy.ts";

/** Thrown when a proxy fails or refuses before it reaches the server. */
export class ProxyError extends Error {
  /** Host and port, without user and password. */
  readonly proxy: string;
  /** The environment variable that names the proxy. */
  readonly variable: string;
  /** The proxy's response to CONNECT, when it responded. */
  readonly status: number | undefined;
  /** Node's error code, when the proxy is unreachable. */
  readonly code: string | undefined;

  constructor(
    { name, variable }: Pick<Proxy, "name" | "variable">,
    { status, code }: { status?: number; code?: string | undefined },
  ) {
    super(`the proxy ${name} failed`);
    this.proxy = name;
    this.variable = variable;
    this.status = status;
    this.code = code;
  }
}

/** By Node's error code. `{host}` stands for the host's name. */
const causes: readonly [RegExp, ErrorCode, string][] = [
  [/^ECONNREFUSED$/, "unreachable", "nothing listens on that address and port"],
  [/^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/, "unreachable", "DNS found no address for {host}"],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/,
    "unreachable",
    "no route to that address",
  ],
  [/^ETIMEDOUT$/, "timeout", "the connection timed out"],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED)$/,
    "connection-lost",
    "the server, or a proxy or firewall, closed the connection",
  ],
  [/^HPE_/, "unexpected-reply", "the response is not HTTP"],
  [
    /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_|ERR_SSL_|EPROTO)/,
    "tls-refused",
    "its TLS certificate is not trusted",
  ],
];

function causeOf(text: string, host: string, code: string): string {
  return `${text.replace("{host}", () => host)} (${code})`;
}

/** Twitter and AWS, whose addresses nobody typed. An address of an API comes from an outputs file or a flag. */
const ownAddress = /^api\.x\.com$|^(?!.*\.(execute-api|lambda-url|appsync-api)\.).+\.amazonaws\.com(\.cn)?$/;

/** What to check when a server does not answer. */
export function reachabilityFix(url: URL): string {
  if (ownAddress.test(url.hostname)) return "check your internet connection, DNS and proxy";
  const check = `check that ${url.origin} is the right address`;
  return isLoopback(url.hostname)
    ? `${check}; a local cloud loses its deployments when it stops: start it again and deploy again`
    : `${check} and can be reached from here`;
}

/** Translates an error of Node. */
export function networkError(request: HttpRequest, thrown: unknown): AuthCliError {
  if (thrown instanceof ProxyError) return proxyError(request, thrown);
  const fault = computerFault(thrown, request.step);
  if (fault !== undefined) return fault;
  const code = (thrown as { code?: unknown }).code;
  const known = typeof code === "string" ? causes.find(([pattern]) => pattern.test(code)) : undefined;
  const { url, step } = request;
  if (known === undefined) {
    return new AuthCliError("unreachable", {
      step,
      message: `the request to ${url.host} failed`,
      cause: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
  const [, errorCode, cause] = known;
  const fix =
    errorCode === "tls-refused"
      ? "for a private certificate authority, run the command with `--cacert FILE`"
      : reachabilityFix(url);
  return new AuthCliError(errorCode, {
    step,
    message: `cannot reach ${url.host}`,
    cause: causeOf(cause, url.hostname, String(code)),
    fix,
  });
}

/**
 * A body that broke off.
 * @param received bytes of it that arrived
 * @param code Node's error code. Undefined when the connection was closed in good order.
 */
export function bodyError({ step, url }: HttpRequest, received: number, code?: string): AuthCliError {
  const arrived = `${received} byte${received === 1 ? "" : "s"} of the body arrived`;
  const fix =
    "run the command again; if it fails again, check the proxies between this computer and the server";
  if (code?.startsWith("HPE_")) {
    const message = `${url.host} sent a reply that is not HTTP`;
    return new AuthCliError("unexpected-reply", { step, message, cause: `${arrived}, then ${code}`, fix });
  }
  const isOrderly = code === undefined || code === "ERR_STREAM_PREMATURE_CLOSE";
  return new AuthCliError("connection-lost", {
    step,
    message: `${url.host} closed the connection in the middle of its reply`,
    cause: isOrderly
      ? `${arrived}; the reply is shorter than its Content-Length, or its last chunk is missing`
      : `${arrived}, then the connection broke (${code})`,
    fix,
  });
}

function proxyError({ url, step }: HttpRequest, { proxy, variable, status, code }: ProxyError): AuthCliError {
  const fix = `check ${variable}, or add the host to NO_PROXY to connect without the proxy`;
  if (status === undefined) {
    const known = causes.find(([pattern]) => pattern.test(code ?? ""));
    return new AuthCliError(known?.[1] ?? "unreachable", {
      step,
      message: `cannot reach ${url.host}: the proxy ${proxy} cannot be reached`,
      cause:
        known === undefined
          ? (code ?? "the connection failed")
          : causeOf(known[2], proxy.replace(/:\d+$/, ""), code ?? ""),
      fix,
    });
  }
  return new AuthCliError("proxy-refused", {
    step,
    message: `the proxy ${proxy} refused to connect to ${url.host}: HTTP ${status}`,
    cause:
      status === 407
        ? "it requires a user and a password, or rejects the given ones"
        : "the proxy forbids this host, or cannot reach it",
    fix: status === 407 ? `set ${variable} to http://user:password@proxy:port` : fix,
  });
}
