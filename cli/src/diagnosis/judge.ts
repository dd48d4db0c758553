import { gatewayAnswer, routeOf, tell } from "./evidence.ts";
import { judgeFailure } from "./judge-failure.ts";
import { judgeForbidden } from "./judge-forbidden.ts";
import { judgeForeign } from "./judge-foreign.ts";
import { judgeHandler } from "./judge-handler.ts";
import { judgeMissing } from "./judge-missing.ts";
import type { Diagnosis } from "./refused-call.ts";
import type { Observations } from "./run-experiments.ts";
import type { Refusal, Subject } from "./subject.ts";

type Judge = (subject: Subject, observations: Observations) => Diagnosis;

const judges: Readonly<Record<Refusal, Judge>> = {
  forbidden: judgeForbidden,
  missing: judgeMissing,
  failed: judgeFailure,
  handler: judgeHandler,
  foreign: judgeForeign,
  unauthorized: (subject, observations) => ({
    reason: "authorizer-other",
    cause: `${routeOf(subject)} has another authorizer than AWS_IAM: only one that wants a token answers a signature with 401`,
    evidence: [gatewayAnswer(subject), ...tell(subject, observations)],
    fix: 'give the route the authorizer "iam" in the stack and deploy',
  }),
  throttled: (subject, observations) => ({
    reason: "throttled",
    cause:
      "the API takes no more requests for the moment: its rate or burst limit, or the account's, is reached",
    evidence: [gatewayAnswer(subject), ...tell(subject, observations)],
    fix: "try again later (`call --retry 5` does), or raise the throttling limits of the API's stage and deploy",
  }),
};

/** From what was observed to one cause. Pure; says `undetermined` where the observations allow more than one. */
export function judge(subject: Subject, observations: Observations): Diagnosis {
  return judges[subject.refusal](subject, observations);
}
