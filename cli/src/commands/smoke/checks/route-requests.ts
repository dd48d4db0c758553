import { gatewayName } from "../../../aws/api-host.ts";
import { apiUrl } from "../../../aws/execute-api.ts";
import { isFromApi } from "../../../diagnosis/api-reply.ts";
import type { AwsCredentials } from "../../../aws/sigv4.ts";
import { excerpt, headerValue, type HttpRequest, type Reply, replyText } from "../../../http.ts";
import { askSecondClock } from "../../../deployment/second-clock.ts";
import { type RouteFailure, routeFailure } from "../check-errors.ts";
import type { Chain } from "../check-runner.ts";
import type { CheckedRoute } from "../routes/plan-routes.ts";

/**
 * For the whole answer of a route. API Gateway waits 30 s for a function, then answers HTTP 503, which shows a function
 * that takes too long. A shorter limit would look like a server that cannot be reached.
 */
export const routeTimeoutMs = 35_000;

export function somethingElseAnswered({ url }: Pick<HttpRequest, "url">): string {
  return `something else answered instead of ${gatewayName(url)}: a proxy, a firewall, a login page of a network or another server`;
}

/** The servers' time, once two services agree on it. */
export function signingTime({
  environment,
  resolved,
}: Pick<Chain, "environment" | "resolved">): Promise<number> {
  return environment.serverClock.confirmedNow(() => askSecondClock(environment, resolved));
}

export function unsignedRequest(
  step: string,
  { resolved }: Chain,
  { method, path }: CheckedRoute,
): HttpRequest {
  const url = apiUrl(resolved.deployment.apiEndpoint, path);
  return { step, method, url, headers: [["Accept", "*/*"]], timeoutMs: routeTimeoutMs };
}

/**
 * Passes a response with the expected status and body. Without an expected status, any 2xx passes. A route of the
 * template has no expectations, so any response of its handler passes, except a redirect: that may be a sign-in page's.
 * Without an expected body, only a response with API Gateway's headers passes, since a proxy can answer HTTP 200 too.
 * @param what the subject of the message: `GET /private without a signature`
 * @param explanation for a response that does not come from the handler
 * @throws RouteFailure
 */
export function requireExpectedResponse(
  what: string,
  request: HttpRequest,
  reply: Reply,
  { expected }: CheckedRoute,
  explanation: { cause: string; fix: string },
  credentials?: AwsCredentials,
): void {
  const { status } = reply;
  const text = replyText(reply);
  const gateway = gatewayName(request.url);
  const fail = (message: string, why: { cause: string; fix: string }): RouteFailure =>
    routeFailure({ step: request.step, message, ...why }, request, reply, credentials);

  const wanted = expected?.status;
  const isExpected =
    wanted === undefined
      ? expected === undefined
        ? isFromHandler(status)
        : status >= 200 && status < 300
      : status === wanted;
  if (!isExpected) {
    const not = wanted === undefined ? "" : `, not ${wanted}`;
    throw fail(
      `${what} answered HTTP ${status}${not}: ${excerpt(text)}`,
      !isFromApi(reply)
        ? {
            cause: somethingElseAnswered(request),
            fix: `check ${request.url.origin}, and the proxies on the way to it`,
          }
        : isFromHandler(status)
          ? {
              cause: "the handler returned an unexpected status",
              fix: "fix the handler, or set the expected status with --expect-status",
            }
          : explanation,
    );
  }
  if (wanted === undefined && status >= 300 && status < 400) {
    throw fail(`${what} answered HTTP ${status}${redirectTarget(reply)}, which proves nothing`, {
      cause: isFromApi(reply)
        ? "the handler redirects, perhaps to a sign-in page; auth-cli follows no redirect with credentials"
        : somethingElseAnswered(request),
      fix: `name the path that it leads to, or set --expect-status ${status}`,
    });
  }
  if (expected?.body === undefined && !isFromApi(reply)) {
    throw fail(`${what} answered HTTP ${status}, but not from ${gateway}: ${excerpt(text)}`, {
      cause: somethingElseAnswered(request),
      fix: `check ${request.url.origin}, and the proxies on the way to it; if one of them removes ${gateway}'s headers, set --expect-body`,
    });
  }
  if (expected?.body !== undefined && !text.includes(expected.body)) {
    throw fail(`${what} answered ${excerpt(text)}, which does not contain ${JSON.stringify(expected.body)}`, {
      cause: "the response differs from --expect-body",
      fix: "fix the handler, or change --expect-body",
    });
  }
}

function redirectTarget({ headers }: Reply): string {
  const location = headerValue(headers, "location");
  return location === undefined ? "" : `, a redirect to ${excerpt(location)}`;
}

/** API Gateway and its authorizers send the other statuses. */
function isFromHandler(status: number): boolean {
  return status < 500 && ![401, 403, 404, 429].includes(status);
}
