import { type HttpApi, unthrottled } from "../account.ts";
import type { RouteChoice } from "./route-choice.ts";

interface Bucket {
  tokens: number;
  /** Time of the last request, in milliseconds. */
  atMs: number;
}

/**
 * A token bucket for each route of each stage, which starts full. AWS calls its limits targets rather than ceilings. It
 * does not document whether refused requests count. Here every request with a route counts.
 * {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html}
 *
 * @returns whether the request is admitted, which takes a token
 */
export function createThrottling(
  now: () => Date,
): (api: HttpApi, choice: Pick<RouteChoice, "stage" | "route">) => boolean {
  const buckets = new Map<string, Bucket>();
  return (api, { stage: stageName, route: { routeKey } }) => {
    const stage = api.stages.get(stageName);
    const { burst, rate } = stage?.routeThrottles.get(routeKey) ?? stage?.defaultThrottle ?? unthrottled;
    // One is never empty, the other is always full again.
    if (burst === Infinity || rate === Infinity) return true;
    const key = `${api.apiId} ${stageName} ${routeKey}`;
    const nowMs = now().getTime();
    const { tokens, atMs } = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    // A clock that was set back removes no tokens.
    const filled = Math.min(burst, tokens + (Math.max(0, nowMs - atMs) / 1000) * rate);
    const isAdmitted = filled >= 1;
    buckets.set(key, { tokens: isAdmitted ? filled - 1 : filled, atMs: nowMs });
    return isAdmitted;
  };
}
