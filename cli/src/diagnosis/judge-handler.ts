import type { Diagnosis } from "./refused-call.ts";
import { routeOf, tell } from "./evidence.ts";
import { log } from "./judge-failure.ts";
import type { Observations } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** An answer in the handler's own words: the signature was accepted, or nobody asked for one. */
export function judgeHandler(subject: Subject, observations: Observations): Diagnosis {
  const { reply } = subject;
  const route = routeOf(subject);
  const { unsigned } = observations;
  const words = `HTTP ${reply.status} came with words that are not API Gateway's`;
  const open =
    unsigned !== undefined &&
    "reply" in unsigned &&
    unsigned.reply.status === reply.status &&
    unsigned.reply.text === reply.text;
  if (open) {
    return {
      reason: "route-open",
      cause: `${route} is open to everybody: API Gateway looks at no signature, and tells the handler of no caller`,
      evidence: [
        words,
        ...tell(subject, observations, ["unsigned"]),
        "the answer is the same, word for word",
      ],
      fix: 'give the route the authorizer "iam" in the stack and deploy; if it is meant to be open, look at its handler',
    };
  }
  return {
    reason: reply.status >= 500 ? "handler-failed" : "handler-refused",
    cause: `API Gateway let the request in; HTTP ${reply.status} is the answer of the handler behind ${route}`,
    evidence: [words, ...tell(subject, observations, ["unsigned", "unusedPath"])],
    fix: `look at the body, at the handler, and at its log: ${log(subject)}`,
  };
}
