import { AuthCliError } from "./errors.ts";
import { exchange, type HttpRequest, type Send } from "./http.ts";
import { isLoopback } from "./loopback.ts";

/** What is used of the `HttpRequest` of AWS's SDK. */
export interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  query?: Readonly<Record<string, string | string[] | null>> | undefined;
  headers: Readonly<Record<string, string>>;
  body?: unknown;
}

interface SdkResponse {
  response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
}

/**
 * Sends a request of the SDK as all others: with their time limits, proxy, authorities, trace and redaction.
 * @throws AuthCliError `invalid-configuration` for plain http to another computer
 */
export async function sendForSdk(
  send: Send,
  request: SdkRequest,
  options: Pick<HttpRequest, "step" | "timeoutMs">,
): Promise<SdkResponse> {
  const { method, protocol, hostname, port, path, query = {}, headers, body } = request;
  const url = new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`);
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) url.searchParams.append(name, value ?? "");
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) {
    throw new AuthCliError("invalid-configuration", {
      message: `${url.origin} uses plain http`,
      cause: "plain http sends tokens and keys unencrypted, so auth-cli uses it for this computer only",
      fix: "use https",
    });
  }
  const reply = await exchange(send, {
    ...options,
    method,
    url,
    headers: Object.entries(headers).filter(([name]) => !/^(host|content-length)$/i.test(name)),
    ...(typeof body === "string" || body instanceof Uint8Array ? { body: Buffer.from(body) } : {}),
  });
  const received = reply.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    response: { statusCode: reply.status, headers: Object.fromEntries(received), body: reply.body },
  };
}
