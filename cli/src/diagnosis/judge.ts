import { deployCommand } from "../deployment/deploy-command.ts";
import { errorType } from "./api-reply.ts";
import { describeEvidence, gatewayAnswer, routeOf } from "./evidence.ts";
import { judgeForbidden } from "./judge-forbidden.ts";
import { judgeForeign } from "./judge-foreign.ts";
import { judgeAppSync } from "./judge-own-words.ts";
import { handlerImitates, judgeHandlerAnswer, judgeHandlerFailure, logOf } from "./judge-handler.ts";
import { judgeMissing } from "./judge-missing.ts";
import type { Diagnosis } from "./refused-call.ts";
import { type Observations, statusOf } from "./run-experiments.ts";
import type { Refusal, Subject } from "./subject.ts";

type Judge = (subject: Subject, observations: Observations) => Diagnosis;

const judges: Readonly<Record<Refusal, Judge>> = {
  forbidden: judgeForbidden,
  missing: judgeMissing,
  failed: judgeHandlerFailure,
  handler: judgeHandlerAnswer,
  foreign: judgeForeign,
  unauthorized: judgeUnauthorized,
  throttled: judgeThrottled,
};

/** HTTP 401 in API Gateway's words: an authorizer for tokens, or the handler repeats them. */
function judgeUnauthorized(subject: Subject, observations: Observations): Diagnosis {
  const ownWords = judgeAppSync(subject, observations);
  if (ownWords !== undefined) return ownWords;
  const { deployed, unsigned } = observations;
  const evidence = [gatewayAnswer(subject), ...describeEvidence(subject, observations)];
  const authorizer = deployed?.route?.authorizationType;
  // AWS_IAM refuses with HTTP 403.
  if (statusOf(unsigned) === 403 || authorizer === "AWS_IAM" || authorizer === "NONE")
    return handlerImitates(subject, evidence);
  const other = `${routeOf(subject)} has an authorizer other than AWS_IAM: it answers a signed request with HTTP 401, so it requires a token`;
  const useIam = `set \`authorizer: "iam"\` on the route in the stack and run ${deployCommand(subject.stage)}`;
  // A Lambda authorizer may have accepted the request.
  if (authorizer === "JWT" || errorType(subject.reply) !== undefined) {
    return { reason: "authorizer-other", cause: other, evidence, fix: useIam };
  }
  return {
    reason: "undetermined",
    cause: `${other}; or the route is open or its authorizer accepts the request, and the handler answers in API Gateway's own words`,
    evidence,
    fix: `run \`auth-cli doctor --deep\`, which lists the authorizers; then ${useIam}, or read the handler's log: ${logOf(subject)}`,
  };
}

/** HTTP 429 in API Gateway's words. Only where the handler cannot have run, they are API Gateway's. */
function judgeThrottled(subject: Subject, observations: Observations): Diagnosis {
  const { deployed, unsigned } = observations;
  const evidence = [gatewayAnswer(subject), ...describeEvidence(subject, observations)];
  const throttled = "the API is throttled: its rate or burst limit, or the account's, is reached";
  const raise = `add --retry 5 to the call, or raise the throttling limits in the stack and run ${deployCommand(subject.stage)}`;
  // A Lambda authorizer may accept an unsigned request.
  const isGuarded = ["AWS_IAM", "JWT"].includes(deployed?.route?.authorizationType ?? "");
  if (errorType(subject.reply) !== undefined || (isGuarded && statusOf(unsigned) === 429)) {
    return { reason: "throttled", cause: throttled, evidence, fix: raise };
  }
  return {
    reason: "undetermined",
    cause: `${throttled}; or the handler behind ${routeOf(subject)} answers in API Gateway's own words`,
    evidence,
    fix: `${raise}; if the handler's log has an entry for this request, the handler refused it: ${logOf(subject)}`,
  };
}

/** From observations to one cause. Pure. Says `undetermined` where the observations allow more than one. */
export function judge(subject: Subject, observations: Observations): Diagnosis {
  return judges[subject.refusal](subject, observations);
}
