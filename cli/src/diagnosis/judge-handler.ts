import { deployCommand } from "../deployment/deploy-command.ts";
import { describeEvidence, gatewayAnswer, routeOf } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import { experimentLimitMs, type Observations, statusOf } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** The handler wrote the answer, so the signature was accepted, or the route asks for none. */
export function judgeHandlerAnswer(subject: Subject, observations: Observations): Diagnosis {
  const { reply } = subject;
  const route = routeOf(subject);
  const { unsigned } = observations;
  const words = `the body of the HTTP ${reply.status} is not one of API Gateway's`;
  const open =
    unsigned !== undefined &&
    "reply" in unsigned &&
    unsigned.reply.status === reply.status &&
    unsigned.reply.text === reply.text;
  if (open) {
    return {
      reason: "route-open",
      cause: `${route} is open to everybody: API Gateway checks no signature and passes no identity to the handler`,
      evidence: [
        words,
        ...describeEvidence(subject, observations, ["unsigned"]),
        "both answers have the same body",
      ],
      fix: `set \`authorizer: "iam"\` on the route in the stack and run ${deployCommand(subject.stage)}; if the route is open on purpose, check its handler`,
    };
  }
  return {
    reason: reply.status >= 500 ? "handler-failed" : "handler-refused",
    cause: `API Gateway accepted the request, and the handler behind ${route} answered HTTP ${reply.status}`,
    evidence: [words, ...describeEvidence(subject, observations, ["unsigned", "unusedPath"])],
    fix: `read the body, then the handler's log: ${logOf(subject)}`,
  };
}

/** HTTP 5xx in API Gateway's words: the function threw, returned an invalid response, or ran out of time. */
export function judgeHandlerFailure(subject: Subject, observations: Observations): Diagnosis {
  const { durationMs } = subject;
  const took = durationMs === undefined ? [] : [`the answer took ${(durationMs / 1000).toFixed(1)} s`];
  const evidence = [
    gatewayAnswer(subject),
    ...took,
    ...describeEvidence(subject, observations, ["again", "unsigned", "atOwnEndpoint"]),
  ];
  if (hasTimedOut(subject, observations)) {
    return {
      reason: "handler-timed-out",
      cause: `the function behind ${routeOf(subject)} did not answer in time`,
      evidence,
      fix: `look for "Task timed out" in its log (${logOf(subject)}); raise \`timeout\` in the stack (API Gateway waits 30 s at most), or make the function faster`,
    };
  }
  const failedOnce = (statusOf(observations.again) ?? 500) < 400;
  return {
    reason: "handler-failed",
    cause: failedOnce
      ? `the function behind ${routeOf(subject)} failed once, and answered the same request a moment later`
      : `API Gateway accepted the request, but the function behind ${routeOf(subject)} threw, returned an invalid response, or could not be invoked`,
    evidence,
    fix: `read its log: ${logOf(subject)}; without an entry there, API Gateway lacks permission to invoke it`,
  };
}

/** A timeout is a whole number of seconds. An answer up to this much later still counts as one. */
const lateMs = 600;

/** API Gateway waits no longer than this for an integration (29 s in REST APIs, 30 s in HTTP APIs). */
const longestMs = 28_900;

function hasTimedOut({ reply, durationMs }: Subject, { again }: Observations): boolean {
  if (reply.status === 503 || reply.status === 504) return true;
  if (durationMs === undefined || durationMs < 1000) return false;
  if (durationMs >= longestMs) return true;
  if (!isWhole(durationMs)) return false;
  if (again === undefined) return durationMs >= 2900;
  // The second attempt must take as long, or longer than the experiment waited.
  if ("failure" in again) return durationMs > experimentLimitMs;
  return again.reply.status >= 500 && again.durationMs >= 1000 && isWhole(again.durationMs);
}

function isWhole(ms: number): boolean {
  return ms % 1000 < lateMs;
}

/** The places where a function's log is. */
function logOf({ stage, appName, region }: Pick<Subject, "stage" | "appName" | "region">): string {
  const group =
    stage === undefined || appName === undefined ? "/aws/lambda/" : `/aws/lambda/${stage}-${appName}-…`;
  return `\`npx sst dev\`, the CloudWatch log group ${group} in ${region}, or the terminal of \`auth-cli local\``;
}
