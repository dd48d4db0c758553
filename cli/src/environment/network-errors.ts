import { AuthCliError, type ErrorCode } from "../errors.ts";
import type { HttpRequest } from "../http.ts";

/** The way through a proxy failed before the server was reached. */
export class ProxyError extends Error {
  /** Host and port; never its user or password. */
  readonly proxy: string;
  /** What the proxy answered in place of opening the way, when it answered. */
  readonly status: number | undefined;
  /** Node's error code, when it could not be reached. */
  readonly code: string | undefined;

  constructor(proxy: string, { status, code }: { status?: number; code?: string | undefined }) {
    super(`the proxy ${proxy} failed`);
    this.proxy = proxy;
    this.status = status;
    this.code = code;
  }
}

/** By Node's error code. */
const causes: readonly [RegExp, ErrorCode, string][] = [
  [/^ECONNREFUSED$/, "unreachable", "nothing listens at that address and port"],
  [/^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/, "unreachable", "the host name has no address (DNS)"],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/,
    "unreachable",
    "there is no route to that address",
  ],
  [/^ETIMEDOUT$/, "timeout", "the connection timed out"],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED)$/,
    "connection-lost",
    "the server, or something on the way, closed the connection",
  ],
  [/^HPE_/, "unexpected-reply", "what answered does not speak HTTP"],
  [
    /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_|ERR_SSL_|EPROTO)/,
    "tls-refused",
    "its TLS certificate is not trusted",
  ],
];

/** What Node threw, in the words of an error of ours. */
export function networkError(request: HttpRequest, thrown: unknown): AuthCliError {
  if (thrown instanceof ProxyError) return proxyError(request, thrown);
  const code = (thrown as { code?: unknown }).code;
  const known = typeof code === "string" ? causes.find(([pattern]) => pattern.test(code)) : undefined;
  const { url, step } = request;
  if (known === undefined) {
    return new AuthCliError("unreachable", {
      step,
      message: `the exchange with ${url.host} failed`,
      cause: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
  const [, errorCode, cause] = known;
  const fix =
    errorCode === "tls-refused"
      ? "if the certificate is your own, name its authority with --cacert; verification is never switched off"
      : `check that ${url.origin} is the right address and that it can be reached from here`;
  return new AuthCliError(errorCode, {
    step,
    message: `cannot reach ${url.host}`,
    cause: `${cause} (${String(code)})`,
    fix,
  });
}

function proxyError({ url, step }: HttpRequest, { proxy, status, code }: ProxyError): AuthCliError {
  const fix = "check HTTPS_PROXY, or name the host in NO_PROXY to reach it without the proxy";
  if (status === undefined) {
    const known = causes.find(([pattern]) => pattern.test(code ?? ""));
    return new AuthCliError(known?.[1] ?? "unreachable", {
      step,
      message: `cannot reach ${url.host}: the proxy ${proxy} cannot be reached`,
      cause: known === undefined ? (code ?? "the connection failed") : `${known[2]} (${code})`,
      fix,
    });
  }
  return new AuthCliError("proxy-refused", {
    step,
    message: `the proxy ${proxy} does not open a way to ${url.host}: HTTP ${status}`,
    cause:
      status === 407
        ? "it wants a user and a password, or does not accept the ones given"
        : "the proxy forbids it, or cannot reach the host itself",
    fix: status === 407 ? "write them as http://user:password@proxy:port in HTTPS_PROXY" : fix,
  });
}
