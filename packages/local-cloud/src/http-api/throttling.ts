import { type HttpApi, unthrottled } from "../account.ts";
import type { RouteChoice } from "./route-choice.ts";

interface Bucket {
  tokens: number;
  /** When it was last looked at, in milliseconds. */
  atMs: number;
}

/**
 * A token bucket for each route of each stage, which starts full. AWS says that its own are targets rather than ceilings,
 * and not whether a request that its authorizer would refuse counts; here each that finds a route does.
 * {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html}
 *
 * @returns whether a request is let through; one that is takes a token
 */
export function createThrottling(
  now: () => Date,
): (api: HttpApi, choice: Pick<RouteChoice, "stage" | "route">) => boolean {
  const buckets = new Map<string, Bucket>();
  return (api, { stage: stageName, route: { routeKey } }) => {
    const stage = api.stages.get(stageName);
    const { burst, rate } = stage?.routeThrottles.get(routeKey) ?? stage?.defaultThrottle ?? unthrottled;
    // A bucket without a bottom, or one that is full again at once.
    if (burst === Infinity || rate === Infinity) return true;
    const key = `${api.apiId} ${stageName} ${routeKey}`;
    const nowMs = now().getTime();
    const { tokens, atMs } = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    // A clock that was set back takes nothing away.
    const filled = Math.min(burst, tokens + (Math.max(0, nowMs - atMs) / 1000) * rate);
    const isLet = filled >= 1;
    buckets.set(key, { tokens: isLet ? filled - 1 : filled, atMs: nowMs });
    return isLet;
  };
}
