import { isHostOfAws } from "../aws/api-host.ts";
import { headerValue } from "../http.ts";
import { type Observations, statusOf } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/**
 * Whether nothing on the way can have changed the refused request: it went to API Gateway's own address, by TLS or by an
 * address that API Gateway lists, or the same request was refused there too.
 */
export function isDirect(
  { reply, proxy, ownUrl, url }: Subject,
  { deployed, pastProxy, atOwnEndpoint }: Observations,
): boolean {
  // CloudFront, in front of an edge-optimized API, does not change requests.
  const via = headerValue(reply.headers, "via");
  if (via !== undefined && !/cloudfront/i.test(via)) return false;
  // TLS hides the request from a proxy.
  if (proxy !== undefined && url.protocol === "http:" && statusOf(pastProxy) !== 403) return false;
  return (
    isOfAws(url) ||
    (deployed !== undefined && url.protocol === "http:") ||
    (ownUrl !== undefined && isOfAws(ownUrl) && statusOf(atOwnEndpoint) === 403)
  );
}

function isOfAws(url: URL): boolean {
  return url.protocol === "https:" && isHostOfAws(url);
}
