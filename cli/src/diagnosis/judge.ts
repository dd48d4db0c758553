import { deployCommand } from "../deployment/deploy-command.ts";
import { describeEvidence, gatewayAnswer, routeOf } from "./evidence.ts";
import { judgeForbidden } from "./judge-forbidden.ts";
import { judgeForeign } from "./judge-foreign.ts";
import { judgeHandlerAnswer, judgeHandlerFailure } from "./judge-handler.ts";
import { judgeMissing } from "./judge-missing.ts";
import type { Diagnosis } from "./refused-call.ts";
import type { Observations } from "./run-experiments.ts";
import type { Refusal, Subject } from "./subject.ts";

type Judge = (subject: Subject, observations: Observations) => Diagnosis;

const judges: Readonly<Record<Refusal, Judge>> = {
  forbidden: judgeForbidden,
  missing: judgeMissing,
  failed: judgeHandlerFailure,
  handler: judgeHandlerAnswer,
  foreign: judgeForeign,
  unauthorized: (subject, observations) => ({
    reason: "authorizer-other",
    cause: `${routeOf(subject)} has an authorizer other than AWS_IAM: it answers a signed request with HTTP 401, so it requires a token`,
    evidence: [gatewayAnswer(subject), ...describeEvidence(subject, observations)],
    fix: `set \`authorizer: "iam"\` on the route in the stack and run ${deployCommand(subject.stage)}`,
  }),
  throttled: (subject, observations) => ({
    reason: "throttled",
    cause: "the API is throttled: its rate or burst limit, or the account's, is reached",
    evidence: [gatewayAnswer(subject), ...describeEvidence(subject, observations)],
    fix: `use \`auth-cli call --retry 5\`, or raise the throttling limits in the stack and run ${deployCommand(subject.stage)}`,
  }),
};

/** From observations to one cause. Pure. Says `undetermined` where the observations allow more than one. */
export function judge(subject: Subject, observations: Observations): Diagnosis {
  return judges[subject.refusal](subject, observations);
}
