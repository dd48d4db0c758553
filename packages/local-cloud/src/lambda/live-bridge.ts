import type { LambdaFunction } from "../account.ts";

type Variables = Pick<LambdaFunction, "environment">;

/**
 * Whether the function is the bridge that `sst dev` deploys in place of a handler. It holds a connection to IoT, whose
 * messages and pings it must answer between invocations too. SST 2.49.8, `constructs/Function.js`.
 */
export function isLiveBridge({ environment }: Variables): boolean {
  return environment["SST_FUNCTION_ID"] !== undefined;
}

/** Whether the client with these topic filters is the `sst dev` that answers the requests of a bridge. */
export function isServedBy(
  { environment: { SST_APP, SST_STAGE } }: Variables,
  filters: readonly string[],
): boolean {
  return filters.includes(`/sst/${SST_APP}/${SST_STAGE}/events`);
}

export const lostDeveloper = "sst dev ended or lost its connection to AWS IoT during the request";

/** All that a bridge sees of a handler that has ended its process. SST 2.49.8, `runtime/workers.js`. */
export const silentDeveloper =
  "sst dev sent no result: the handler still runs, or it called process.exit, which sst dev does not report";
