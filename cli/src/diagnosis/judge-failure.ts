import type { Diagnosis } from "./refused-call.ts";
import { gatewayAnswer, routeOf, tell } from "./evidence.ts";
import { statusOf } from "./experiments.ts";
import { experimentLimitMs, type Observations } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** A timeout is a whole number of seconds, at least one; what comes back so much later still tells of it. */
const lateMs = 600;

/** API Gateway waits no longer than this for an integration (29 s in REST APIs, 30 s in HTTP APIs). */
const longestMs = 28_900;

/** HTTP 5xx in API Gateway's words: the function threw, answered what is no response, or ran out of time. */
export function judgeFailure(subject: Subject, observations: Observations): Diagnosis {
  const { durationMs } = subject;
  const after = durationMs === undefined ? [] : [`the answer took ${(durationMs / 1000).toFixed(1)} s`];
  const evidence = [
    gatewayAnswer(subject),
    ...after,
    ...tell(subject, observations, ["again", "unsigned", "atOwnEndpoint"]),
  ];
  if (hasTimedOut(subject, observations)) {
    return {
      reason: "handler-timed-out",
      cause: `the function behind ${routeOf(subject)} did not answer in time`,
      evidence,
      fix: `look for "Task timed out" in its log (${log(subject)}); give it more time with \`timeout\` in the stack (API Gateway waits 30 s at most), or make it quicker`,
    };
  }
  const { again } = observations;
  const passed = (statusOf(again) ?? 500) < 400;
  return {
    reason: "handler-failed",
    cause: passed
      ? `the function behind ${routeOf(subject)} failed once: the same request a moment later was answered`
      : `API Gateway let the request in, and the function behind ${routeOf(subject)} threw, answered what is no response, or could not be invoked`,
    evidence,
    fix: `look at its log: ${log(subject)}; no entry there means that API Gateway may not invoke it`,
  };
}

function hasTimedOut({ reply, durationMs }: Subject, { again }: Observations): boolean {
  if (reply.status === 503 || reply.status === 504) return true;
  if (durationMs === undefined || durationMs < 1000) return false;
  if (durationMs >= longestMs) return true;
  if (!isWhole(durationMs)) return false;
  if (again === undefined) return durationMs >= 2900;
  // The second attempt has to take as long, or longer than there was patience for.
  if ("failure" in again) return durationMs > experimentLimitMs;
  return again.reply.status >= 500 && again.durationMs >= 1000 && isWhole(again.durationMs);
}

function isWhole(ms: number): boolean {
  return ms % 1000 < lateMs;
}

/** Where a function's log is. */
export function log({ stage, appName, region }: Pick<Subject, "stage" | "appName" | "region">): string {
  const group =
    stage === undefined || appName === undefined ? "/aws/lambda/" : `/aws/lambda/${stage}-${appName}-…`;
  return `\`npx sst dev\`, CloudWatch's group ${group} in ${region}, or the local cloud's terminal`;
}
