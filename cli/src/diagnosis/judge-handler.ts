import { deployCommand } from "../deployment/deploy-command.ts";
import { errorType, gatewayMessage, isFromApi, reachedHandler } from "./api-reply.ts";
import { hasOwnHeaders } from "./experiments.ts";
import { describeEvidence, gatewayAnswer, gatewayOf, routeOf } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import { type Observations, type Outcome, statusOf } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** The handler wrote the answer, so the signature was accepted, or the route asks for none. */
export function judgeHandlerAnswer(subject: Subject, observations: Observations): Diagnosis {
  const { reply } = subject;
  const route = routeOf(subject);
  const { unsigned } = observations;
  const words = `the body of the HTTP ${reply.status} is not one of ${gatewayOf(subject)}'s`;
  const open =
    unsigned !== undefined &&
    "reply" in unsigned &&
    unsigned.reply.status === reply.status &&
    unsigned.reply.text === reply.text &&
    gatewayMessage(unsigned.reply) === undefined;
  if (open) {
    return {
      reason: "route-open",
      // Another authorizer may have read a header or the query string.
      cause: `${route} ${hasOwnHeaders(subject) || subject.url.search !== "" ? "requires no signature" : "is open to everybody"}: ${gatewayOf(subject)} checks no signature and passes no identity to the handler`,
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
    cause: `${gatewayOf(subject)} accepted the request, and the handler behind ${route} answered HTTP ${reply.status}`,
    evidence: [words, ...describeEvidence(subject, observations, ["unsigned", "unusedPath"])],
    fix: `read the body, then the handler's log: ${logOf(subject)}`,
  };
}

/** The handler wrote an answer in API Gateway's own words. */
export function handlerImitates(subject: Subject, evidence: string[]): Diagnosis {
  return {
    reason: "handler-refused",
    cause: `${gatewayOf(subject)} accepted the request, and the handler behind ${routeOf(subject)} answered HTTP ${subject.reply.status}${subject.reply.headOnly ? "" : ` in ${gatewayOf(subject)}'s own words`}`,
    evidence,
    fix: `read the handler's log: ${logOf(subject)}`,
  };
}

/** Whether the unsigned request shows that the route exists and requires AWS_IAM, or reached a handler. */
export function hasRoute({ unsigned }: Observations): boolean {
  if (unsigned === undefined || !("reply" in unsigned)) return false;
  const { reply } = unsigned;
  return isFromApi(reply) && (reply.status === 401 || reply.status === 403 || reachedHandler(reply));
}

/** HTTP 5xx in API Gateway's words: the function threw, returned an invalid response, or ran out of time. */
export function judgeHandlerFailure(subject: Subject, observations: Observations): Diagnosis {
  const { durationMs, reply } = subject;
  const { unsigned } = observations;
  const took = durationMs === undefined ? [] : [`the answer took ${(durationMs / 1000).toFixed(1)} s`];
  const evidence = [
    gatewayAnswer(subject),
    ...took,
    ...describeEvidence(subject, observations, ["again", "unsigned", "atOwnEndpoint"]),
  ];
  const route = routeOf(subject);
  if (hasTimedOut(subject)) {
    return {
      reason: "handler-timed-out",
      cause: `the function behind ${route} did not answer in time`,
      evidence,
      fix: `look for "Task timed out" in its log (${logOf(subject)}); raise \`timeout\` in the stack (API Gateway waits 30 s at most), or make the function faster`,
    };
  }
  // AWS_IAM refuses an unsigned request with HTTP 403.
  if (statusOf(unsigned) === 401) {
    return {
      reason: "undetermined",
      cause: `${route} has an authorizer other than AWS_IAM, and the authorizer or the function behind the route fails`,
      evidence,
      fix: `read the log of both: ${logOf(subject)}`,
    };
  }
  // API Gateway says the same for a Lambda authorizer that fails. AWS_IAM would refuse the unsigned request.
  const culprit = `the function behind ${route}${statusOf(unsigned) === 403 ? "" : ", or a Lambda authorizer of the route,"}`;
  const failedOnce = (statusOf(observations.again) ?? 500) < 400;
  const seconds = Math.floor((durationMs ?? 0) / 1000);
  const unavailable = reply.status === 503 || reply.status === 504;
  return {
    reason: "handler-failed",
    cause: failedOnce
      ? `${culprit} failed once, and answered the same request a moment later`
      : tookWholeSeconds(subject, observations)
        ? `${culprit} ran out of time after ${seconds} s, or failed after waiting for ${seconds} s`
        : unavailable
          ? `${culprit} answered HTTP ${reply.status} itself, or ${gatewayOf(subject)} could not reach it`
          : `${culprit} threw, returned an invalid response, ran out of time, or could not be invoked`,
    evidence,
    fix: `read its log: ${logOf(subject)}; without an entry there, ${gatewayOf(subject)} lacks permission to invoke it`,
  };
}

/** API Gateway waits no longer than this for an integration (29 s in REST APIs, 30 s in HTTP APIs). */
const longestMs = 28_900;

/** A timeout is a whole number of seconds. The first attempt may include a slow start. */
const lateFirstMs = 600;
const lateAgainMs = 200;

/** A REST API says so. Otherwise the answer took as long as API Gateway waits. */
function hasTimedOut({ reply, durationMs = 0 }: Subject): boolean {
  return (reply.status === 504 && errorType(reply) !== undefined) || durationMs >= longestMs;
}

/** Two attempts took the same whole number of seconds: a timeout, or a handler that waits for as long and then fails. */
function tookWholeSeconds({ durationMs }: Subject, { again, unsigned }: Observations): boolean {
  if (durationMs === undefined) return false;
  if (again === undefined || !("reply" in again) || again.reply.status < 500) return false;
  // API Gateway refuses a request without a signature at once, which takes the time of the way.
  const wayMs = unsigned !== undefined && statusOf(unsigned) === 403 ? durationOf(unsigned) : 0;
  const seconds = Math.floor(durationMs / 1000);
  const againMs = again.durationMs - wayMs;
  return seconds >= 1 && durationMs % 1000 < lateFirstMs && Math.abs(againMs - seconds * 1000) <= lateAgainMs;
}

function durationOf(outcome: Outcome): number {
  return "reply" in outcome ? outcome.durationMs : 0;
}

/** The places where a function's log is. */
export function logOf({ stage, appName, region }: Pick<Subject, "stage" | "appName" | "region">): string {
  const group =
    stage === undefined || appName === undefined ? "of the function" : `/aws/lambda/${stage}-${appName}-…`;
  return `\`npx sst dev\`, the CloudWatch log group ${group} in ${region}, or the terminal of \`auth-cli local\``;
}
